# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The occupancy grid that every other part of the world is made from."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from local_inn_ros.errors import MapError
from local_inn_ros.geometry import Pose2, transform_points

UNKNOWN = -1
FREE = 0
OCCUPIED = 100

# Rows that are counted at a time.
_COUNTED_ROWS = 64


@dataclass(frozen=True, slots=True)
class Bounds:
    """An axis-aligned rectangle in the map frame, in metres."""

    x_min_m: float
    x_max_m: float
    y_min_m: float
    y_max_m: float

    @staticmethod
    def around(points: NDArray[np.float64]) -> Bounds:
        """Return the least rectangle that holds points (n, 2), n >= 1."""
        low, high = points.min(axis=0), points.max(axis=0)
        return Bounds(float(low[0]), float(high[0]), float(low[1]), float(high[1]))

    @property
    def width_m(self) -> float:
        """Extent along x."""
        return self.x_max_m - self.x_min_m

    @property
    def height_m(self) -> float:
        """Extent along y."""
        return self.y_max_m - self.y_min_m

    def __str__(self) -> str:
        """Say it for people."""
        return (
            f"x {self.x_min_m:.2f} to {self.x_max_m:.2f} m, "
            f"y {self.y_min_m:.2f} to {self.y_max_m:.2f} m"
        )

    def widened(self, margin_m: float) -> Bounds:
        """Return the rectangle with a margin on every side."""
        return Bounds(
            self.x_min_m - margin_m,
            self.x_max_m + margin_m,
            self.y_min_m - margin_m,
            self.y_max_m + margin_m,
        )


@dataclass(frozen=True, slots=True, eq=False)
class OccupancyGrid:
    """A grid of square cells, laid out as nav_msgs/OccupancyGrid.

    The *grid frame* has its origin at the outer corner of cell (0, 0), x along the columns and y
    along the rows; ``origin`` is the pose of that frame in the map frame.

    Attributes:
        cells: (rows, cols) int8, row 0 at the lowest y: UNKNOWN (-1), FREE (0), OCCUPIED (100),
            or 1 to 99 for a probability between, which is neither free nor occupied (as AMCL
            reads a map). Read-only.
        resolution_m: side of a cell.
        origin: pose of the grid frame in the map frame; its yaw may be any.
    """

    cells: NDArray[np.int8]
    resolution_m: float
    origin: Pose2

    def __post_init__(self) -> None:
        """Check and freeze the cells.

        Raises:
            MapError: no cells, values outside -1 to 100, a resolution that is not positive and
                finite, or an origin that is not finite.
        """
        cells = np.asarray(self.cells)
        if cells.ndim != 2 or cells.size == 0:
            raise MapError(f"a map needs rows and columns of cells, got shape {cells.shape}")
        if cells.min() < UNKNOWN or cells.max() > OCCUPIED:
            raise MapError("map cells lie between -1 (unknown) and 100 (occupied)")
        if not (math.isfinite(self.resolution_m) and self.resolution_m > 0.0):
            raise MapError(f"a map's resolution is a positive length, got {self.resolution_m}")
        if not self.origin.is_finite():
            raise MapError(f"a map's origin must be finite, got {self.origin}")
        frozen = np.array(cells, dtype=np.int8, order="C")
        frozen.setflags(write=False)
        object.__setattr__(self, "cells", frozen)

    @property
    def rows(self) -> int:
        """Number of cells along the grid's y."""
        return int(self.cells.shape[0])

    @property
    def cols(self) -> int:
        """Number of cells along the grid's x."""
        return int(self.cells.shape[1])

    @property
    def free_area_m2(self) -> float:
        """Area of all free cells, wherever they lie."""
        return self.area_m2(FREE)

    def area_m2(self, value: int) -> float:
        """Return the area of all cells of a value."""
        return int(value_counts(self.cells)[value]) * self.resolution_m**2

    @property
    def bounds(self) -> Bounds:
        """The least rectangle in the map frame round the whole grid, its yaw included."""
        width, height = self.cols * self.resolution_m, self.rows * self.resolution_m
        corners = np.array([[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]])
        return Bounds.around(transform_points(self.origin, corners))

    def free_mask(self) -> NDArray[np.bool_]:
        """Return (rows, cols): True where a cell is known to be free."""
        mask: NDArray[np.bool_] = self.cells == FREE
        return mask

    def occupied_mask(self) -> NDArray[np.bool_]:
        """Return (rows, cols): True where a cell is occupied."""
        mask: NDArray[np.bool_] = self.cells == OCCUPIED
        return mask

    def unknown_mask(self) -> NDArray[np.bool_]:
        """Return (rows, cols): True where a cell is neither free nor occupied."""
        return ~(self.free_mask() | self.occupied_mask())

    def world_to_cell(self, points: ArrayLike) -> NDArray[np.int64]:
        """Return the cells (n, 2), as (row, col), that hold points (n, 2) of the map frame.

        Points outside the grid get rows and columns outside it; see ``contains``.
        """
        grid_points = transform_points(self.origin.inverse(), np.asarray(points, dtype=np.float64))
        return np.floor(grid_points[:, ::-1] / self.resolution_m).astype(np.int64)

    def cell_to_world(self, cells: ArrayLike) -> NDArray[np.float64]:
        """Return the centres (n, 2), in the map frame, of cells (n, 2) given as (row, col)."""
        centres = (np.asarray(cells, dtype=np.float64)[:, ::-1] + 0.5) * self.resolution_m
        return transform_points(self.origin, centres)

    def contains(self, points: ArrayLike) -> NDArray[np.bool_]:
        """Tell for each point (n, 2) of the map frame whether it lies on the grid."""
        return self.contains_cells(self.world_to_cell(points))

    def contains_cells(self, cells: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell for each cell (n, 2), as (row, col), whether it lies on the grid."""
        inside: NDArray[np.bool_] = np.all((cells >= 0) & (cells < self.cells.shape), axis=1)
        return inside

    def values_at(self, points: ArrayLike) -> NDArray[np.int8]:
        """Return the cell values (n,) at points (n, 2) of the map frame; UNKNOWN off the grid."""
        cells = self.world_to_cell(points)
        inside = self.contains_cells(cells)
        values = np.full(len(cells), UNKNOWN, dtype=np.int8)
        values[inside] = self.cells[cells[inside, 0], cells[inside, 1]]
        return values


def value_counts(cells: NDArray[np.int8]) -> NDArray[np.int64]:
    """Return (256,) how many cells have each value; that of -1 is the last."""
    counts = np.zeros(256, np.int64)
    for first in range(0, cells.shape[0], _COUNTED_ROWS):
        some = cells[first : first + _COUNTED_ROWS].view(np.uint8)
        counts += np.bincount(some.ravel(), minlength=256)
    return counts


def grid_hash(grid: OccupancyGrid) -> str:
    """Return the SHA-256 (hex) of what a map means: its cells, their size and where they lie.

    The hash does not depend on the file: a map saved again, in another format or with another
    mode, or received over a topic, is the same map if every cell is. The resolution enters as the
    float32 that nav_msgs/MapMetaData carries; the origin enters rounded to a micrometre and its
    heading as cosine and sine rounded to 1e-6, so that a quaternion's rounding changes nothing.
    """
    heading = (math.cos(grid.origin.yaw), math.sin(grid.origin.yaw))
    place = [round(value * 1e6) for value in (grid.origin.x, grid.origin.y, *heading)]
    digest = hashlib.sha256(b"local_inn_ros occupancy grid 1\n")
    digest.update(np.array([grid.rows, grid.cols], dtype="<i8").tobytes())
    digest.update(np.array([grid.resolution_m], dtype="<f4").tobytes())
    digest.update(np.array(place, dtype="<i8").tobytes())
    digest.update(grid.cells.data)
    return digest.hexdigest()
