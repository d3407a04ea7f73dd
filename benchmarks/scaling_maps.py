# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Maps of any area: floors of one kind, side by side, with passages from each to the next."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry import Pose2
from local_inn_ros.simulation.worlds import generate_floor
from local_inn_ros.world import FREE, OCCUPIED, UNKNOWN, OccupancyGrid

# A floor of this size has 150 m2, give or take a fifth, where a robot can stand.
FLOOR_M2 = 150.0
_FLOOR_M = (17.5, 15.0)
_CORRIDOR_M = 1.5
_PASSAGE_M = 1.6
_WALL_M = 0.15
# A passage leaves a corridor this far from the corridor's rounded corners at least.
_CORNER_M = 1.0


def joined_floors(rng: np.random.Generator, count: int) -> OccupancyGrid:
    """Make a map of floors in rows, so that its free space hangs together.

    What there is to learn grows with the area: rooms are as large as ever, and there are more.

    Args:
        rng: source of all that is random.
        count: floors.
    """
    floors = [generate_floor(rng, *_FLOOR_M, _CORRIDOR_M) for _ in range(count)]
    columns = math.ceil(math.sqrt(count * _FLOOR_M[1] / _FLOOR_M[0]))
    first = floors[0].grid
    cell_m, origin = first.resolution_m, first.origin
    margin = round(-origin.x / cell_m)
    wide, deep = first.cols - 2 * margin, first.rows - 2 * margin
    shape = (math.ceil(count / columns) * deep, min(count, columns) * wide)
    cells = np.full((shape[0] + 2 * margin, shape[1] + 2 * margin), UNKNOWN, dtype=np.int8)
    laps = []
    for index, floor in enumerate(floors):
        row, col = divmod(index, columns)
        rows = slice(margin + row * deep, margin + (row + 1) * deep)
        cols = slice(margin + col * wide, margin + (col + 1) * wide)
        cells[rows, cols] = floor.grid.cells[margin:-margin, margin:-margin]
        laps.append(floor.route + np.array([col * wide, row * deep]) * cell_m)
    place = np.array([origin.x, origin.y])
    for index, lap in enumerate(laps):
        if (index + 1) % columns and index + 1 < count:
            _carve(cells, (_passage(rng, lap, laps[index + 1], 0) - place) / cell_m, cell_m)
        if index + columns < count:
            _carve(cells, (_passage(rng, lap, laps[index + columns], 1) - place) / cell_m, cell_m)
    return OccupancyGrid(cells, cell_m, Pose2(origin.x, origin.y, 0.0))


def _passage(
    rng: np.random.Generator, one: NDArray[np.float64], other: NDArray[np.float64], along: int
) -> NDArray[np.float64]:
    """Return the corners (2, 2) of a passage between the corridors of two floors.

    Args:
        rng: decides where it leaves.
        one: (n, 2) lap round the corridor of the floor it begins on.
        other: the lap on the next floor.
        along: 0 where the next floor lies at larger x, 1 where at larger y.
    """
    across = 1 - along
    low = max(one[:, across].min(), other[:, across].min()) + _CORNER_M
    high = min(one[:, across].max(), other[:, across].max()) - _CORNER_M
    middle = rng.uniform(low, high)
    corners = np.empty((2, 2))
    corners[:, along] = one[:, along].max(), other[:, along].min()
    corners[:, across] = middle - 0.5 * _PASSAGE_M, middle + 0.5 * _PASSAGE_M
    return corners


def _carve(cells: NDArray[np.int8], corners: NDArray[np.float64], cell_m: float) -> None:
    """Free the cells between two corners (x, y), in cells, and wall them off from the unknown."""
    wall = round(_WALL_M / cell_m)
    (left, bottom), (right, top) = np.rint(corners).astype(int).tolist()
    beside = cells[bottom - wall : top + wall, left - wall : right + wall]
    beside[beside == UNKNOWN] = OCCUPIED
    cells[bottom:top, left:right] = FREE
