# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Graphs as files, and what their tensors look like."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Float32Array = NDArray[np.float32]
Tensors = Mapping[str, Float32Array]

BATCH = "batch"
"""Name of the axis that holds one row for each observation or pose asked about."""


@dataclass(frozen=True, slots=True)
class TensorSignature:
    """What a tensor of single precision looks like.

    Attributes:
        name: of the tensor.
        axes: the length of each axis, or its name where any length will do.
    """

    name: str
    axes: tuple[int | str, ...]

    @property
    def batched(self) -> bool:
        """Whether it holds one row for each row of the batch."""
        return bool(self.axes) and self.axes[0] == BATCH

    @property
    def row_numbers(self) -> int:
        """How many numbers one row holds, but for axes of any length."""
        return math.prod(axis for axis in self.axes[1:] if isinstance(axis, int))

    def fits(self, shape: Sequence[int]) -> bool:
        """Tell whether an array of this shape may be the tensor."""
        return len(shape) == len(self.axes) and all(
            isinstance(axis, str) or axis == size
            for axis, size in zip(self.axes, shape, strict=True)
        )


@dataclass(frozen=True, slots=True)
class GraphSignature:
    """What a network takes and gives.

    Attributes:
        name: what the system calls it.
        inputs: in the order of its arguments.
        outputs: in the order in which it gives them.
    """

    name: str
    inputs: tuple[TensorSignature, ...]
    outputs: tuple[TensorSignature, ...]


@dataclass(frozen=True, slots=True)
class Graph(GraphSignature):
    """A network as an ONNX file: the contract between training and every engine.

    Attributes:
        path: the file.
        sha256: hash of its content.
    """

    path: Path
    sha256: str


@dataclass(frozen=True, slots=True, eq=False)
class GraphSet:
    """The graphs of one bundle.

    Attributes:
        folder: of the bundle; plans compiled for this machine lie in it.
        graphs: by name.
    """

    folder: Path
    graphs: Mapping[str, Graph]

    @property
    def name(self) -> str:
        """Name of the bundle, for people."""
        return self.folder.name

    def __iter__(self) -> Iterator[Graph]:
        """Go through the graphs."""
        return iter(self.graphs.values())

    def chain(self, names: Sequence[str]) -> tuple[Graph, ...]:
        """Return graphs that run one after the other."""
        return tuple(self.graphs[name] for name in names)


def parts_of(
    chain: Sequence[GraphSignature], tensors: Tensors, most_rows: int
) -> Iterator[dict[str, Float32Array]]:
    """Cut what a chain of graphs is given into parts of at most so many rows of the batch."""
    batched = {one.name for graph in chain for one in graph.inputs if one.batched}
    rows = max((len(array) for name, array in tensors.items() if name in batched), default=0)
    if rows <= most_rows:
        yield dict(tensors)
        return
    for start in range(0, rows, most_rows):
        part = slice(start, start + most_rows)
        yield {name: array[part] if name in batched else array for name, array in tensors.items()}


def joined(parts: Sequence[Tensors]) -> dict[str, Float32Array]:
    """Put the answers to the parts of a batch together."""
    if len(parts) == 1:
        return dict(parts[0])
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
