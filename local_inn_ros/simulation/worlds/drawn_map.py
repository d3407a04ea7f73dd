# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A map of a world as SLAM packages draw it: from scans, at poses that are nearly right.

Each beam counts for the cells that it passes and for the one that it ends in (occupancy by
counting, as in GMapping; Haehnel et al., IROS 2003). Surfaces come to lie anywhere in the cells
that are drawn occupied, in their middle on average; walls are a cell thick, and ragged where beams
graze them; what no beam has reached is unknown.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from local_inn_ros.geometry import Pose2, compose_poses
from local_inn_ros.simulation.worlds.driven_world import DrivenWorld
from local_inn_ros.world import ClosedPath, FreeSpace, OccupancyGrid
from local_inn_ros.world.occupancy_grid import FREE, OCCUPIED, UNKNOWN

_BEAMS, _REACH_M, _NOISE_M = 720, 15.0, 0.012
_STEP_M = 0.25
# Of the poses that SLAM found, each way and of heading; neighbours share most of it.
_POSE_M, _POSE_RAD, _KEPT = 0.01, 0.001, 0.9
# Besides the lap, a place is looked at for so much of free space.
_VISIT_M2, _CLEARANCE_M = 8.0, 0.4
# GMapping's threshold; one beam alone may have met somebody who passed by.
_OCCUPIED_SHARE, _LEAST_HITS = 0.25, 2


def draw_map(
    world: DrivenWorld, route: ArrayLike, rng: np.random.Generator, resolution_m: float = 0.05
) -> OccupancyGrid:
    """Drive through a world and draw it.

    Args:
        world: what is drawn.
        route: (n, 2) lap in the map frame, that is driven; places off it are visited too.
        rng: draws the places, the errors of ranges and poses, and where the cells begin.
        resolution_m: side of a cell.
    """
    bounds = world.grid.bounds
    corner = np.array([bounds.x_min_m, bounds.y_min_m]) - resolution_m * rng.uniform(0.0, 1.0, 2)
    cols = math.ceil(bounds.width_m / resolution_m) + 1
    rows = math.ceil(bounds.height_m / resolution_m) + 1
    passed, ended = np.zeros((rows, cols), np.int32), np.zeros((rows, cols), np.int32)
    poses = _looked_from(world, route, rng)
    believed = compose_poses(poses, _pose_errors(len(poses), rng))
    angles = np.linspace(-math.pi, math.pi, _BEAMS, endpoint=False)
    for true, told in zip(poses, believed, strict=True):
        ranges = world.caster.cast(true[None], angles, _REACH_M)[0].astype(np.float64)
        met = np.isfinite(ranges)
        seen = np.where(met, ranges + rng.normal(0.0, _NOISE_M, _BEAMS), _REACH_M)
        bearings = told[2] + angles
        ends = told[:2] + seen[:, None] * np.column_stack([np.cos(bearings), np.sin(bearings)])
        _count(
            (told[:2] - corner) / resolution_m, (ends - corner) / resolution_m, met, passed, ended
        )
    cells = np.full((rows, cols), UNKNOWN, dtype=np.int8)
    cells[passed > 0] = FREE
    looks = np.maximum(passed + ended, 1)
    cells[(ended >= _LEAST_HITS) & (ended > _OCCUPIED_SHARE * looks)] = OCCUPIED
    return OccupancyGrid(cells, resolution_m, Pose2(float(corner[0]), float(corner[1]), 0.0))


def _looked_from(
    world: DrivenWorld, route: ArrayLike, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the poses (n, 3) of the scans."""
    lap = ClosedPath.through(route, _STEP_M)
    driven = np.column_stack([lap.points, lap.headings_rad])
    visits = round(world.grid.free_area_m2 / _VISIT_M2)
    return np.vstack([driven, FreeSpace(world.grid, _CLEARANCE_M).sample(rng, visits)])


def _pose_errors(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return (count, 3) errors of the poses, as they drift."""
    errors = rng.standard_normal((count, 3))
    fresh = math.sqrt(1.0 - _KEPT**2)
    for k in range(1, count):
        errors[k] = _KEPT * errors[k - 1] + fresh * errors[k]
    return errors * [_POSE_M, _POSE_M, _POSE_RAD]


@numba.njit(cache=True)
def _count(start, ends, met, passed, ended):  # type: ignore[no-untyped-def]
    """Count the cells that beams pass, and those that they end in (Amanatides and Woo, 1987)."""
    rows, cols = passed.shape
    for k in range(ends.shape[0]):
        dx, dy = ends[k, 0] - start[0], ends[k, 1] - start[1]
        col, row = math.floor(start[0]), math.floor(start[1])
        last_col, last_row = math.floor(ends[k, 0]), math.floor(ends[k, 1])
        step_x, step_y = (1 if dx > 0.0 else -1), (1 if dy > 0.0 else -1)
        per_x = abs(1.0 / dx) if dx != 0.0 else math.inf
        per_y = abs(1.0 / dy) if dy != 0.0 else math.inf
        ahead_x = col + 1 - start[0] if dx > 0.0 else start[0] - col
        ahead_y = row + 1 - start[1] if dy > 0.0 else start[1] - row
        to_x = ahead_x * per_x if dx != 0.0 else math.inf
        to_y = ahead_y * per_y if dy != 0.0 else math.inf
        for _ in range(abs(last_col - col) + abs(last_row - row)):
            if 0 <= col < cols and 0 <= row < rows:
                passed[row, col] += 1
            if to_x < to_y:
                to_x += per_x
                col += step_x
            else:
                to_y += per_y
                row += step_y
        if met[k] and 0 <= last_col < cols and 0 <= last_row < rows:
            ended[last_row, last_col] += 1
