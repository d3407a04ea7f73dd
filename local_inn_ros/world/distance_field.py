# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Euclidean distances to what is occupied on a map."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from local_inn_ros.world.occupancy_grid import FREE, OccupancyGrid
from local_inn_ros.world.tiles import tiles


def distance_to_occupied(grid: OccupancyGrid) -> NDArray[np.float64]:
    """Return (rows, cols) the distance, in m, from each cell's centre to the nearest occupied one.

    0 in occupied cells. Unknown cells do not count as occupied (``grid.unknown_mask`` tells them
    apart). Where nothing is occupied, the length of the map's diagonal.
    """
    return distance_within(~grid.occupied_mask()) * grid.resolution_m


def signed_distance(grid: OccupancyGrid) -> NDArray[np.float64]:
    """Return (rows, cols) the distance, in m, from each cell's centre to the faces of the occupied.

    Positive outside, negative inside. The face lies half a cell from the nearest centre, so
    bilinear interpolation between centres is zero exactly on the faces of straight walls.
    """
    occupied = grid.occupied_mask()
    outside, inside = distance_within(~occupied) - 0.5, distance_within(occupied) - 0.5
    return np.where(occupied, -inside, outside) * grid.resolution_m


def distance_within(region: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return (rows, cols), in cells, how far each cell of a region is from the nearest one outside.

    Centre to centre; 0 outside the region. Where nothing is outside, the map's diagonal.
    """
    if region.all():
        return np.full(region.shape, float(np.hypot(*region.shape)))
    distances: NDArray[np.float64] = ndimage.distance_transform_edt(region)
    return distances


def clearance_of(cells: NDArray[np.int8], most_cells: float) -> NDArray[np.float32]:
    """Return (rows, cols), in cells, how far each cell's centre is from all that is not free.

    Farther than ``most_cells`` is as far as that.
    """
    clearance = np.zeros(cells.shape, dtype=np.float32)
    for tile in tiles((cells.shape[0], cells.shape[1]), math.ceil(most_cells) + 1):
        free = cells[tile.outer] == FREE
        distance = distance_within(free)[tile.within]
        clearance[tile.inner] = np.minimum(distance, most_cells)
    return clearance


def at_least_within(region: NDArray[np.bool_], cells: float) -> NDArray[np.bool_]:
    """Return (rows, cols): True where a cell is this far or farther from all outside a region.

    Centre to centre, as ``distance_within``, without a copy of the map in numbers.
    """
    kept = np.zeros(region.shape, dtype=np.bool_)
    for tile in tiles((region.shape[0], region.shape[1]), math.ceil(cells) + 1):
        around = region[tile.outer]
        if around.all():
            kept[tile.inner] = True
        elif around.any():
            kept[tile.inner] = (ndimage.distance_transform_edt(around) >= cells)[tile.within]
    return kept
