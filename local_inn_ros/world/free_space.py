# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The part of a map where a robot can be."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from local_inn_ros.errors import MapError
from local_inn_ros.geometry import transform_points
from local_inn_ros.world.occupancy_grid import Bounds, OccupancyGrid

# A free region that takes up more than this share of the map's border lies outside the walls.
_OUTSIDE_BORDER_SHARE = 0.5


class FreeSpace:
    """The connected free region of a map, less a clearance to all that is not free.

    Many maps are free outside their walls too. The region taken is the largest one that does not
    run along most of the map's border; where there is no other, the largest of all.

    Attributes:
        mask: (rows, cols) True where the centre of a robot may be.
        bounds: rectangle round the mask's cells in the map frame.
        area_m2: area of the mask.
    """

    def __init__(self, grid: OccupancyGrid, clearance_m: float = 0.0) -> None:
        """Find the region.

        Args:
            grid: the map.
            clearance_m: poses keep at least this far from every cell that is not free.

        Raises:
            MapError: no free cell is left.
        """
        self.grid = grid
        self.clearance_m = clearance_m
        self.mask = _shrunk(_main_region(grid.free_mask()), clearance_m / grid.resolution_m)
        self.mask.setflags(write=False)
        self._cells = np.argwhere(self.mask)
        if len(self._cells) == 0:
            raise MapError(
                f"the map has no free cell that is {clearance_m:g} m clear of its surroundings; "
                "use a smaller clearance or another map"
            )
        self.area_m2 = len(self._cells) * grid.resolution_m**2
        corners = _row_ends(self.mask)[:, None, ::-1] + np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
        self.bounds = Bounds.around(
            transform_points(grid.origin, corners.reshape(-1, 2) * grid.resolution_m)
        )

    def sample(self, rng: np.random.Generator, count: int) -> NDArray[np.float64]:
        """Draw poses (count, 3) in the map frame: uniform over the area, uniform in yaw."""
        chosen = self._cells[rng.integers(len(self._cells), size=count)]
        points = (chosen[:, ::-1] + rng.random((count, 2))) * self.grid.resolution_m
        yaws = rng.uniform(-math.pi, math.pi, count)
        return np.column_stack([transform_points(self.grid.origin, points), yaws])

    def grid_poses(self, spacing_m: float, yaw_count: int) -> NDArray[np.float64]:
        """Return a lattice of poses (k, 3) over the region, for an exhaustive search.

        Args:
            spacing_m: distance between neighbouring positions. Every square of this side that
                holds any of the region has one pose position in it.
            yaw_count: how many equally spaced headings each position is given.
        """
        centres = self.grid.cell_to_world(self._cells)
        squares = np.floor((centres - [self.bounds.x_min_m, self.bounds.y_min_m]) / spacing_m)
        middle = (squares + 0.5) * spacing_m + [self.bounds.x_min_m, self.bounds.y_min_m]
        # In each square stands the cell nearest to its middle, so narrow places are not missed.
        nearest_first = np.argsort(np.sum((centres - middle) ** 2, axis=1), kind="stable")
        _, first = np.unique(squares[nearest_first], axis=0, return_index=True)
        positions = centres[nearest_first[first]]
        yaws = -math.pi + 2.0 * math.pi * np.arange(yaw_count) / yaw_count
        return np.column_stack(
            [np.repeat(positions, yaw_count, axis=0), np.tile(yaws, len(positions))]
        )

    def contains(self, points: ArrayLike) -> NDArray[np.bool_]:
        """Tell for each point (n, 2) of the map frame whether it lies in the region."""
        cells = self.grid.world_to_cell(np.asarray(points, dtype=np.float64)[:, :2])
        inside = self.grid.contains_cells(cells)
        inside[inside] = self.mask[cells[inside, 0], cells[inside, 1]]
        return inside


def _row_ends(region: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return (k, 2) the first and the last cell, as (row, col), of every row of a region.

    No cell lies further out in any direction, and they are few where a region has millions.
    """
    rows = np.flatnonzero(region.any(axis=1))
    first = region[rows].argmax(axis=1)
    last = region.shape[1] - 1 - region[rows, ::-1].argmax(axis=1)
    return np.concatenate([np.column_stack([rows, first]), np.column_stack([rows, last])])


def _main_region(free: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the mask of the largest 4-connected free region inside the walls."""
    labels, count = ndimage.label(free)
    if count == 0:
        return np.zeros_like(free)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    border = np.concatenate([labels[0], labels[-1], labels[1:-1, 0], labels[1:-1, -1]])
    on_border = np.bincount(border, minlength=count + 1)
    outside = on_border > _OUTSIDE_BORDER_SHARE * len(border)
    sizes[0] = 0
    inside_sizes = np.where(outside, 0, sizes)
    best = int(np.argmax(inside_sizes)) if inside_sizes.any() else int(np.argmax(sizes))
    mask: NDArray[np.bool_] = labels == best
    return mask


def _shrunk(region: NDArray[np.bool_], clearance_cells: float) -> NDArray[np.bool_]:
    """Return the largest piece of a region whose cell centres keep clear of all that is not it."""
    if clearance_cells <= 0.0 or region.all():
        return region
    # The distance is between centres; the face of the other cell is half a cell nearer.
    distance = ndimage.distance_transform_edt(region) - 0.5
    return _main_region(region & (distance >= clearance_cells))
