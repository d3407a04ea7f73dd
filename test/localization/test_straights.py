# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Along a straight a scan leaves the way open, whatever stairs the cells make of its walls."""

from __future__ import annotations

import math

import numpy as np
import pytest
from straight_walls import LASER, straight, straight_scan

from local_inn_ros.benchmarking.grid_fixes import GridFixes
from local_inn_ros.filtering.motion_model import in_map_axes
from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.pipeline import LocalizationPipeline
from local_inn_ros.sensing import Odometry
from local_inn_ros.world import LikelihoodField

SPEED_MPS = 5.0
PERIOD_S = 0.1


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
        result = pipeline.add_scan(straight_scan(caster, truth, stamp_s, rng))
        assert result is not None
        off = truth.between(result.fused.mean)
        error = np.array([off.x, off.y, off.yaw])
        own = in_map_axes(result.fused.covariance, -truth.yaw)
        assert own[0, 0] > (0.02 * way_m) ** 2
        assert abs(error[0]) < 2.5 * math.sqrt(own[0, 0])
        assert abs(error[1]) < 0.06
        assert abs(error[2]) < 0.01
