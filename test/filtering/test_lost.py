# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A filter that was told that its pose is wrong."""

from __future__ import annotations

import math

import numpy as np
import pytest
from filter_runs import fuse
from localization_helpers import gaussian

from local_inn_ros.filtering.odometry_buffer import Arrival
from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.evidence import WIDEST_M, WIDEST_RAD
from local_inn_ros.sensing import Odometry


def ahead(stamp_s: float) -> Odometry:
    """A robot that drives straight on at 1 m/s."""
    return Odometry(stamp_s, Pose2(stamp_s, 0.0, 0.0), 1.0)


def at(x: float, y: float) -> GaussianPose2:
    return GaussianPose2.from_deviations(Pose2(x, y, 0.0), 0.03, 0.03, 0.02)


@pytest.fixture
def lost_filter() -> PoseFilter:
    """Began at (5, 0), knows one second of odometry and a fix, and is declared lost."""
    pose_filter = PoseFilter()
    pose_filter.predict(ahead(0.0))
    pose_filter.reset(gaussian(5.0, 0.0, 0.0, 0.1, 0.1), 0.0)
    for k in range(1, 101):
        pose_filter.predict(ahead(0.01 * k))
    assert fuse(pose_filter, at(6.0, 0.0), 1.0).accepted
    pose_filter.declare_lost()
    return pose_filter


def test_the_pose_becomes_wide_and_stays_where_it_was(lost_filter: PoseFilter) -> None:
    told = lost_filter.estimate().pose
    assert lost_filter.lost
    assert lost_filter.declared_lost
    assert told.mean.to_array() == pytest.approx([6.0, 0.0, 0.0], abs=0.01)
    assert told.deviations() == pytest.approx([WIDEST_M, WIDEST_M, WIDEST_RAD])


def test_odometry_alone_carries_it_and_the_transform_stays(lost_filter: PoseFilter) -> None:
    before = lost_filter.map_from_odom()
    for k in range(101, 201):
        lost_filter.predict(ahead(0.01 * k))
        fusion = fuse(lost_filter, at(1.0, 9.0), 0.01 * k)
        assert not fusion.accepted
        assert fusion.reason == "the pose is declared lost"
    told = lost_filter.estimate().pose
    assert told.mean.to_array() == pytest.approx([7.0, 0.0, 0.0], abs=0.01)
    assert np.all(told.deviations() >= [WIDEST_M, WIDEST_M, WIDEST_RAD])
    after = lost_filter.map_from_odom()
    assert before.between(after).to_array() == pytest.approx([0.0, 0.0, 0.0], abs=1e-9)


def test_declaring_it_again_changes_nothing(lost_filter: PoseFilter) -> None:
    for k in range(101, 201):
        lost_filter.predict(ahead(0.01 * k))
    before = lost_filter.estimate().pose.covariance
    lost_filter.declare_lost()
    assert np.array_equal(lost_filter.estimate().pose.covariance, before)


def test_a_new_pose_ends_it(lost_filter: PoseFilter) -> None:
    lost_filter.reset(at(1.0, 9.0), 0.5)
    assert not lost_filter.lost
    assert lost_filter.estimate().pose.mean.to_array() == pytest.approx([1.5, 9.0, 0.0])
    assert fuse(lost_filter, at(1.5, 9.02), 1.0).accepted


def test_taken_back_the_next_fix_decides(lost_filter: PoseFilter) -> None:
    lost_filter.resume()
    assert not lost_filter.lost
    assert fuse(lost_filter, at(6.4, 0.3), 1.0).accepted
    told = lost_filter.estimate().pose
    assert told.mean.to_array() == pytest.approx([6.4, 0.3, 0.0], abs=0.01)
    assert told.deviations().max() < 0.05


def test_time_that_jumps_back_leaves_it_lost(lost_filter: PoseFilter) -> None:
    assert lost_filter.predict(ahead(-500.0)) is Arrival.TIME_JUMP
    assert lost_filter.declared_lost
    assert lost_filter.estimate().pose.mean.x == pytest.approx(6.0, abs=0.01)


def test_without_a_pose_there_is_nothing_to_lose() -> None:
    pose_filter = PoseFilter()
    pose_filter.declare_lost()
    assert not pose_filter.lost


def test_a_start_that_waits_for_odometry_can_be_lost_too() -> None:
    pose_filter = PoseFilter()
    pose_filter.reset(at(1.0, 2.0), 0.0)
    pose_filter.declare_lost()
    pose_filter.predict(ahead(0.0))
    assert pose_filter.declared_lost
    assert pose_filter.estimate().pose.deviations()[2] == pytest.approx(math.pi)
