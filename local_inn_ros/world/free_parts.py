# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The parts that walls divide a map's free space into."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from local_inn_ros.world.cell_runs import CellRuns
from local_inn_ros.world.distance_field import at_least_within
from local_inn_ros.world.occupancy_grid import FREE, OccupancyGrid

# Half the width of a gap that no robot passes: walls that are drawn with holes are walls.
_GAP_M = 0.15
# What a gap divides are parts where each is at least this share of the whole.
_LEAST_SHARE = 0.02
# Gaps are looked for where that takes no time and little memory.
_MOST_CELLS = 4_000_000
# A point told by a person may lie so far beside what it means.
_BESIDE_M = 0.5


# Without slots: what is counted is kept in the instance.
@dataclass(frozen=True, eq=False)
class FreeParts:
    """Connected parts of a map's free space, the largest first.

    Cells are connected where they share a side. Free space that touches the map's border is
    divided at gaps too that no robot passes: there a wall with a hole in it would make one of a
    track and of all that is outside. Everything else hangs together where its cells do.

    Attributes:
        grid: the map.
        runs: its free cells, less those that only gaps lead to.
        numbers: (k,) int32 the part of each run.
    """

    grid: OccupancyGrid
    runs: CellRuns
    numbers: NDArray[np.int32]

    @staticmethod
    def of(grid: OccupancyGrid) -> FreeParts:
        """Find the parts of a map; there may be none."""
        runs = CellRuns.where(grid.cells, FREE)
        count, labels = runs.components()
        if grid.cells.size <= _MOST_CELLS:
            runs, labels, count = _divided_at_gaps(grid, runs, labels, count)
        areas = np.bincount(labels, runs.lengths, count)
        order = np.argsort(-areas, kind="stable")
        rank = np.empty(count, np.int32)
        rank[order] = np.arange(count, dtype=np.int32)
        return FreeParts(grid, runs, rank[labels])

    @cached_property
    def cell_counts(self) -> NDArray[np.int64]:
        """How many cells (p,) each part has, falling."""
        return np.bincount(self.numbers, self.runs.lengths).astype(np.int64)

    @property
    def areas_m2(self) -> NDArray[np.float64]:
        """Area (p,) of each part, falling."""
        return np.asarray(self.cell_counts * self.grid.resolution_m**2, dtype=np.float64)

    def __len__(self) -> int:
        """Return how many parts there are."""
        return len(self.cell_counts)

    def part_at(self, points: ArrayLike) -> NDArray[np.int32]:
        """Return (n,) the part at each point (n, 2) of the map frame; -1 where there is none."""
        run = self.runs.run_of(self.grid.world_to_cell(np.asarray(points, np.float64)[:, :2]))
        return np.where(run >= 0, self.numbers[run], -1).astype(np.int32)

    def part_near(self, x: float, y: float) -> int:
        """Return the part at a point of the map frame, or nearest beside it; -1 where none is."""
        steps = np.arange(-_BESIDE_M, _BESIDE_M + 1e-9, min(self.grid.resolution_m, 0.05))
        around = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
        away = np.hypot(*around.T)
        nearest = np.argsort(away, kind="stable")[: np.count_nonzero(away <= _BESIDE_M)]
        parts = self.part_at(around[nearest] + [x, y])
        found = np.flatnonzero(parts >= 0)
        return int(parts[found[0]]) if len(found) else -1

    def point_in(self, number: int) -> tuple[float, float]:
        """Return the middle of a part's longest row of cells, (x, y) in the map frame."""
        runs = self.runs_of(number)
        longest = int(np.argmax(runs.lengths))
        col = (int(runs.starts[longest]) + int(runs.stops[longest]) - 1) // 2
        x, y = self.grid.cell_to_world([[int(runs.rows[longest]), col]])[0]
        return round(float(x), 4), round(float(y), 4)

    def runs_of(self, number: int) -> CellRuns:
        """Return the cells of a part."""
        return self.runs.chosen(self.numbers == number)


def _divided_at_gaps(
    grid: OccupancyGrid, runs: CellRuns, labels: NDArray[np.int32], count: int
) -> tuple[CellRuns, NDArray[np.int32], int]:
    """Divide the regions that touch the border where only a gap holds them together."""
    reach = _GAP_M / grid.resolution_m
    if reach < 1.0:
        return runs, labels, count
    rows, cols = grid.cells.shape
    on_border = (runs.rows == 0) | (runs.rows == rows - 1) | (runs.starts == 0)
    for label in np.unique(labels[on_border | (runs.stops == cols)]):
        own = labels == label
        pieces = _pieces(runs.chosen(own).mask(), reach)
        if pieces is None:
            continue
        found = [CellRuns.where(pieces, number) for number in range(1, int(pieces.max()) + 1)]
        others = [runs.chosen(~own), *found]
        new = [labels[~own], *(_filled(one, count + k) for k, one in enumerate(found))]
        # The number of what was divided is free again.
        new[1] = _filled(found[0], int(label))
        new[2:] = [one - 1 for one in new[2:]]
        count += len(found) - 1
        runs, labels = _sorted(others, new)
    return runs, labels, count


def _filled(runs: CellRuns, label: int) -> NDArray[np.int32]:
    return np.full(len(runs.rows), label, np.int32)


def _sorted(
    parts: list[CellRuns], labels: list[NDArray[np.int32]]
) -> tuple[CellRuns, NDArray[np.int32]]:
    rows = np.concatenate([one.rows for one in parts])
    starts = np.concatenate([one.starts for one in parts])
    stops = np.concatenate([one.stops for one in parts])
    order = np.lexsort((starts, rows))
    runs = CellRuns(rows[order], starts[order], stops[order], parts[0].shape)
    return runs, np.concatenate(labels)[order]


def _pieces(region: NDArray[np.bool_], reach: float) -> NDArray[np.int8] | None:
    """Return (rows, cols) int8 the pieces, from 1, that a region falls into without its gaps."""
    wide = CellRuns.where(at_least_within(region, reach + 0.5), True)
    count, labels = wide.components()
    areas = np.bincount(labels, wide.lengths, count)
    large = np.flatnonzero(areas >= _LEAST_SHARE * np.count_nonzero(region))
    if len(large) < 2:
        return None
    pieces = np.zeros(region.shape, np.int8)
    for number, label in enumerate(large[:100], start=1):
        pieces[wide.chosen(labels == label).mask()] = number
    # Back to the walls, all of them at the same pace.
    for _ in range(math.ceil(reach) + 2):
        grown = ndimage.maximum_filter(
            pieces, footprint=np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]])
        )
        pieces = np.where((pieces == 0) & region, grown, pieces)
    return pieces
