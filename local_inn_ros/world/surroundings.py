# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The part of a map that a sensor can see from where the robot drives."""

from __future__ import annotations

import math

import numpy as np

from local_inn_ros.geometry import Pose2
from local_inn_ros.world.free_space import FreeSpace
from local_inn_ros.world.occupancy_grid import OccupancyGrid

# What a mount, and a pose that is off, add to the reach.
_MARGIN_M = 3.0
# A map is cut only where that saves this share of it: what is left is copied.
_WORTH_IT = 0.5

Window = tuple[slice, slice]


def window_round(space: FreeSpace, reach_m: float) -> Window:
    """Return the rows and columns of a map within reach of its free space; all, if most are."""
    rows, cols = space.grid.cells.shape
    margin = math.ceil((reach_m + _MARGIN_M) / space.grid.resolution_m)
    low_row, low_col, high_row, high_col = space.cell_box
    window = (
        slice(max(low_row - margin, 0), min(high_row + margin, rows)),
        slice(max(low_col - margin, 0), min(high_col + margin, cols)),
    )
    kept = math.prod(one.stop - one.start for one in window)
    return window if kept <= _WORTH_IT * rows * cols else (slice(0, rows), slice(0, cols))


def cut(grid: OccupancyGrid, window: Window) -> OccupancyGrid:
    """Return a part of a map, which lies where it lay; the map itself where it is all of it."""
    rows, cols = window
    part = grid.cells[window]
    if part.shape == grid.cells.shape:
        return grid
    corner = Pose2(cols.start * grid.resolution_m, rows.start * grid.resolution_m, 0.0)
    return OccupancyGrid(np.ascontiguousarray(part), grid.resolution_m, grid.origin @ corner)


def surroundings(space: FreeSpace, reach_m: float) -> OccupancyGrid:
    """Return the part of a free space's map that a sensor of this reach can see from within it."""
    return cut(space.grid, window_round(space, reach_m))
