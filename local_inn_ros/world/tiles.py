# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A grid in tiles: what looks no farther than a margin needs no copy of the whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

_SIDE = 1024


class Tile(NamedTuple):
    """A part of a grid, with what lies around it.

    Attributes:
        inner: (rows, cols) of the grid that the tile is for.
        outer: the same and a margin on every side, as far as the grid reaches.
        within: where ``inner`` lies in ``outer``.
    """

    inner: tuple[slice, slice]
    outer: tuple[slice, slice]
    within: tuple[slice, slice]


def tiles(shape: tuple[int, int], margin: int) -> Iterator[Tile]:
    """Yield tiles that cover a grid (rows, cols), each with ``margin`` cells around it."""
    # A small grid is one tile, however wide the margin.
    side = max(_SIDE, 2 * margin)
    for row in range(0, shape[0], side):
        for col in range(0, shape[1], side):
            spans = [
                _spans(start, side, margin, size)
                for start, size in zip((row, col), shape, strict=True)
            ]
            yield Tile(*((rows, cols) for rows, cols in zip(*spans, strict=True)))


def _spans(start: int, side: int, margin: int, size: int) -> tuple[slice, slice, slice]:
    stop, low = min(start + side, size), max(start - margin, 0)
    high = min(stop + margin, size)
    return slice(start, stop), slice(low, high), slice(start - low, stop - low)
