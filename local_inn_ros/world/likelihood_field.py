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
from local_inn_ros.world.distance_field import signed_distance
from local_inn_ros.world.occupancy_grid import OccupancyGrid
from local_inn_ros.world.surface_directions import surface_directions


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
        distances_m: (rows, cols) distance at the centres of the field's cells.
        cells_per_m: inverse of the side of a cell of the field.
        x_m: x of the grid's origin in the map frame.
        y_m: y of the grid's origin in the map frame.
        cosine: of the origin's yaw.
        sine: of the origin's yaw.
        limit_m: where distances are clamped.
    """

    distances_m: NDArray[np.float64]
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
        if distances_m is None:
            distances_m = signed_distance(grid) - surface_offset_m
        self.grid = grid
        self.max_distance_m = max_distance_m
        self.raster = FieldRaster(
            np.ascontiguousarray(distances_m),
            distances_m.shape[0] / (grid.rows * grid.resolution_m),
            grid.origin.x,
            grid.origin.y,
            math.cos(grid.origin.yaw),
            math.sin(grid.origin.yaw),
            float(max_distance_m),
        )

    @cached_property
    def directions(self) -> NDArray[np.float32]:
        """Which way the surfaces face at each cell of the map (see ``surface_directions``)."""
        return surface_directions(self.grid)

    def evaluate(self, points: ArrayLike) -> FieldValues:
        """Return the field at points (n, 2) of the map frame."""
        where = np.ascontiguousarray(points, dtype=np.float64)
        distances = np.empty(len(where))
        gradients = np.empty((len(where), 2))
        evaluate_raster(self.raster, where, distances, gradients)
        return FieldValues(distances, gradients)


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
    field, cells_per_m, x0, y0, cosine, sine, limit = raster
    x, y = turned_by(cosine, -sine, point_x - x0, point_y - y0)
    value, slope_x, slope_y = field_in_cells(field, limit, x * cells_per_m, y * cells_per_m)
    slope_x, slope_y = turned_by(cosine, sine, slope_x, slope_y)
    return value, slope_x * cells_per_m, slope_y * cells_per_m


@numba.njit(cache=True, nogil=True, error_model="numpy")
def field_in_cells(field, limit, x, y):  # type: ignore[no-untyped-def]
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
    low_left, low_right = field[row, col], field[row, right]
    high_left, high_right = field[up, col], field[up, right]
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
