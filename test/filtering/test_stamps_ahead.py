# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A few readings of the odometry that are stamped ahead cost next to nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from local_inn_ros.filtering.odometry_buffer import Arrival
from local_inn_ros.filtering.pose_filter import PoseFilter, StampedPose
from local_inn_ros.filtering.prior import PriorKeeper
from local_inn_ros.filtering.stamps_ahead import count_ahead, stamped_ahead
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.sensing import Odometry

START = GaussianPose2.from_deviations(Pose2(4.0, -2.0, 0.7), 0.02, 0.02, 0.01)
PERIOD_S = 0.02
AHEAD = Arrival.AFTER_ONE_AHEAD


def drive(count: int = 200) -> list[Odometry]:
    """2 m/s and 0.5 rad/s, 50 times a second."""
    twist = Odometry(0.0, Pose2.identity(), 2.0, 0.0, 0.5)
    stamps_s = [10.0 + PERIOD_S * k for k in range(count)]
    return [replace(twist, stamp_s=s, pose=twist.carried_on(s - 10.0)) for s in stamps_s]


def with_ahead(readings: list[Odometry], first: int, by_s: float, count: int = 1) -> list[Odometry]:
    return [
        replace(one, stamp_s=one.stamp_s + (by_s if first <= k < first + count else 0.0))
        for k, one in enumerate(readings)
    ]


def followed(readings: list[Odometry]) -> tuple[PoseFilter, list[Arrival]]:
    pose_filter = PoseFilter()
    pose_filter.predict(readings[0])
    pose_filter.reset(START, readings[0].stamp_s)
    return pose_filter, [pose_filter.predict(one) for one in readings[1:]]


@pytest.mark.parametrize("by_s", [0.08, 0.2, 0.8, 0.99, 1.5, 7.0, 3600.0])
@pytest.mark.parametrize(("first", "count"), [(1, 1), (100, 1), (100, 2), (100, 3)])
def test_a_filter_goes_on_as_if_they_had_not_come(by_s: float, first: int, count: int) -> None:
    readings = drive()
    bad, arrivals = followed(with_ahead(readings, first, by_s, count))
    good, _ = followed(readings)
    assert arrivals.count(AHEAD) == 1
    # All others are kept, and taken for what they are.
    assert arrivals.count(Arrival.KEPT) == len(readings) - 2
    assert bad.estimate().stamp_s == good.estimate().stamp_s
    np.testing.assert_allclose(
        bad.estimate().pose.mean.to_array(), good.estimate().pose.mean.to_array(), atol=1e-9
    )
    np.testing.assert_allclose(
        bad.estimate().pose.covariance, good.estimate().pose.covariance, rtol=0.05, atol=1e-9
    )


@pytest.mark.parametrize("by_s", [0.2, 0.8, 1.5, 60.0])
def test_the_prior_of_the_next_scan_is_right(by_s: float) -> None:
    readings = with_ahead(drive(), 100, by_s)
    keeper, pose_filter = PriorKeeper(), PoseFilter()
    for number, reading in enumerate(readings):
        keeper.add_odometry(reading)
        pose_filter.predict(reading)
        if number == 0:
            pose_filter.reset(START, reading.stamp_s)
        if number > 100:
            prior = keeper.prior_at(reading.stamp_s)
            assert prior is not None
            there = START.mean @ reading.pose
            assert prior.mean.distance_to(there) < 1e-6
        newest = pose_filter.estimate()
        keeper.tell(StampedPose(newest.stamp_s, newest.pose))


@pytest.mark.parametrize("rate_hz", [5.0, 10.0, 100.0])
@pytest.mark.parametrize("speed", [0.5, 8.0])
@pytest.mark.parametrize("by_s", [0.9, 1.6])
def test_it_is_so_at_any_rate_and_speed(by_s: float, speed: float, rate_hz: float) -> None:
    twist = Odometry(0.0, Pose2.identity(), speed, 0.0, 0.1)
    times_s = [k / rate_hz for k in range(int(8 * rate_hz))]
    readings = [replace(twist, stamp_s=10.0 + s, pose=twist.carried_on(s)) for s in times_s]
    bad, arrivals = followed(with_ahead(readings, len(readings) // 2, by_s))
    assert arrivals.count(AHEAD) == 1
    assert arrivals.count(Arrival.POSITION_JUMP) == 0
    off = bad.estimate().pose.mean.between(START.mean @ readings[-1].pose)
    np.testing.assert_allclose(off.to_array(), np.zeros(3), atol=1e-6)


def test_a_pause_is_no_mistake() -> None:
    readings = drive()
    _, arrivals = followed(readings[:100] + readings[140:])
    assert set(arrivals) == {Arrival.KEPT}


def test_readings_that_overtake_each_other_are_dropped_as_ever() -> None:
    readings = drive()
    readings[100], readings[101] = readings[101], readings[100]
    readings.insert(150, readings[149])
    _, arrivals = followed(readings)
    assert AHEAD not in arrivals
    assert arrivals.count(Arrival.DROPPED) == 2


def test_what_is_ahead_is_told_by_what_comes_after() -> None:
    assert count_ahead([1.0, 1.02, 1.82], 1.04) == 1
    assert count_ahead([1.0, 1.02, 1.82, 1.84], 1.06) == 2
    # A clock that was set back after a while, a repeated reading, one that goes on, the first.
    assert count_ahead([1.0, 1.02, 1.82, 1.84, 1.86, 1.88], 1.1) == 0
    assert count_ahead([1.0, 1.02], 1.02) == 0
    assert count_ahead([1.0, 1.02], 1.04) == 0
    assert count_ahead([1.02], 1.0) == 0
    assert stamped_ahead([1.0, 1.02, 1.84, 1.06, 1.08, 9.0, 1.12]) == {2, 5}
    assert stamped_ahead([0.98, 1.0, 1.04, 1.02, 1.06, 0.2, 1.08]) == set()
