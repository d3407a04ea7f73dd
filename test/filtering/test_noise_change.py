# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The odometry's noise changes while the filter runs."""

from __future__ import annotations

import numpy as np
import pytest
from filter_runs import fix_at, readings
from localization_helpers import gaussian, odometry_at

from local_inn_ros.filtering.measurement import Measurement
from local_inn_ros.filtering.motion_model import MotionNoise, ScaleNoise
from local_inn_ros.filtering.odometry_noise import OdometryNoise
from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.filtering.prior import PriorKeeper, StampedPose

OTHER = OdometryNoise(MotionNoise(0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3), ScaleNoise(0.4, 0.4, 1.0))


def begun() -> PoseFilter:
    pose_filter = PoseFilter()
    pose_filter.predict(odometry_at(0.0))
    pose_filter.reset(gaussian(4.05, -0.95, 2.45, 0.1, 0.1), 0.0)
    return pose_filter


def go_on(pose_filter: PoseFilter, from_s: float, to_s: float) -> None:
    for stamp, reading in readings(to_s):
        if stamp > from_s + 1e-9:
            pose_filter.predict(reading)


def test_nothing_changes_but_what_comes() -> None:
    told, untold = begun(), begun()
    for pose_filter in (told, untold):
        go_on(pose_filter, 0.0, 1.0)
    before = told.estimate().pose
    told.set_noise(OTHER)
    assert told.settings.motion_noise == OTHER.motion
    assert told.settings.scale_noise == OTHER.scales
    after = told.estimate().pose
    assert after.mean == before.mean
    assert np.array_equal(after.covariance, before.covariance)
    for pose_filter in (told, untold):
        go_on(pose_filter, 1.0, 1.5)
    there, usual = told.estimate().pose, untold.estimate().pose
    assert there.mean.distance_to(usual.mean) < 1e-9
    assert np.all(there.deviations() > usual.deviations())


@pytest.mark.parametrize("changes", [1, 2])
def test_a_late_fix_finds_the_noise_of_its_time(changes: int) -> None:
    """Whether a fix comes before the change or after it makes no difference."""
    late, early = begun(), begun()
    fix = Measurement(fix_at(0.5, np.random.default_rng(1)), 0.5, "laser")
    for pose_filter in (late, early):
        go_on(pose_filter, 0.0, 1.0)
        if pose_filter is early:
            assert pose_filter.fuse(fix).accepted
        for k in range(changes):
            pose_filter.set_noise(OTHER if k == 0 else OdometryNoise())
            go_on(pose_filter, 1.0 + 0.1 * k, 1.1 + 0.1 * k)
        if pose_filter is late:
            assert pose_filter.fuse(fix).accepted
    one, other = late.estimate().pose, early.estimate().pose
    assert one.mean.to_array() == pytest.approx(other.mean.to_array(), abs=1e-12)
    assert one.covariance == pytest.approx(other.covariance, rel=1e-9)


def test_time_that_begins_again_has_the_new_noise() -> None:
    told, fresh = begun(), begun()
    go_on(told, 0.0, 3.0)
    told.set_noise(OTHER)
    fresh.set_noise(OTHER)
    for pose_filter in (told, fresh):
        pose_filter.predict(odometry_at(0.0))
        pose_filter.reset(gaussian(4.0, -1.0, 2.5, 0.1, 0.1), 0.0)
        go_on(pose_filter, 0.0, 1.0)
    one, other = told.estimate().pose, fresh.estimate().pose
    assert one.covariance == pytest.approx(other.covariance, rel=1e-9)


def test_a_prior_is_as_uncertain_as_the_noise_says_now() -> None:
    keeper = PriorKeeper()
    for _, reading in readings(1.0):
        keeper.add_odometry(reading)
    keeper.tell(StampedPose(0.5, gaussian(4.0, -1.0, 2.5, 0.1, 0.1)))
    before = keeper.prior_at(1.0)
    keeper.set_noise(OTHER)
    after = keeper.prior_at(1.0)
    direct = PriorKeeper(OTHER.motion, OTHER.scales)
    for _, reading in readings(1.0):
        direct.add_odometry(reading)
    direct.tell(StampedPose(0.5, gaussian(4.0, -1.0, 2.5, 0.1, 0.1)))
    expected = direct.prior_at(1.0)
    assert before is not None
    assert after is not None
    assert expected is not None
    assert np.all(after.deviations() > before.deviations())
    assert np.array_equal(after.covariance, expected.covariance)
