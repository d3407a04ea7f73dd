# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The sizes of batches that plans are made for, and the precisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from local_inn_ros.errors import EngineError

# The one input whose first axis is that of the draws; of all others it is that of the batch.
_DRAWN = "latents"


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
        batch: readings with their priors.
        draws: of the latent z, for each of them.
    """

    name: str
    batch: Span
    draws: Span

    def shapes(
        self, name: str, shape: Sequence[int]
    ) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        """Return the least, the usual and the largest shape of an input.

        Args:
            name: of the input.
            shape: its shape, -1 for the axis that is left open.

        Raises:
            EngineError: another axis than the first is left open.
        """
        if any(size < 0 for size in shape[1:]):
            raise EngineError(f"the input {name} leaves another axis open than the first: {shape}")
        if not shape or shape[0] >= 0:
            fixed = tuple(shape)
            return fixed, fixed, fixed
        span = self.draws if name == _DRAWN else self.batch
        rest = tuple(shape[1:])
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
