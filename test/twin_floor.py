# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A floor with two rooms that are alike, on a corridor whose ends are not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry import Pose2
from local_inn_ros.sensing import LaserSpec
from local_inn_ros.simulation.worlds.floor_plan import Box
from local_inn_ros.world import FREE, OCCUPIED, FreeSpace, OccupancyGrid, RayCaster

RESOLUTION_M = 0.05
# The second room is this far to the right of the first.
APART_M = 4.2
WIDTH_M, DEPTH_M = 16.6, 6.0
FIRST_ROOM = Box(4.1, 2.2, 8.1, 5.8)
_DOORWAY = Box(6.4, 1.9, 7.3, 2.3)
_FURNITURE = (Box(4.1, 4.2, 4.9, 5.8), Box(7.2, 3.4, 8.1, 3.9), Box(5.6, 5.4, 6.6, 5.8))
_CORRIDOR = Box(0.2, 0.2, 16.4, 2.0)
_NICHE = Box(0.2, 2.0, 1.7, 3.6)
_CUPBOARD = Box(15.2, 0.2, 16.4, 0.9)


def twin_floor() -> OccupancyGrid:
    """Return the floor; the origin of the map frame is its lower left corner."""
    shape = (round(DEPTH_M / RESOLUTION_M), round(WIDTH_M / RESOLUTION_M))
    cells = np.full(shape, OCCUPIED, dtype=np.int8)
    for x in (0.0, APART_M):
        _fill(cells, FIRST_ROOM, x, FREE)
        _fill(cells, _DOORWAY, x, FREE)
        for piece in _FURNITURE:
            _fill(cells, piece, x, OCCUPIED)
    _fill(cells, _CORRIDOR, 0.0, FREE)
    _fill(cells, _NICHE, 0.0, FREE)
    _fill(cells, _CUPBOARD, 0.0, OCCUPIED)
    return OccupancyGrid(cells, RESOLUTION_M, Pose2.identity())


def poses_without_a_clue(
    grid: OccupancyGrid, sensor: LaserSpec, rng: np.random.Generator, count: int
) -> NDArray[np.float64]:
    """Draw poses (count, 3) of the sensor in the first room where the second looks the same.

    The same to the last beam: no scan from such a pose tells which room it was taken in.
    """
    drawn = FreeSpace(grid, 0.3).sample(rng, 100 * count)
    room = FIRST_ROOM
    inside = (drawn[:, 0] > room.x_min) & (drawn[:, 0] < room.x_max) & (drawn[:, 1] > room.y_min)
    drawn = drawn[inside]
    caster, angles = RayCaster(grid, threads=1), sensor.beam_angles_rad()
    here = caster.cast(drawn, angles, sensor.range_max_m)
    there = caster.cast(drawn + np.array([APART_M, 0.0, 0.0]), angles, sensor.range_max_m)
    return drawn[np.all(np.abs(here - there) < 1e-3, axis=1)][:count]


def _fill(cells: NDArray[np.int8], box: Box, x_m: float, value: int) -> None:
    left, right, bottom, top = (
        round(value_m / RESOLUTION_M)
        for value_m in (box.x_min + x_m, box.x_max + x_m, box.y_min, box.y_max)
    )
    cells[bottom:top, left:right] = value
