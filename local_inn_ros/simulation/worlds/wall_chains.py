# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The outlines of what is occupied on a grid: closed chains through the faces of its cells.

Marching squares (Lorensen and Cline, SIGGRAPH 1987, in the plane) on a mask: where two cells are
occupied that touch at a corner alone, no gap is left between them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class WallChains:
    """Outlines, one after the other; each is closed.

    Attributes:
        points: (n, 2) middles of the faces between occupied cells and others, as (x, y) in cells
            from the outer corner of cell (0, 0).
        outward: (n, 2) unit vectors away from the occupied cell.
        starts: (k + 1,) where each chain begins; the last is n.
    """

    points: NDArray[np.float64]
    outward: NDArray[np.float64]
    starts: NDArray[np.int64]

    def following(self) -> NDArray[np.int64]:
        """Return (n,) the point after each one, the first after the last of each chain."""
        after = np.arange(1, self.starts[-1] + 1)
        after[self.starts[1:] - 1] = self.starts[:-1]
        return after


def wall_chains(occupied: NDArray[np.bool_]) -> WallChains:
    """Return the outlines of the occupied cells (rows, cols) of a grid."""
    mask = np.pad(occupied, 1)
    # Faces between neighbours of a row are numbered first, then those between rows.
    beside = mask[:, :-1] != mask[:, 1:]
    above = mask[:-1] != mask[1:]
    number = np.cumsum(np.concatenate([beside.ravel(), above.ravel()]), dtype=np.int32) - 1
    side_of = number[: beside.size].reshape(beside.shape)
    over = number[beside.size :].reshape(above.shape)
    bottom, top = beside[:-1], beside[1:]
    left, right = above[:, :-1], above[:, 1:]
    faces = (side_of[:-1], side_of[1:], over[:, :-1], over[:, 1:])
    crossed = np.stack([bottom, top, left, right])
    pairs = [_joined(crossed, faces)]
    saddle = crossed.all(axis=0)
    first = saddle & mask[:-1, :-1]
    second = saddle & ~mask[:-1, :-1]
    for where, (a, b), (c, d) in ((first, (0, 3), (2, 1)), (second, (0, 2), (3, 1))):
        pairs += [
            np.stack([faces[one][where], faces[other][where]]) for one, other in ((a, b), (c, d))
        ]
    row, col = np.nonzero(beside)
    points = np.column_stack([col, row - 0.5])
    outward = np.column_stack([np.where(mask[row, col], 1.0, -1.0), np.zeros(len(row))])
    row, col = np.nonzero(above)
    points = np.vstack([points, np.column_stack([col - 0.5, row])])
    up = np.column_stack([np.zeros(len(row)), np.where(mask[row, col], 1.0, -1.0)])
    order, starts = _walked(_neighbours(np.hstack(pairs), len(points)))
    outward = np.vstack([outward, up])
    return WallChains(points[order], outward[order], starts)


def _joined(crossed: NDArray[np.bool_], faces: tuple[NDArray[np.int64], ...]) -> NDArray[np.int64]:
    """Return (2, n) the faces that follow each other where a block of four cells has just two."""
    two = crossed.sum(axis=0) == 2
    which = crossed[:, two]
    first, last = np.argmax(which, axis=0), 3 - np.argmax(which[::-1], axis=0)
    numbers = np.stack([face[two] for face in faces])
    every = np.arange(numbers.shape[1])
    return np.stack([numbers[first, every], numbers[last, every]])


def _neighbours(pairs: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return (count, 2) the two faces next to each face."""
    ends = np.concatenate([pairs[0], pairs[1]])
    others = np.concatenate([pairs[1], pairs[0]])
    return others[np.argsort(ends, kind="stable")].reshape(count, 2)


@numba.njit(cache=True)
def _walked(neighbours):  # type: ignore[no-untyped-def]
    """Return the faces (n,) chain by chain, and where each chain begins (k + 1,)."""
    count = neighbours.shape[0]
    order = np.empty(count, np.int64)
    starts = [0]
    seen = np.zeros(count, np.bool_)
    placed = 0
    for begin in range(count):
        if seen[begin]:
            continue
        here = begin
        while not seen[here]:
            seen[here] = True
            order[placed] = here
            placed += 1
            here = neighbours[here, 1] if seen[neighbours[here, 0]] else neighbours[here, 0]
        starts.append(placed)
    return order, np.array(starts)
