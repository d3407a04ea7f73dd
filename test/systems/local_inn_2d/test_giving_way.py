# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A filter that is sure of a wrong pose, and a localizer whose fixes are right (shipped bundle)."""

from __future__ import annotations

import numpy as np
import pytest

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.pipeline import LocalizationPipeline
from local_inn_ros.resources import resource_directory
from local_inn_ros.sensing import Odometry, Scan
from local_inn_ros.sensing.mount import Mount
from local_inn_ros.simulation.sensors import Laser, LaserModel
from local_inn_ros.systems.protocol import Model, RunSettings, fix_producer_of
from local_inn_ros.systems.registry import open_model
from local_inn_ros.world import ClosedPath, plan_lap

PERIOD_S = 0.1
MOUNT = Pose2.identity()


@pytest.fixture(scope="module")
def model() -> Model:
    return open_model(Bundle.load(resource_directory("models") / "generated_track"))


@pytest.fixture(scope="module")
def lap(model: Model) -> ClosedPath:
    return ClosedPath.through(plan_lap(model.bundle.grid))


def laser_of(model: Model, seed: int) -> Laser:
    spec = model.bundle.description.laser.model_copy(update={"scan_duration_s": 0.0})
    return Laser(model.bundle.caster, LaserModel(spec), np.random.default_rng(seed))


def scan_of(laser: Laser, pose: Pose2, stamp_s: float) -> Scan:
    return laser.scan(pose, stamp_s)


@pytest.mark.parametrize("off_m", [0.24, 0.42])
def test_right_fixes_win_within_three(model: Model, lap: ClosedPath, off_m: float) -> None:
    right = 0
    for seed, index in enumerate(range(0, len(lap.points), len(lap.points) // 12)):
        truth, laser = lap.pose(index), laser_of(model, seed)
        pipeline = LocalizationPipeline(
            fix_producer_of(model, Mount.level(MOUNT), RunSettings()), PoseFilter()
        )
        pipeline.add_odometry(Odometry(0.0, Pose2.identity()))
        wrong = truth @ Pose2(off_m, 0.0, 0.0)
        pipeline.set_initial_pose(GaussianPose2.from_deviations(wrong, 0.004, 0.004, 0.002), 0.0)
        for k in range(1, 4):
            pipeline.add_odometry(Odometry(PERIOD_S * k, Pose2.identity()))
            result = pipeline.add_scan(scan_of(laser, truth, PERIOD_S * k))
            assert result is not None
        right += result.fused.mean.distance_to(truth) < 0.05
    assert right >= 12


def test_a_filter_that_is_right_does_not_give_way(model: Model, lap: ClosedPath) -> None:
    """The scans are of a place further on, as outliers that repeat: they do not fit better."""
    laser = laser_of(model, 5)
    truth = lap.pose(40)
    pipeline = LocalizationPipeline(
        fix_producer_of(model, Mount.level(MOUNT), RunSettings()), PoseFilter()
    )
    pipeline.add_odometry(Odometry(0.0, Pose2.identity()))
    pipeline.set_initial_pose(GaussianPose2.from_deviations(truth, 0.004, 0.004, 0.002), 0.0)
    for k in range(1, 6):
        pipeline.add_odometry(Odometry(PERIOD_S * k, Pose2.identity()))
        result = pipeline.add_scan(scan_of(laser, truth, PERIOD_S * k))
        assert result is not None
        assert result.fusion.accepted
        assert not result.fix.supported
    assert result.fused.mean.distance_to(truth) < 0.02
