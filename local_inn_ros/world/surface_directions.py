# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which way the surfaces of a map face, apart from the stairs that cells make of slanted walls."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from local_inn_ros.world.occupancy_grid import OCCUPIED, OccupancyGrid
from local_inn_ros.world.tiles import tiles

# Wide enough to level the stairs of one cell, narrow enough to keep door frames and boxes.
_SMOOTHING_CELLS = 4.0
_GATHERING_CELLS = 3.0
# How far the filters look: four deviations of each.
_REACH_CELLS = 28
# A long straight wall has a trace of about 0.01; less than a millionth of it is rounding.
_LEAST_TRACE = 1e-8
_STEPS = 127
_NOWHERE = -128


def surface_directions(grid: OccupancyGrid) -> NDArray[np.float32]:
    """Return how much each place sees of surfaces that face each way.

    The structure tensor (Forstner and Gulch 1987) of the smoothed occupancy, scaled to trace one:
    the outer product of the normal with itself along a wall, about half the identity at a pole or
    a corner. It has no sign, so that thin walls have a direction too.

    Returns:
        (rows, cols, 3) of the tensor's xx, xy and yy, in the axes of the grid; zero far from any
        surface.
    """
    return _directions(grid.occupied_mask())


def directions_in_bytes(grid: OccupancyGrid) -> NDArray[np.int8]:
    """Return the same in two bytes a cell (``direction_at``).

    Returns:
        (rows, cols, 2) of xx - yy and 2 xy, in steps of 1 / 127; -128 far from any surface.
    """
    told = np.full((*grid.cells.shape, 2), _NOWHERE, dtype=np.int8)
    for tile in tiles((grid.rows, grid.cols), _REACH_CELLS):
        occupied = grid.cells[tile.outer] == OCCUPIED
        if not occupied.any():
            continue
        xx, xy, yy = np.moveaxis(_directions(occupied)[tile.within], -1, 0)
        doubled = np.stack([xx - yy, 2.0 * xy], axis=-1)
        seen = (xx + yy > 0.0)[..., None]
        told[tile.inner] = np.where(seen, np.rint(_STEPS * doubled), _NOWHERE)
    return told


@numba.njit(cache=True, nogil=True, error_model="numpy")
def direction_at(told, row, col):  # type: ignore[no-untyped-def]
    """Return the tensor's xx, xy and yy at a cell of what ``directions_in_bytes`` told."""
    if told[row, col, 0] == _NOWHERE:
        return 0.0, 0.0, 0.0
    lean, slant = told[row, col, 0] / _STEPS, told[row, col, 1] / _STEPS
    return 0.5 + 0.5 * lean, 0.5 * slant, 0.5 - 0.5 * lean


def _directions(occupied: NDArray[np.bool_]) -> NDArray[np.float32]:
    shade = occupied.astype(np.float32)
    slope_x = ndimage.gaussian_filter(shade, _SMOOTHING_CELLS, order=(0, 1), mode="nearest")
    slope_y = ndimage.gaussian_filter(shade, _SMOOTHING_CELLS, order=(1, 0), mode="nearest")
    tensor = np.stack(
        [
            ndimage.gaussian_filter(product, _GATHERING_CELLS, mode="nearest")
            for product in (slope_x * slope_x, slope_x * slope_y, slope_y * slope_y)
        ],
        axis=-1,
    )
    trace = tensor[..., 0] + tensor[..., 2]
    seen = trace > _LEAST_TRACE
    directions: NDArray[np.float32] = np.where(
        seen[..., None], tensor / np.where(seen, trace, 1.0)[..., None], 0.0
    ).astype(np.float32)
    return np.ascontiguousarray(directions)
