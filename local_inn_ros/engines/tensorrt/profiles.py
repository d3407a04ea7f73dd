# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The sizes of batches that plans are made for, and the precisions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from local_inn_ros.engines.graphs import TensorSignature
from local_inn_ros.errors import EngineError

MOST_NUMBERS = 1 << 20
"""Numbers that an input holds at most: a plan reserves memory for its largest batch, and the layers
of a network that sees pictures hold many times what it is given."""


class Precision(str, Enum):
    """What networks are computed in.

    ``fp16`` computes the matrix products in half precision and all else in single: a position on
    the map has centimetres where half precision has none.
    """

    FP32 = "fp32"
    FP16 = "fp16"


@dataclass(frozen=True, slots=True)
class Span:
    """Sizes of one axis: the least, the one to be fastest at, the most."""

    least: int
    usual: int
    most: int


@dataclass(frozen=True, slots=True)
class BatchProfile:
    """One way that the networks are called.

    Attributes:
        name: for people.
        batch: rows, one for each observation or pose asked about.
        draws: of a latent, the same for each row.
    """

    name: str
    batch: Span
    draws: Span

    def holding(self, tensors: Iterable[TensorSignature]) -> BatchProfile:
        """Return it with no more rows than fit into inputs: a picture is larger than a scan.

        Args:
            tensors: all that the rows go into.
        """
        numbers = max((one.row_numbers for one in tensors if one.batched), default=1)
        most = min(self.batch.most, max(1, MOST_NUMBERS // numbers))
        return replace(self, batch=Span(self.batch.least, min(self.batch.usual, most), most))

    def shapes(
        self, tensor: TensorSignature
    ) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        """Return the least, the usual and the largest shape of an input.

        Raises:
            EngineError: another axis than the first is left open.
        """
        rest = tuple(axis for axis in tensor.axes[1:] if isinstance(axis, int))
        if len(rest) != len(tensor.axes[1:]):
            raise EngineError(
                f"the input {tensor.name} leaves another axis open than the first: {tensor.axes}"
            )
        first = tensor.axes[0] if tensor.axes else 0
        if isinstance(first, int):
            fixed = (first, *rest) if tensor.axes else ()
            return fixed, fixed, fixed
        span = self.batch if tensor.batched else self.draws
        return (span.least, *rest), (span.usual, *rest), (span.most, *rest)


# One scan of a robot that is tracked; the places that a scan may have been taken at; the places
# of a whole map. What is larger is run in parts.
PROFILES = (
    BatchProfile("one scan", Span(1, 1, 1), Span(1, 21, 1024)),
    BatchProfile("some places", Span(1, 8, 64), Span(1, 21, 64)),
    BatchProfile("whole map", Span(1, 384, 1024), Span(1, 1, 32)),
)


def profile_for(batch: int) -> int:
    """Return the index of the first profile that holds a batch; the last holds its parts."""
    for index, profile in enumerate(PROFILES):
        if batch <= profile.batch.most:
            return index
    return len(PROFILES) - 1
