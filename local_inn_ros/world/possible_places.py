# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where on a map a pose that somebody tells may be: one rule for all who tell one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.world.occupancy_grid import FREE, UNKNOWN, OccupancyGrid

if TYPE_CHECKING:
    from local_inn_ros.world.free_space import FreeSpace

# Free, but in none of the parts that the robot is taken to drive in.
ELSEWHERE = 50
# A pose may be so far from free space, and three of its deviations, as far as they count.
_BESIDE_M, _DEVIATIONS, _MOST_DEVIATION_M = 1.0, 3.0, 1.5
# The rule needs no finer picture of a map than of so many cells.
_MOST_CELLS = 250_000


class Standing(Enum):
    """How a pose stands to a map."""

    FREE = auto()
    DOUBTFUL = auto()
    OFF = auto()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to be said of a pose.

    Attributes:
        standing: how it stands to the map.
        sentence: what is wrong with it, for people; empty where nothing is.
    """

    standing: Standing
    sentence: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class PossiblePlaces:
    """Where a robot can be.

    Attributes:
        raster: FREE where the robot drives, ELSEWHERE where else it is free, UNKNOWN where
            nothing is; of a large map, a coarser picture of it.
    """

    raster: OccupancyGrid

    @staticmethod
    def of(space: FreeSpace) -> PossiblePlaces:
        """Draw them from the free space of a map, without any clearance."""
        grid = space.grid
        factor = max(1, math.ceil(math.sqrt(grid.cells.size / _MOST_CELLS)))
        rows = range(0, grid.rows, factor)
        cells = np.full((len(rows), -(-grid.cols // factor)), UNKNOWN, dtype=np.int8)
        for number, row in enumerate(rows):
            here = slice(row, row + factor)
            cells[number, _any(grid.cells[here] == FREE, factor)] = ELSEWHERE
            cells[number, _any(space.mask[here], factor)] = FREE
        return PossiblePlaces(OccupancyGrid(cells, factor * grid.resolution_m, grid.origin))

    def judge(self, pose: GaussianPose2, frame: str) -> Judgement:
        """Say how a pose stands to the map.

        Args:
            pose: of the base in the map frame; its deviations are those that were told.
            frame: name of that frame.
        """
        x, y = pose.mean.x, pose.mean.y
        value = int(self.raster.values_at([[x, y]])[0])
        if value == FREE:
            return Judgement(Standing.FREE)
        told = f"the pose x {x:.2f} m, y {y:.2f} m in '{frame}'"
        if value == ELSEWHERE:
            return Judgement(
                Standing.DOUBTFUL,
                f"{told} lies in a part of the map that was not learned and is not searched",
            )
        away_m = self._away_m(x, y)
        deviation_m = min(float(pose.deviations()[:2].max()), _MOST_DEVIATION_M)
        off = f"{told} is {away_m:.1f} m from all free space of the map ({self.raster.bounds})"
        if away_m <= _BESIDE_M + _DEVIATIONS * deviation_m:
            return Judgement(Standing.DOUBTFUL, f"{off}: in a wall, or where nothing is known")
        return Judgement(Standing.OFF, f"{off}: no robot is there")

    def _away_m(self, x: float, y: float) -> float:
        """Return how far a point is from the nearest cell that is free."""
        rows, cols = np.nonzero(self.raster.cells >= FREE)
        here = self.raster.origin.inverse() @ Pose2(x, y, 0.0)
        side_m = self.raster.resolution_m
        aside = np.abs(np.stack([cols, rows]) + 0.5 - np.array([[here.x], [here.y]]) / side_m)
        gaps = np.maximum(aside - 0.5, 0.0)
        return float(np.hypot(*gaps).min() * side_m) if len(rows) else math.inf


def _any(cells: NDArray[np.bool_], factor: int) -> NDArray[np.bool_]:
    """Return (cols / factor,) whether any cell of a strip of them is True."""
    starts = np.arange(0, cells.shape[1], factor)
    found: NDArray[np.bool_] = np.logical_or.reduceat(cells.any(axis=0), starts)
    return found
