# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The part of a map where a robot can be."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from local_inn_ros.errors import MapError
from local_inn_ros.geometry import transform_points
from local_inn_ros.world.cell_runs import CellRuns
from local_inn_ros.world.distance_field import at_least_within
from local_inn_ros.world.free_parts import FreeParts
from local_inn_ros.world.occupancy_grid import Bounds, OccupancyGrid
from local_inn_ros.world.part_choice import choose_parts

# A lattice is laid over so many cells at a time.
_LATTICE_CELLS = 1_000_000


class FreeSpace:
    """The parts of a map's free space that a robot drives in, less a clearance to all else.

    Attributes:
        mask: (rows, cols) True where the centre of a robot may be.
        bounds: rectangle round the mask's cells in the map frame.
        area_m2: area of the mask.
    """

    def __init__(
        self,
        grid: OccupancyGrid,
        clearance_m: float = 0.0,
        inside: Sequence[tuple[float, float]] = (),
    ) -> None:
        """Find the parts.

        Args:
            grid: the map.
            clearance_m: poses keep at least this far from every cell that is not free. Of what is
                left of each part, the largest piece is taken.
            inside: a point (x, y) of the map frame in each part to take; where left out, the
                shapes of the parts decide (``part_choice``).

        Raises:
            MapError: no free cell is left, or a point lies in no part.
        """
        self.grid = grid
        self.clearance_m = clearance_m
        parts = FreeParts.of(grid)
        taken = choose_parts(parts, inside).taken if len(parts) else ()
        self._runs = _cleared(parts, taken, clearance_m / grid.resolution_m)
        self._count = self._runs.count
        if self._count == 0:
            raise MapError(
                f"the map has no free cell that is {clearance_m:g} m clear of its surroundings; "
                "use a smaller clearance or another map"
            )
        self.mask = self._runs.mask()
        self.mask.setflags(write=False)
        self.area_m2 = self._count * grid.resolution_m**2
        self.bounds = _bounds_of(grid, self._runs)

    @property
    def cell_box(self) -> tuple[int, int, int, int]:
        """The rows and columns that hold all its cells: first row, first column, and behind."""
        runs = self._runs
        return (
            int(runs.rows.min()),
            int(runs.starts.min()),
            int(runs.rows.max()) + 1,
            int(runs.stops.max()),
        )

    def sample(self, rng: np.random.Generator, count: int) -> NDArray[np.float64]:
        """Draw poses (count, 3) in the map frame: uniform over the area, uniform in yaw."""
        chosen = self._runs.cells_at(rng.integers(self._count, size=count))
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
        positions = np.zeros((0, 2))
        for first in range(0, self._count, _LATTICE_CELLS):
            places = np.arange(first, min(first + _LATTICE_CELLS, self._count))
            centres = self.grid.cell_to_world(self._runs.cells_at(places))
            positions = self._thinned(np.concatenate([positions, centres]), spacing_m)
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

    def _thinned(self, centres: NDArray[np.float64], spacing_m: float) -> NDArray[np.float64]:
        """Return of points (n, 2) the one in each square that is nearest to its middle."""
        low = [self.bounds.x_min_m, self.bounds.y_min_m]
        squares = np.floor((centres - low) / spacing_m)
        middle = (squares + 0.5) * spacing_m + low
        # In each square stands the cell nearest to its middle, so narrow places are not missed.
        nearest_first = np.argsort(np.sum((centres - middle) ** 2, axis=1), kind="stable")
        # One number for each square, in the order of its column, then of its row.
        rows = math.ceil(self.bounds.height_m / spacing_m) + 2
        numbers = (squares[:, 0] * rows + squares[:, 1]).astype(np.int64)
        _, first = np.unique(numbers[nearest_first], return_index=True)
        return centres[nearest_first[first]]


def _cleared(parts: FreeParts, taken: Sequence[int], clearance_cells: float) -> CellRuns:
    """Return of each part taken the largest piece whose cell centres keep clear of all else."""
    runs = parts.runs.chosen(np.isin(parts.numbers, taken))
    if clearance_cells <= 0.0 or len(runs.rows) == 0:
        return runs
    # The distance is between centres; the face of the other cell is half a cell nearer.
    clear = CellRuns.where(at_least_within(runs.mask(), clearance_cells + 0.5), True)
    count, labels = clear.components()
    if count == 0:
        return clear
    firsts = np.column_stack([clear.rows, clear.starts]).astype(np.int64)
    part = np.zeros(count, np.int64)
    part[labels] = parts.numbers[parts.runs.run_of(firsts)]
    areas = np.bincount(labels, clear.lengths, count)
    largest = [np.flatnonzero(part == one)[areas[part == one].argmax()] for one in np.unique(part)]
    return clear.chosen(np.isin(labels, largest))


def _bounds_of(grid: OccupancyGrid, runs: CellRuns) -> Bounds:
    """Return the least rectangle in the map frame round the corners of all cells."""
    lows = np.column_stack([runs.starts, runs.rows]).astype(np.float64)
    highs = np.column_stack([runs.stops, runs.rows]).astype(np.float64)
    corners = np.concatenate([lows, highs])
    corners = np.concatenate([corners, corners + np.array([0.0, 1.0])])
    return Bounds.around(transform_points(grid.origin, corners * grid.resolution_m))
