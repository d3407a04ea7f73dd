# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from local_inn_bundles import build_localizer, build_relocalizer
from localization_helpers import BayesNetworks, bundle_of, gaussian, room, scan_at

from local_inn_ros.errors import SensorError
from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.geometry import Pose2, Twist2
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.localization.pipeline import LocalizationPipeline
from local_inn_ros.sensing import Odometry, Scan

GRID = room()
BUNDLE = bundle_of(GRID)
MOUNT = Pose2(0.2, 0.0, 0.0)
START = Pose2(-1.2, 0.6, 0.3)


class Robot:
    """A robot that drives a gentle arc, and an engine that knows where it is."""

    def __init__(self, with_search: bool = True) -> None:
        self.engine = BayesNetworks(GRID)
        self.rng = np.random.default_rng(3)
        self.start = START
        self.pipeline = LocalizationPipeline(
            build_localizer(BUNDLE, self.engine, MOUNT, RefinerChoice.FIELD),
            PoseFilter(),
            build_relocalizer(BUNDLE, self.engine, MOUNT, RefinerChoice.FIELD)
            if with_search
            else None,
        )

    def at(self, stamp_s: float) -> Pose2:
        return self.start @ Twist2(0.8, 0.0, 0.2).scaled(stamp_s).to_pose()

    def odometry(self, stamp_s: float) -> Odometry:
        # Ten percent of slip.
        return Odometry(stamp_s, Twist2(0.88, 0.0, 0.2).scaled(stamp_s).to_pose(), 0.88, 0.0, 0.2)

    def scan(self, stamp_s: float) -> Scan:
        self.engine.truth = self.at(stamp_s) @ MOUNT
        return scan_at(GRID, self.engine.truth, self.rng, stamp_s)


def test_a_drive_is_followed():
    robot = Robot()
    robot.pipeline.add_odometry(robot.odometry(0.0))
    robot.pipeline.set_initial_pose(gaussian(-1.1, 0.55, 0.35, 0.15, 0.1), 0.0)
    for k in range(1, 61):
        stamp = 0.05 * k
        robot.pipeline.add_odometry(robot.odometry(stamp))
        result = robot.pipeline.add_scan(robot.scan(stamp))
        assert result.stamp_s == stamp
        assert result.fusion.accepted
        assert result.fix.quality > 0.8
        assert result.seconds >= sum(result.fix.stage_s.values())
        assert result.fused.mean.distance_to(robot.at(stamp)) < 0.02
        assert np.trace(result.fused.covariance) < np.trace(result.prior.covariance)
    estimate = robot.pipeline.estimate()
    assert estimate.stamp_s == pytest.approx(3.0)
    assert estimate.pose.mean.distance_to(robot.at(3.0)) < 0.02


def test_a_scan_between_two_readings_is_fused_at_its_own_stamp():
    robot = Robot()
    robot.pipeline.add_odometry(robot.odometry(0.0))
    robot.pipeline.set_initial_pose(gaussian(START.x, START.y, START.yaw, 0.05, 0.05), 0.0)
    robot.pipeline.add_odometry(robot.odometry(0.5))
    result = robot.pipeline.add_scan(robot.scan(0.2))
    assert result.fused.mean.distance_to(robot.at(0.2)) < 0.01
    assert robot.pipeline.estimate().stamp_s == 0.5
    assert robot.pipeline.estimate().pose.mean.distance_to(robot.at(0.5)) < 0.05


def test_no_answer_without_a_start_or_odometry():
    robot = Robot()
    assert robot.pipeline.add_scan(robot.scan(0.0)) is None
    robot.pipeline.add_odometry(robot.odometry(0.0))
    assert robot.pipeline.add_scan(robot.scan(0.0)) is None
    robot.pipeline.set_initial_pose(gaussian(START.x, START.y, START.yaw, 0.05, 0.05), 0.0)
    assert robot.pipeline.add_scan(robot.scan(0.0)) is not None
    assert robot.pipeline.add_scan(robot.scan(5.0)) is None


def test_a_robot_put_down_elsewhere_is_found_and_followed_again():
    robot = Robot()
    robot.pipeline.add_odometry(robot.odometry(0.0))
    robot.pipeline.set_initial_pose(gaussian(START.x, START.y, START.yaw, 0.05, 0.05), 0.0)
    robot.start = Pose2(2.6, 2.3, -2.4)
    for k in range(1, 11):
        robot.pipeline.add_odometry(robot.odometry(0.05 * k))
    lost = robot.pipeline.estimate().pose.mean
    assert lost.distance_to(robot.at(0.5)) > 1.0
    result = robot.pipeline.relocalize(robot.scan(0.5))
    assert result.found
    assert robot.pipeline.estimate().pose.mean.distance_to(robot.at(0.5)) < 0.05
    robot.pipeline.add_odometry(robot.odometry(0.55))
    followed = robot.pipeline.add_scan(robot.scan(0.55))
    assert followed.fusion.accepted
    assert followed.fused.mean.distance_to(robot.at(0.55)) < 0.02


def test_a_search_that_finds_nothing_leaves_the_filter_alone():
    robot = Robot()
    robot.pipeline.add_odometry(robot.odometry(0.0))
    robot.pipeline.set_initial_pose(gaussian(1.0, 1.0, 0.5, 0.05, 0.05), 0.0)
    scan = robot.scan(0.0)
    blind = Scan(
        0.0,
        np.full(541, math.inf, np.float32),
        scan.angle_min_rad,
        scan.angle_increment_rad,
        0.05,
        15.0,
    )
    assert not robot.pipeline.relocalize(blind).found
    assert robot.pipeline.estimate().pose.mean == Pose2(1.0, 1.0, 0.5)


def test_a_search_needs_a_relocalizer():
    robot = Robot(with_search=False)
    with pytest.raises(RuntimeError, match="relocalizer"):
        robot.pipeline.relocalize(robot.scan(0.0))


def test_a_scan_that_cannot_be_used_is_refused_and_changes_nothing():
    robot = Robot()
    robot.pipeline.add_odometry(robot.odometry(0.0))
    robot.pipeline.set_initial_pose(gaussian(1.0, 1.0, 0.5, 0.05, 0.05), 0.0)
    with pytest.raises(SensorError, match="empty"):
        robot.pipeline.add_scan(Scan(0.0, np.zeros(0, np.float32), -1.0, 0.1, 0.05, 15.0))
    assert robot.pipeline.estimate().pose.mean == Pose2(1.0, 1.0, 0.5)
