# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The likelihood field: how far a beam's end point lies from the nearest surface.

Thrun, Burgard and Fox, Probabilistic Robotics (2005), section 6.4, with the distance signed and
interpolated so that it has a gradient to align scans with.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from local_inn_ros.geometry.compiled import turned_by
from local_inn_ros.world.cell_runs import row_blocks
from local_inn_ros.world.distance_field import signed_distance
from local_inn_ros.world.occupancy_grid import OccupancyGrid
from local_inn_ros.world.surface_directions import directions_in_bytes
from local_inn_ros.world.tiles import tiles

# What a step of a distance counts up to, either way.
_MOST_STEPS = 32767


class FieldValues(NamedTuple):
    """The likelihood field at some points.

    Attributes:
        distances_m: (n,) signed distance to the surface: positive before it, negative behind.
        gradients: (n, 2) its derivative by the point's x and y in the map frame, without unit;
            zero where the distance is clamped.
    """

    distances_m: NDArray[np.float64]
    gradients: NDArray[np.float64]


class FieldRaster(NamedTuple):
    """A likelihood field as plain numbers, for compiled code.

    Attributes:
        steps: (rows, cols) int16 distance at the centres of the field's cells, in steps of
            ``step_m``; two bytes a cell, since maps are large.
        step_m: tens of micrometres.
        cells_per_m: inverse of the side of a cell of the field.
        x_m: x of the grid's origin in the map frame.
        y_m: y of the grid's origin in the map frame.
        cosine: of the origin's yaw.
        sine: of the origin's yaw.
        limit_m: where distances are clamped.
    """

    steps: NDArray[np.int16]
    step_m: float
    cells_per_m: float
    x_m: float
    y_m: float
    cosine: float
    sine: float
    limit_m: float


class LikelihoodField:
    """The distance to a map's surfaces, bilinear between cell centres, clamped far from any.

    Attributes:
        grid: the map.
        max_distance_m: distances are clamped to this, either way; so are all points off the map.
        raster: the field as plain numbers, for compiled code.
    """

    def __init__(
        self,
        grid: OccupancyGrid,
        surface_offset_m: float = 0.0,
        max_distance_m: float = 0.6,
        distances_m: NDArray[np.float64] | None = None,
    ) -> None:
        """Compute the field, or take one that was measured.

        Args:
            grid: the map.
            surface_offset_m: how far before the faces of occupied cells the surface lies. 0 for
                scans cast on the same map; on a map made by SLAM, whose occupied cells are those
                that end points fell into, about minus half a cell.
            max_distance_m: where to clamp. Farther end points pull on nothing.
            distances_m: (f rows, f cols) for some whole f: the field at the centres of cells f
                times finer than the map's (``measured_distances``), in place of the distance to
                occupied cells, offset included.
        """
        # Between a distance that is clamped and one that is not, nothing may change.
        farthest_m = max_distance_m + 2.0 * grid.resolution_m
        step_m = _step_m(grid.resolution_m, farthest_m)
        steps = (
            _steps_to_cells(grid, surface_offset_m, farthest_m, step_m)
            if distances_m is None
            else _steps_of(distances_m, step_m)
        )
        self.grid = grid
        self.max_distance_m = max_distance_m
        self.raster = FieldRaster(
            steps,
            step_m,
            steps.shape[0] / (grid.rows * grid.resolution_m),
            grid.origin.x,
            grid.origin.y,
            math.cos(grid.origin.yaw),
            math.sin(grid.origin.yaw),
            float(max_distance_m),
        )

    @cached_property
    def directions(self) -> NDArray[np.int8]:
        """Which way the surfaces face at each cell of the map (see ``directions_in_bytes``)."""
        return directions_in_bytes(self.grid)

    def evaluate(self, points: ArrayLike) -> FieldValues:
        """Return the field at points (n, 2) of the map frame."""
        where = np.ascontiguousarray(points, dtype=np.float64)
        distances = np.empty(len(where))
        gradients = np.empty((len(where), 2))
        evaluate_raster(self.raster, where, distances, gradients)
        return FieldValues(distances, gradients)


def _step_m(resolution_m: float, farthest_m: float) -> float:
    """Return a step of which the largest number goes this far, and whole ones to a 16th of a cell.

    Straight walls, and offsets of them, then lie where they lie.
    """
    sixteenth_m = resolution_m / 16.0
    finer = math.floor(_MOST_STEPS * sixteenth_m / farthest_m)
    return sixteenth_m / finer if finer > 0 else farthest_m / _MOST_STEPS


def _steps_to_cells(
    grid: OccupancyGrid, surface_offset_m: float, farthest_m: float, step_m: float
) -> NDArray[np.int16]:
    """Return (rows, cols) the distance to the faces of occupied cells, less an offset, in steps."""
    steps = np.empty(grid.cells.shape, dtype=np.int16)
    margin = math.ceil((farthest_m + abs(surface_offset_m)) / grid.resolution_m) + 2
    for tile in tiles((grid.rows, grid.cols), margin):
        around = OccupancyGrid(grid.cells[tile.outer], grid.resolution_m, grid.origin)
        distances_m = signed_distance(around)[tile.within] - surface_offset_m
        steps[tile.inner] = _steps_of(distances_m, step_m)
    return steps


def _steps_of(distances_m: NDArray[np.float64], step_m: float) -> NDArray[np.int16]:
    steps = np.empty(distances_m.shape, dtype=np.int16)
    for rows in row_blocks(distances_m.shape):
        steps[rows] = np.rint(np.clip(distances_m[rows] / step_m, -_MOST_STEPS, _MOST_STEPS))
    return steps


@numba.njit(cache=True, nogil=True, error_model="numpy")
def evaluate_raster(raster, points, distances, gradients):  # type: ignore[no-untyped-def]
    """Fill distances (n,) and gradients (n, 2) at points (n, 2) of the map frame."""
    for i in range(points.shape[0]):
        distances[i], gradients[i, 0], gradients[i, 1] = field_at(
            raster, points[i, 0], points[i, 1]
        )


@numba.njit(cache=True, nogil=True, error_model="numpy")
def field_at(raster, point_x, point_y):  # type: ignore[no-untyped-def]
    """Return the distance and its derivatives by x and y at a point of the map frame."""
    field, step_m, cells_per_m, x0, y0, cosine, sine, limit = raster
    x, y = turned_by(cosine, -sine, point_x - x0, point_y - y0)
    value, slope_x, slope_y = field_in_cells(field, step_m, limit, x * cells_per_m, y * cells_per_m)
    slope_x, slope_y = turned_by(cosine, sine, slope_x, slope_y)
    return value, slope_x * cells_per_m, slope_y * cells_per_m


@numba.njit(cache=True, nogil=True, error_model="numpy")
def field_in_cells(field, step_m, limit, x, y):  # type: ignore[no-untyped-def]
    """Return the distance and its derivatives by x and y, which count cells of the field."""
    rows, cols = field.shape
    # Written so that NaN counts as off the map too.
    if not (x >= 0.0 and x < cols and y >= 0.0 and y < rows):
        return limit, 0.0, 0.0
    # Cell centres lie at half cells; the outermost half cell repeats the edge.
    u = min(max(x - 0.5, 0.0), cols - 1.0)
    v = min(max(y - 0.5, 0.0), rows - 1.0)
    col = min(int(u), max(cols - 2, 0))
    row = min(int(v), max(rows - 2, 0))
    right, up = min(col + 1, cols - 1), min(row + 1, rows - 1)
    a, b = u - col, v - row
    low_left, low_right = step_m * field[row, col], step_m * field[row, right]
    high_left, high_right = step_m * field[up, col], step_m * field[up, right]
    low = low_left + a * (low_right - low_left)
    high = high_left + a * (high_right - high_left)
    value = low + b * (high - low)
    if value >= limit:
        return limit, 0.0, 0.0
    if value <= -limit:
        return -limit, 0.0, 0.0
    slope_x = (low_right - low_left) + b * (high_right - high_left - low_right + low_left)
    slope_y = high - low
    if x < 0.5 or x > cols - 0.5:
        slope_x = 0.0
    if y < 0.5 or y > rows - 0.5:
        slope_y = 0.0
    return value, slope_x, slope_y
