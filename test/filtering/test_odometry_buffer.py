# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math

import pytest

from local_inn_ros.filtering.odometry_buffer import EXTRAPOLATION_S, Arrival, OdometryBuffer
from local_inn_ros.geometry import Pose2
from local_inn_ros.sensing import Odometry


def on_circle(stamp_s: float, speed: float = 2.0, rate: float = 0.5) -> Odometry:
    """Driving a circle at constant speed; exact at any instant."""
    radius, yaw = speed / rate, rate * stamp_s
    pose = Pose2.from_array([radius * math.sin(yaw), radius * (1.0 - math.cos(yaw)), yaw])
    return Odometry(stamp_s, pose, speed, 0.0, rate)


def filled(stop_s: float = 5.0, step_s: float = 0.05, **limits: float) -> OdometryBuffer:
    buffer = OdometryBuffer(**limits)
    for k in range(round(stop_s / step_s) + 1):
        assert buffer.add(on_circle(k * step_s)) is Arrival.KEPT
    return buffer


def assert_at(pose: Pose2 | None, expected: Pose2, tolerance: float = 1e-9) -> None:
    assert pose is not None
    assert pose.distance_to(expected) < tolerance
    assert pose.yaw == pytest.approx(expected.yaw, abs=tolerance)


def test_nothing_is_known_of_an_empty_buffer():
    buffer = OdometryBuffer()
    assert buffer.newest_stamp_s is None
    assert buffer.oldest_stamp_s is None
    assert buffer.pose_at(0.0) is None
    assert buffer.motion_between(0.0, 1.0) is None


@pytest.mark.parametrize("stamp", [0.0, 0.05, 1.234, 4.99, 5.0])
def test_an_arc_is_interpolated_exactly(stamp):
    assert_at(filled().pose_at(stamp), on_circle(stamp).pose)


def test_the_newest_twist_carries_a_little_further():
    buffer = filled()
    ahead = 5.0 + 0.9 * EXTRAPOLATION_S
    assert_at(buffer.pose_at(ahead), on_circle(ahead).pose)
    assert buffer.pose_at(5.0 + 1.1 * EXTRAPOLATION_S) is None


def test_sideways_and_backward_motion_is_carried_on_as_it_is():
    buffer = OdometryBuffer()
    buffer.add(Odometry(0.0, Pose2(1.0, 1.0, math.pi / 2), -1.0, 0.5, 0.0))
    assert_at(buffer.pose_at(0.1), Pose2(0.95, 0.9, math.pi / 2))


def test_before_the_oldest_nothing_is_known():
    assert filled().pose_at(-0.001) is None


def test_motion_is_seen_from_the_earlier_pose():
    buffer = filled()
    expected = on_circle(1.03).pose.between(on_circle(2.77).pose)
    assert_at(buffer.motion_between(1.03, 2.77), expected)
    assert buffer.motion_between(1.0, 9.0) is None


def test_repeated_and_late_readings_are_dropped():
    buffer = filled()
    assert buffer.add(Odometry(5.0, Pose2(99.0, 0.0, 0.0))) is Arrival.DROPPED
    assert buffer.add(Odometry(4.5, Pose2(99.0, 0.0, 0.0))) is Arrival.DROPPED
    assert buffer.newest_stamp_s == 5.0
    assert_at(buffer.pose_at(5.0), on_circle(5.0).pose)


def test_a_jump_back_in_time_begins_anew():
    buffer = filled()
    assert buffer.add(on_circle(1.0)) is Arrival.TIME_JUMP
    assert buffer.newest_stamp_s == buffer.oldest_stamp_s == 1.0
    assert buffer.pose_at(0.5) is None
    assert buffer.add(on_circle(1.05)) is Arrival.KEPT


def test_the_horizon_is_kept_and_memory_is_bounded():
    buffer = filled(stop_s=200.0, horizon_s=2.0)
    assert_at(buffer.pose_at(198.0), on_circle(198.0).pose)
    assert buffer.oldest_stamp_s > 180.0


def test_readings_after_an_instant():
    stamps = [reading.stamp_s for reading in filled(stop_s=1.0, step_s=0.25).after(0.25)]
    assert stamps == [0.5, 0.75, 1.0]


def test_cleared_is_empty():
    buffer = filled()
    buffer.clear()
    assert buffer.pose_at(1.0) is None
    # After clearing, time may begin anywhere.
    assert buffer.add(on_circle(1.0)) is Arrival.KEPT
