# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An odometry that begins again, and what looks like one that does (create_robot 62)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
import pytest

from local_inn_ros.filtering.odometry_buffer import Arrival, OdometryBuffer
from local_inn_ros.filtering.pose_filter import PoseFilter, StampedPose
from local_inn_ros.filtering.prior import PriorKeeper
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.sensing import Odometry

START = GaussianPose2.from_deviations(Pose2(4.0, -2.0, 0.7), 0.02, 0.02, 0.01)
ELSEWHERE = Pose2(3.0, 1.0, 1.0)
Change = Callable[[Odometry], Odometry]


def drive(
    seconds: float,
    rate_hz: float,
    speed: float = 0.0,
    turning: float = 0.0,
    begun: Pose2 = ELSEWHERE,
) -> list[Odometry]:
    """Readings of a robot that keeps its speed; the last is of the instant ``seconds``."""
    count = round(seconds * rate_hz)
    twist = Odometry(0.0, Pose2.identity(), speed, 0.0, turning)
    return [
        replace(twist, stamp_s=k / rate_hz, pose=begun @ twist.carried_on(k / rate_hz))
        for k in range(count + 1)
    ]


def restarted(
    readings: Iterable[Odometry], at_s: float, begins: Pose2, gap_s: float = 0.0
) -> list[Odometry]:
    """The same drive, with an odometry that begins again at an instant, after a silence."""
    readings = list(readings)
    old = [one for one in readings if one.stamp_s < at_s]
    new = [one for one in readings if one.stamp_s >= at_s + gap_s]
    anew = begins @ new[0].pose.inverse()
    return old + [replace(one, pose=anew @ one.pose) for one in new]


def arrivals(readings: Iterable[Odometry]) -> list[Arrival]:
    buffer = OdometryBuffer()
    return [buffer.add(one) for one in readings]


def jumps(readings: Iterable[Odometry]) -> int:
    return arrivals(readings).count(Arrival.POSITION_JUMP)


def without_twist(readings: Iterable[Odometry]) -> list[Odometry]:
    return [Odometry(one.stamp_s, one.pose) for one in readings]


def error_after(readings: list[Odometry], truth: Pose2) -> tuple[float, float, float]:
    """How far off a filter is after a drive (m, rad), and in units of its covariance (squared)."""
    pose_filter = PoseFilter()
    for k, one in enumerate(readings):
        pose_filter.predict(one)
        if k == 0:
            pose_filter.reset(START, one.stamp_s)
    found = pose_filter.estimate().pose
    off = truth.between(found.mean)
    squared = found.squared_distance_to(GaussianPose2(truth, 1e-9 * np.eye(3)))
    return math.hypot(off.x, off.y), abs(off.yaw), squared


def test_the_pose_stays_where_a_standing_robots_odometry_begins_again() -> None:
    readings = [Odometry(10.0, ELSEWHERE), Odometry(10.04, Pose2.identity())]
    way_m, turn_rad, _ = error_after(readings, START.mean)
    assert way_m < 1e-9
    assert turn_rad < 1e-9


@pytest.mark.parametrize("filled", [True, False])
@pytest.mark.parametrize("rate_hz", [5.0, 10.0, 50.0, 200.0])
@pytest.mark.parametrize(
    ("speed", "turning", "begins"),
    [
        (0.0, 0.0, Pose2.identity()),
        (0.0, 0.0, Pose2(-8.0, 2.0, 1.2)),
        # Yaw alone, and a place that is near.
        (0.0, 0.0, Pose2(3.0, 1.0, -0.2)),
        (0.0, 0.0, Pose2(0.02, 0.01, 0.0)),
        (1.0, 0.3, Pose2.identity()),
        (5.0, -0.8, Pose2.identity()),
        (-0.4, 0.0, Pose2(0.0, 0.0, 0.3)),
    ],
)
def test_the_robot_goes_on_where_its_odometry_begins_again(
    speed: float, turning: float, begins: Pose2, rate_hz: float, filled: bool
) -> None:
    true = drive(4.0, rate_hz, speed, turning)
    readings = restarted(true, 2.0, begins)
    if not filled:
        readings = without_twist(readings)
    assert jumps(readings) == 1
    end = START.mean @ true[0].pose.between(true[-1].pose)
    way_m, turn_rad, squared = error_after(readings, end)
    assert way_m < 0.05
    assert turn_rad < 0.05
    # Chi-square with 3 degrees of freedom exceeds this once in a thousand.
    assert squared < 16.3


@pytest.mark.parametrize("begins", [Pose2.identity(), Pose2(0.03, 0.01, -0.02)])
@pytest.mark.parametrize("gap_s", [0.3, 1.0, 3.0, 10.0])
@pytest.mark.parametrize("speed", [0.0, 0.5, 2.0])
def test_a_silence_before_widens_the_pose_by_what_may_have_happened(
    gap_s: float, speed: float, begins: Pose2
) -> None:
    true = drive(16.0, 20.0, speed, 0.0)
    readings = restarted(true, 2.0, begins, gap_s)
    end = START.mean @ true[0].pose.between(true[-1].pose)
    way_m, _, squared = error_after(readings, end)
    assert jumps(readings) == 1
    assert squared < 16.3
    assert way_m <= speed * gap_s + 0.05


# Places that the robot could have reached in the pause, seen from where it was before.
REACHABLE = [Pose2(-0.8, 0.3, 0.0), Pose2(0.1, -1.0, 0.5), Pose2(0.6, 0.9, -1.0)]


@pytest.mark.parametrize("there", REACHABLE)
@pytest.mark.parametrize("gap_s", [0.6, 0.8, 1.0])
@pytest.mark.parametrize("turning", [0.0, 0.3])
def test_the_speeds_tell_that_an_odometry_began_again_where_the_robot_could_be(
    turning: float, gap_s: float, there: Pose2
) -> None:
    true = drive(6.0, 50.0, 2.0, turning)
    last = next(one for one in reversed(true) if one.stamp_s < 3.0)
    readings = restarted(true, 3.0, last.pose @ there, gap_s)
    assert jumps(readings) == 1
    end = START.mean @ true[0].pose.between(true[-1].pose)
    way_m, _, squared = error_after(readings, end)
    assert squared < 16.3
    # Half a second of the pause is carried by the speeds, the rest is left to the covariance.
    assert way_m < max(2.0 * (gap_s - 0.5), 0.0) + 0.1
    # Where the driver tells no twist, nothing speaks against the way.
    assert jumps(without_twist(readings)) <= 1


@pytest.mark.parametrize("gap_s", [0.6, 0.8, 1.0, 1.5, 2.0])
@pytest.mark.parametrize(
    ("speed", "turning"), [(0.0, 0.0), (0.0, 1.0), (2.0, 1.0), (1.0, -0.5), (3.0, 0.0)]
)
def test_a_robot_may_brake_and_turn_in_a_pause(speed: float, turning: float, gap_s: float) -> None:
    before = drive(3.0, 50.0, 2.0, 0.3)
    # At once to another speed in the middle of the pause.
    middle = before[-1].carried_on(0.5 * gap_s)
    twist = Odometry(0.0, middle, speed, 0.0, turning)
    after = [
        replace(twist, stamp_s=3.0 + s, pose=twist.carried_on(s - 0.5 * gap_s))
        for s in np.arange(gap_s, gap_s + 1.0, 0.02).tolist()
    ]
    assert jumps([*before, *after]) == 0
    # Or at the beginning of it, or at its end.
    for share in (0.0, 1.0):
        turned = before[-1].carried_on(share * gap_s)
        twist = Odometry(0.0, turned, speed, 0.0, turning)
        stamps_s = np.arange(gap_s, gap_s + 1.0, 0.02).tolist()
        after = [
            replace(twist, stamp_s=3.0 + s, pose=twist.carried_on(s - share * gap_s))
            for s in stamps_s
        ]
        assert jumps([*before, *after]) == 0


def test_a_jump_that_comes_smoothed_moves_the_pose_by_the_slack_at_most() -> None:
    """As an EKF that fuses the wheels passes it on."""
    readings = drive(2.0, 50.0)
    for k in range(1, 51):
        share = math.exp(-k / 5.0)
        pose = Pose2(3.0 * share, 1.0 * share, 1.0 * share)
        readings.append(Odometry(2.0 + 0.02 * k, pose))
    way_m, turn_rad, _ = error_after(readings, START.mean)
    assert jumps(readings) > 0
    assert way_m < 0.3
    assert turn_rad < 0.3


def jittering(one: Odometry) -> Odometry:
    return replace(one, stamp_s=one.stamp_s + 0.009 * math.sin(1e4 * one.stamp_s))


def slipping(one: Odometry) -> Odometry:
    """Wheels that spin on the spot turn fast, and say so."""
    if not 1.0 < one.stamp_s < 1.5:
        return one
    more = 6.0 * (one.stamp_s - 1.0)
    return replace(one, pose=one.pose @ Pose2(more, 0.0, 0.0), speed_mps=one.speed_mps + 6.0)


def half_told(one: Odometry) -> Odometry:
    return replace(one, speed_mps=0.6 * one.speed_mps, yaw_rate_radps=0.6 * one.yaw_rate_radps)


@pytest.mark.parametrize("change", [lambda one: one, jittering, slipping, half_told])
@pytest.mark.parametrize("speed", [0.0, 1.0, 8.0])
def test_driving_is_none(speed: float, change: Change) -> None:
    readings = [change(one) for one in drive(4.0, 50.0, speed, 0.3 * speed)]
    if change is slipping:
        readings = [one for one in readings if one.stamp_s < 1.5]
    assert set(arrivals(readings)) == {Arrival.KEPT}


@pytest.mark.parametrize("rate_hz", [2.0, 5.0, 10.0, 50.0])
def test_a_car_that_starts_and_brakes_hard_without_a_twist_is_none(rate_hz: float) -> None:
    readings, speed, way = [], 0.0, 0.0
    for k in range(round(6.0 * rate_hz)):
        readings.append(Odometry(k / rate_hz, Pose2(way, 0.0, 0.0)))
        faster = 8.0 if k / rate_hz < 1.5 else -8.0
        way += max(speed + 0.5 * faster / rate_hz, 0.0) / rate_hz
        speed = max(speed + faster / rate_hz, 0.0)
    assert set(arrivals(readings)) == {Arrival.KEPT}


@pytest.mark.parametrize("gap_s", [0.5, 2.0, 30.0])
@pytest.mark.parametrize("filled", [True, False])
def test_messages_that_are_lost_while_driving_are_none(gap_s: float, filled: bool) -> None:
    readings = [one for one in drive(40.0, 20.0, 1.5, 0.02) if not 3.0 < one.stamp_s < 3.0 + gap_s]
    if not filled:
        readings = without_twist(readings)
    assert set(arrivals(readings)) == {Arrival.KEPT}


def test_a_prior_is_carried_across_as_the_filter_carries_its_pose() -> None:
    readings = restarted(drive(4.0, 50.0, 1.0, 0.3), 2.0, Pose2.identity())
    keeper, pose_filter = PriorKeeper(), PoseFilter()
    for k, one in enumerate(readings):
        keeper.add_odometry(one)
        pose_filter.predict(one)
        if k == 50:
            pose_filter.reset(START, one.stamp_s)
            keeper.tell(StampedPose(one.stamp_s, START))
    prior, fused = keeper.prior_at(4.0), pose_filter.estimate().pose
    assert prior is not None
    assert prior.mean.to_array() == pytest.approx(fused.mean.to_array(), abs=0.01)
    assert prior.deviations() == pytest.approx(fused.deviations(), rel=0.2, abs=0.01)


def test_a_filter_that_spoke_of_the_new_odometry_first_is_heeded() -> None:
    keeper = PriorKeeper()
    keeper.add_odometry(Odometry(10.0, ELSEWHERE))
    keeper.tell(StampedPose(10.04, START))
    keeper.add_odometry(Odometry(10.04, Pose2.identity()))
    prior = keeper.prior_at(10.04)
    assert prior is not None
    assert prior.mean == START.mean
