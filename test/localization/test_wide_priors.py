# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the way along a straight is not known, an alignment is tried all along it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from localization_helpers import gaussian, room, scan_at
from straight_walls import LASER, straight, straight_scan

from local_inn_ros.benchmarking.grid_fixes import GridFixes
from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.alignment.wide_priors import starts_along
from local_inn_ros.localization.pipeline import LocalizationPipeline
from local_inn_ros.sensing import Odometry
from local_inn_ros.world import LikelihoodField

PERIOD_S = 0.1


def wide_along(yaw: float, deviation_m: float) -> GaussianPose2:
    turn = np.array([[math.cos(yaw), -math.sin(yaw)], [math.sin(yaw), math.cos(yaw)]])
    covariance = np.diag([0.0, 0.0, 0.01**2])
    covariance[:2, :2] = turn @ np.diag([deviation_m**2, 0.02**2]) @ turn.T
    return GaussianPose2(Pose2(1.0, 2.0, yaw), covariance)


def test_a_narrow_prior_has_one_start() -> None:
    assert starts_along(wide_along(0.7, 0.1)) == pytest.approx(np.array([[1.0, 2.0, 0.7]]))


def test_a_wide_one_is_followed_along_and_not_aside() -> None:
    starts = starts_along(wide_along(0.7, 0.6))
    assert starts[0] == pytest.approx([1.0, 2.0, 0.7])
    away = starts[:, :2] - [1.0, 2.0]
    along = away @ [math.cos(0.7), math.sin(0.7)]
    assert max(along) > 1.7 and min(along) < -1.7
    assert np.diff(np.sort(along)) == pytest.approx(0.25)
    assert np.abs(away @ [-math.sin(0.7), math.cos(0.7)]).max() < 1e-6


@pytest.mark.parametrize("off_m", [-1.2, 0.7, 1.5])
def test_the_right_place_is_found_metres_along(off_m: float) -> None:
    grid, truth = room(), Pose2(0.5, 0.6, 0.2)
    scan = scan_at(grid, truth, np.random.default_rng(4), sensor=LASER)
    prior = gaussian(truth.x + off_m, truth.y, truth.yaw, 0.02, 0.02)
    covariance = prior.covariance.copy()
    covariance[0, 0] = 0.8**2
    found = GridFixes(LikelihoodField(grid), LASER).locate(
        scan, GaussianPose2(prior.mean, covariance)
    )
    assert found.measurement.mean.distance_to(truth) < 0.02
    assert found.measurement.deviations().max() < 0.05


@pytest.mark.parametrize("degrees", [0.0, 10.0, 30.0])
def test_on_a_straight_it_stays_open(degrees: float) -> None:
    angle = math.radians(degrees)
    grid, caster = straight(angle)
    truth = Pose2(0.0, 0.0, angle) @ Pose2(6.0, 0.2, 0.0)
    scan = straight_scan(caster, truth, 0.0, np.random.default_rng(2))
    prior = wide_along(angle, 0.8)
    prior = GaussianPose2(truth @ Pose2(0.5, 0.0, 0.0), prior.covariance)
    told = GridFixes(LikelihoodField(grid), LASER).locate(scan, prior).measurement
    ahead = np.array([math.cos(angle), math.sin(angle)])
    assert math.sqrt(ahead @ told.covariance[:2, :2] @ ahead) > 1.0


@pytest.mark.parametrize("off_m", [0.24, 0.3])
def test_without_a_network_right_fixes_win_within_three(off_m: float) -> None:
    """A filter that is sure of a wrong pose, and scans that fit where they are aligned."""
    grid, truth, rng = room(), Pose2(0.5, 0.6, 0.2), np.random.default_rng(4)
    pipeline = LocalizationPipeline(GridFixes(LikelihoodField(grid), LASER), PoseFilter())
    pipeline.add_odometry(Odometry(0.0, Pose2.identity()))
    pipeline.set_initial_pose(gaussian(truth.x + off_m, truth.y, truth.yaw, 0.004, 0.002), 0.0)
    for k in range(1, 4):
        pipeline.add_odometry(Odometry(PERIOD_S * k, Pose2.identity()))
        result = pipeline.add_scan(scan_at(grid, truth, rng, PERIOD_S * k, LASER))
        assert result is not None
    assert result.fusion.gave_way
    assert result.fused.mean.distance_to(truth) < 0.02
