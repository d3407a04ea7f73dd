# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Along a straight a scan leaves the way open, whatever stairs the cells make of its walls."""

from __future__ import annotations

import math

import numpy as np
import pytest

from local_inn_ros.benchmarking.grid_fixes import GridFixes
from local_inn_ros.filtering.motion_model import in_map_axes
from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.pipeline import LocalizationPipeline
from local_inn_ros.sensing import LaserSpec, Odometry, Scan
from local_inn_ros.simulation.worlds.segment_caster import SegmentCaster
from local_inn_ros.world import LikelihoodField, OccupancyGrid

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
SPEED_MPS = 5.0
PERIOD_S = 0.1
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


def scan_at(caster: SegmentCaster, pose: Pose2, stamp_s: float, rng: np.random.Generator) -> Scan:
    ranges = caster.cast(pose.to_array()[None], LASER.beam_angles_rad(), LASER.range_max_m)[0]
    ranges = (ranges + rng.normal(0.0, 0.01, len(ranges))).astype(np.float32)
    step = (LASER.angle_max_rad - LASER.angle_min_rad) / (LASER.beam_count - 1)
    return Scan(stamp_s, ranges, LASER.angle_min_rad, step, 0.05, LASER.range_max_m)


@pytest.mark.parametrize("degrees", [0.0, 1.0, 3.0, 10.0, 30.0, 45.0])
@pytest.mark.parametrize("scale", [0.8, 1.2])
def test_what_a_scan_leaves_open_stays_open(degrees: float, scale: float) -> None:
    """Wheels slip by a fifth; on the open straight the pose knows how much it may be off."""
    angle = math.radians(degrees)
    grid, caster = straight(angle)
    rng = np.random.default_rng(7)
    pipeline = LocalizationPipeline(GridFixes(LikelihoodField(grid), LASER), PoseFilter())
    start = Pose2(0.0, 0.0, angle)
    pipeline.add_odometry(Odometry(0.0, Pose2.identity(), scale * SPEED_MPS))
    pipeline.set_initial_pose(GaussianPose2.from_deviations(start, 0.02, 0.02, 0.01), 0.0)
    for k in range(1, 31):
        stamp_s, way_m = PERIOD_S * k, SPEED_MPS * PERIOD_S * k
        truth = start @ Pose2(way_m, 0.0, 0.0)
        pipeline.add_odometry(Odometry(stamp_s, Pose2(scale * way_m, 0.0, 0.0), scale * SPEED_MPS))
        result = pipeline.add_scan(scan_at(caster, truth, stamp_s, rng))
        assert result is not None
        off = truth.between(result.fused.mean)
        error = np.array([off.x, off.y, off.yaw])
        own = in_map_axes(result.fused.covariance, -truth.yaw)
        assert own[0, 0] > (0.02 * way_m) ** 2
        assert abs(error[0]) < 2.5 * math.sqrt(own[0, 0])
        assert abs(error[1]) < 0.06
        assert abs(error[2]) < 0.01
