# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Poses as robots have them: away from walls, and along the way."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.errors import MapError
from local_inn_ros.world import FreeSpace, OccupancyGrid, plan_lap

# About the lap, in either direction.
_ASIDE_M = 0.4
_TURNED_RAD = 0.3
_LAP_CLEARANCE_M = 0.3
# Elsewhere: the first of these clearances that leaves a fair part of the free space.
_CLEARANCES_M = (0.6, 0.3, 0.15)
_LEAST_AREA = 0.3


def driving_poses(
    grid: OccupancyGrid,
    rng: np.random.Generator,
    count: int,
    inside: Sequence[tuple[float, float]] = (),
) -> NDArray[np.float64]:
    """Draw poses (count, 3) in the map frame.

    Where a map has a lap, they lie about it, in both directions; elsewhere, anywhere clear of
    walls. A scan tells less of a pose next to a wall, and of a heading in which nobody drives.
    Poses lie in the parts of the map that hold the points ``inside`` (``FreeSpace``).

    Raises:
        MapError: the map has no free cell.
    """
    with contextlib.suppress(MapError):
        return _about_lap(
            plan_lap(grid, inside=inside), FreeSpace(grid, _LAP_CLEARANCE_M, inside), rng, count
        )
    return _clear_space(grid, inside).sample(rng, count)


def _about_lap(
    lap: NDArray[np.float64], space: FreeSpace, rng: np.random.Generator, count: int
) -> NDArray[np.float64]:
    ahead = np.roll(lap, -1, axis=0) - lap
    headings = np.arctan2(ahead[:, 1], ahead[:, 0])
    kept = np.zeros((0, 3))
    while len(kept) < count:
        chosen = rng.integers(len(lap), size=count)
        points = lap[chosen] + rng.uniform(-_ASIDE_M, _ASIDE_M, (count, 2))
        turns = rng.normal(0.0, _TURNED_RAD, count) + math.pi * rng.integers(2, size=count)
        poses = np.column_stack([points, headings[chosen] + turns])
        kept = np.concatenate([kept, poses[space.contains(points)]])
    return kept[:count]


def _clear_space(grid: OccupancyGrid, inside: Sequence[tuple[float, float]]) -> FreeSpace:
    everywhere = FreeSpace(grid, 0.0, inside)
    for clearance_m in _CLEARANCES_M:
        with contextlib.suppress(MapError):
            space = FreeSpace(grid, clearance_m, inside)
            if space.area_m2 > _LEAST_AREA * everywhere.area_m2:
                return space
    return everywhere
