# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Twist and poses of an odometry, compared where they say the same twice."""

from __future__ import annotations

import math

import pytest

from local_inn_ros.filtering.twist_agreement import TwistWatch
from local_inn_ros.geometry import Pose2
from local_inn_ros.sensing import Odometry

# A circle, in m/s and rad/s.
SPEED, RATE = 0.9, 1.5


def circling(time_s: float, share: float = 1.0) -> Odometry:
    """A robot that drives in a circle; its twist tells a share of how it moves."""
    turned = RATE * time_s
    radius = SPEED / RATE
    pose = Pose2(radius * math.sin(turned), radius * (1.0 - math.cos(turned)), turned)
    return Odometry(time_s, pose, share * SPEED, 0.0, share * RATE)


@pytest.mark.parametrize("gap_s", [0.8, 3.0, 10.0])
def test_readings_that_are_missing_are_no_contradiction(gap_s: float) -> None:
    """Where the robot drove on unseen, the speeds at both ends do not say how far."""
    watch, time_s = TwistWatch(), 0.0
    for _ in range(5):
        for _ in range(10):
            time_s += 0.05
            watch.see(circling(time_s))
        time_s += gap_s
    assert watch.news() == []


def test_a_contradiction_is_told_once_gaps_or_not() -> None:
    watch, time_s, told = TwistWatch(), 0.0, []
    for _ in range(5):
        for _ in range(20):
            time_s += 0.05
            watch.see(circling(time_s, share=0.5))
            told += watch.news()
        time_s += 2.0
    assert [line.split(" is ")[0] for line in told] == [
        "the odometry contradicts itself: twist.angular.z",
        "the odometry contradicts itself: twist.linear",
    ]
    assert "0.5 times" in told[0]
