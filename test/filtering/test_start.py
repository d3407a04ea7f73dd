# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where and when a filter begins, before its odometry, late, and anew."""

import numpy as np
import pytest
from filter_runs import fix_at, fuse, readings, run, true_pose
from localization_helpers import gaussian, odometry_at

from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.sensing import Odometry


def test_without_a_start_there_is_no_estimate():
    pose_filter = PoseFilter()
    assert not pose_filter.initialized
    pose_filter.predict(odometry_at(0.0))
    assert not pose_filter.initialized
    assert not fuse(pose_filter, gaussian(0.0, 0.0, 0.0, 0.1, 0.1), 0.0).accepted
    with pytest.raises(RuntimeError, match="reset"):
        pose_filter.estimate()
    with pytest.raises(RuntimeError, match="odometry"):
        pose_filter.map_from_odom()


def test_a_start_before_any_odometry_waits_for_it():
    pose_filter = PoseFilter()
    pose_filter.reset(gaussian(1.0, 2.0, 0.5, 0.1, 0.1), 7.0)
    assert pose_filter.initialized
    assert pose_filter.estimate().pose.mean == Pose2(1.0, 2.0, 0.5)
    pose_filter.predict(Odometry(7.3, Pose2(50.0, 0.0, 1.0)))
    assert pose_filter.estimate().stamp_s == 7.3
    assert pose_filter.estimate().pose.mean == Pose2(1.0, 2.0, 0.5)


def test_a_late_start_is_carried_forward_by_the_odometry():
    pose_filter = PoseFilter()
    for _, reading in readings(3.0):
        pose_filter.predict(reading)
    start = GaussianPose2.from_deviations(true_pose(1.013), 0.1, 0.1, 0.1)
    assert pose_filter.reset(start, 1.013)
    estimate = pose_filter.estimate()
    assert estimate.stamp_s == pytest.approx(3.0)
    assert estimate.pose.mean.distance_to(true_pose(3.0)) < 1e-9
    assert estimate.pose.deviations()[0] > 0.1


@pytest.mark.parametrize("stamp", [-50.0, 900.0])
def test_a_start_out_of_the_odometrys_reach_holds_now(stamp):
    pose_filter = PoseFilter()
    for _, reading in readings(3.0):
        pose_filter.predict(reading)
    assert not pose_filter.reset(gaussian(1.0, 2.0, 0.5, 0.1, 0.1), stamp)
    assert pose_filter.estimate().stamp_s == pytest.approx(3.0)
    assert pose_filter.estimate().pose.mean == Pose2(1.0, 2.0, 0.5)


def test_a_start_just_before_the_odometry_begins_with_it():
    pose_filter = PoseFilter()
    for _, reading in readings(3.0):
        pose_filter.predict(reading)
    first_s = readings(3.0)[0][0]
    start = GaussianPose2.from_deviations(true_pose(first_s), 0.1, 0.1, 0.1)
    assert pose_filter.reset(start, first_s - 0.05)
    assert pose_filter.estimate().stamp_s == pytest.approx(3.0)
    assert pose_filter.estimate().pose.mean.distance_to(true_pose(3.0)) < 1e-9


def test_a_new_start_forgets_the_old():
    rng = np.random.default_rng(1)
    fixes = [(0.1 * k, (0.1 * k, fix_at(0.1 * k, rng))) for k in range(1, 10)]
    pose_filter = run([*readings(1.0), *fixes])
    pose_filter.reset(gaussian(9.0, 9.0, 0.0, 0.1, 0.1), 1.0)
    assert pose_filter.estimate().pose.mean == Pose2(9.0, 9.0, 0.0)
    assert not fuse(pose_filter, fix_at(0.9, rng), 0.9).accepted
