# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How far the odometry's scales are off, from a filter and from what it tells of speeds."""

from __future__ import annotations

import numpy as np
import pytest

from local_inn_ros.filtering.measurement import Measurement
from local_inn_ros.filtering.motion_model import ScaleNoise
from local_inn_ros.filtering.motion_scales import MotionScales, scales_between
from local_inn_ros.filtering.odometry_buffer import OdometryBuffer
from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.filtering.steadying import steadied
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.sensing import Odometry, Scan

UNKNOWN = MotionScales.unknown(ScaleNoise())


def test_a_filter_learns_the_scale_of_distances():
    robot = PoseFilter()
    robot.reset(GaussianPose2.from_deviations(Pose2.identity(), 0.05, 0.05, 0.02), 0.0)
    assert robot.motion_scales() == UNKNOWN
    for k in range(200):
        stamp_s = 0.02 * k
        # The wheels say 20 percent less than what was driven.
        robot.predict(Odometry(stamp_s, Pose2(2.0 * stamp_s, 0.0, 0.0), 2.0))
        truth = Pose2(2.5 * stamp_s, 0.0, 0.0)
        fix = GaussianPose2.from_deviations(truth, 0.005, 0.005, 0.002)
        robot.fuse(Measurement(fix, stamp_s, "laser"))
    scales = robot.motion_scales()
    assert scales.distance == pytest.approx(0.25, abs=3.0 * scales.distance_deviation)
    assert scales.distance > 0.15
    assert 0.0 < scales.distance_deviation < UNKNOWN.distance_deviation


def test_speeds_carry_scales_from_one_process_to_another():
    reading = Odometry(1.0, Pose2.identity(), 2.0, 0.1, 0.5)
    scales = MotionScales(0.25, -0.1, 0.05, 0.02)
    told = scales.scaled(reading)
    back = scales_between(reading, told, (0.05 * 2.0, 0.02 * 0.5), UNKNOWN)
    for name in MotionScales.__slots__:
        assert getattr(back, name) == pytest.approx(getattr(scales, name))


@pytest.mark.parametrize(
    ("read", "told", "deviations"),
    [
        # Standing, a ratio says nothing; neither does one without a deviation, or one of nonsense.
        (Odometry(1.0, Pose2.identity(), 0.0), Odometry(1.0, Pose2.identity(), 0.0), (0.1, 0.1)),
        (Odometry(1.0, Pose2.identity(), 2.0), Odometry(1.0, Pose2.identity(), 2.5), (0.0, 0.0)),
        (Odometry(1.0, Pose2.identity(), 2.0), Odometry(1.0, Pose2.identity(), -3.0), (0.1, 0.1)),
        (
            Odometry(1.0, Pose2.identity(), 2.0),
            Odometry(1.0, Pose2.identity(), float("nan")),
            (float("nan"), 0.1),
        ),
    ],
)
def test_what_speeds_do_not_tell_stays_unknown(read, told, deviations):
    assert scales_between(read, told, deviations, UNKNOWN) == UNKNOWN


def test_beams_are_moved_by_the_scaled_motion():
    """Wheels that say half of what was driven, and a filter that knows it, give the right scan."""
    odometry = OdometryBuffer()
    for k in range(6):
        odometry.add(Odometry(0.02 * k, Pose2(0.5 * 2.0 * 0.02 * k, 0.0, 0.0), 1.0))
    # A wall straight ahead, 5 m from where the robot is at 0 s.
    count, duration_s = 101, 0.1
    angles = np.linspace(-0.3, 0.3, count)
    stamps = duration_s * np.arange(count) / (count - 1)
    ranges = ((5.0 - 2.0 * stamps) / np.cos(angles)).astype(np.float32)
    step = float(angles[1] - angles[0])
    scan = Scan(0.0, ranges, -0.3, step, 0.05, 30.0, duration_s / (count - 1))
    scales = MotionScales(1.0, 0.0, 0.0, 0.0)
    steady = steadied(scan, odometry, Pose2.identity(), scales)
    assert steady is not None
    known = np.isfinite(steady.ranges_m)
    truth = (5.0 - 2.0 * 0.05) / np.cos(angles)
    assert steady.stamp_s == pytest.approx(0.05)
    assert known.sum() >= count - 2
    assert np.abs(steady.ranges_m - truth)[known].max() < 1e-4


def test_a_scan_before_all_odometry_cannot_be_moved():
    scan = Scan(0.0, np.ones(9, np.float32), -0.3, 0.05, 0.05, 30.0, 0.01)
    assert steadied(scan, OdometryBuffer(), Pose2.identity(), UNKNOWN) is None
