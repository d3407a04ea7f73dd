# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A straight between smooth walls, and the map of cells that shows them as stairs."""

from __future__ import annotations

import math

import numpy as np

from local_inn_ros.geometry import Pose2
from local_inn_ros.sensing import LaserSpec, Scan
from local_inn_ros.simulation.worlds.segment_caster import SegmentCaster
from local_inn_ros.world import OccupancyGrid

LASER = LaserSpec(
    name="laser",
    rate_hz=10.0,
    beam_count=541,
    angle_min_rad=-2.36,
    angle_max_rad=2.36,
    range_min_m=0.05,
    range_max_m=10.0,
    noise_std_m=0.01,
    network_beams=90,
)
HALF_WIDTH_M = 1.5
# A wall across the corridor's end, never in sight.
END_M = 45.0


def straight(angle_rad: float) -> tuple[OccupancyGrid, SegmentCaster]:
    """A corridor that runs at an angle to the cells, as a map of cells and as it is."""
    cell = 0.05
    turn = np.array(
        [[math.cos(angle_rad), -math.sin(angle_rad)], [math.sin(angle_rad), math.cos(angle_rad)]]
    )
    corners = np.array(
        [
            [-15.0, -HALF_WIDTH_M],
            [END_M, -HALF_WIDTH_M],
            [END_M, HALF_WIDTH_M],
            [-15.0, HALF_WIDTH_M],
        ]
    )
    walls = [np.concatenate([turn @ corners[k], turn @ corners[k + 1]]) for k in range(3)]
    low, high = (corners @ turn.T).min(axis=0) - 1.0, (corners @ turn.T).max(axis=0) + 1.0
    cols, rows = np.ceil((high - low) / cell).astype(int)
    x, y = np.meshgrid(np.arange(cols), np.arange(rows))
    centres = np.stack([low[0] + cell * (x + 0.5), low[1] + cell * (y + 0.5)], axis=-1)
    along, aside = np.moveaxis(centres @ turn, -1, 0)
    cells = np.where((np.abs(aside) > HALF_WIDTH_M) | (along > END_M), 100, 0).astype(np.int8)
    grid = OccupancyGrid(cells, cell, Pose2(float(low[0]), float(low[1]), 0.0))
    return grid, SegmentCaster(np.array(walls))


def straight_scan(
    caster: SegmentCaster, pose: Pose2, stamp_s: float, rng: np.random.Generator
) -> Scan:
    ranges = caster.cast(pose.to_array()[None], LASER.beam_angles_rad(), LASER.range_max_m)[0]
    ranges = (ranges + rng.normal(0.0, 0.01, len(ranges))).astype(np.float32)
    step = (LASER.angle_max_rad - LASER.angle_min_rad) / (LASER.beam_count - 1)
    return Scan(stamp_s, ranges, LASER.angle_min_rad, step, 0.05, LASER.range_max_m)
