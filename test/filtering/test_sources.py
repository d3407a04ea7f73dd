# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Several sources of fixes: each has its gate, its delay, its shared error and its refusals."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from filter_runs import fuse
from hypothesis import given, settings
from hypothesis import strategies as st
from localization_helpers import gaussian
from numpy.typing import NDArray

from local_inn_ros.filtering.pose_filter import FilterSettings, PoseFilter, SourceSettings
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.sensing import Odometry

LOST_AFTER = 10
PERIOD_S = 0.1


def standing(**told: object) -> PoseFilter:
    """A robot that stands at the origin, and knows it well."""
    pose_filter = PoseFilter(FilterSettings(lost_after=LOST_AFTER, **told))
    pose_filter.predict(Odometry(0.0, Pose2.identity()))
    pose_filter.reset(gaussian(0.0, 0.0, 0.0, 0.02, 0.01), 0.0)
    return pose_filter


def hear(pose_filter: PoseFilter, fixes: dict[str, GaussianPose2], rounds: int) -> None:
    """Let all sources tell their fix, round by round."""
    start_s = pose_filter.estimate().stamp_s
    for k in range(1, rounds + 1):
        stamp_s = start_s + PERIOD_S * k
        pose_filter.predict(Odometry(stamp_s, Pose2.identity()))
        for source, pose in fixes.items():
            fuse(pose_filter, pose, stamp_s, source)


RIGHT = gaussian(0.0, 0.0, 0.0, 0.03, 0.02)
WRONG = gaussian(8.0, 5.0, 1.0, 0.03, 0.02)
COMPASS = GaussianPose2.from_deviations(Pose2.identity(), 1e3, 1e3, 0.02)
COARSE = gaussian(0.0, 0.0, 0.0, 8.0, 1.0)


def test_one_broken_source_does_not_lose_the_robot() -> None:
    pose_filter = standing()
    hear(pose_filter, {"laser": RIGHT, "camera": WRONG}, 5 * LOST_AFTER)
    assert not pose_filter.lost
    assert pose_filter.consecutive_refusals <= 1
    # It is told of nevertheless.
    assert pose_filter.refusals_of("camera") == 5 * LOST_AFTER
    assert pose_filter.refusals_of("laser") == 0
    assert pose_filter.estimate().pose.mean.distance_to(Pose2.identity()) < 0.01


@pytest.mark.parametrize("agrees", [COMPASS, COARSE])
def test_a_source_that_sees_little_does_not_hide_that_the_robot_is_lost(
    agrees: GaussianPose2,
) -> None:
    """A heading, or a place to some metres, is right here and where the laser sees the robot."""
    wrong = gaussian(6.0, 3.0, 0.0, 0.03, 0.02)
    pose_filter = standing()
    hear(pose_filter, {"laser": wrong, "other": agrees}, LOST_AFTER - 1)
    assert not pose_filter.lost
    hear(pose_filter, {"laser": wrong, "other": agrees}, 1)
    assert pose_filter.lost
    assert pose_filter.refusals_of("other") == 0


def test_a_source_that_has_fallen_silent_does_not_hide_it_either() -> None:
    pose_filter = standing()
    hear(pose_filter, {"camera": RIGHT, "laser": WRONG}, 3)
    assert not pose_filter.lost
    hear(pose_filter, {"laser": WRONG}, LOST_AFTER)
    assert pose_filter.lost


def test_all_sources_refused_lose_the_robot() -> None:
    pose_filter = standing()
    hear(pose_filter, {"laser": WRONG, "camera": gaussian(-4.0, 1.0, 0.0, 0.1, 0.1)}, LOST_AFTER)
    assert pose_filter.lost
    assert pose_filter.refusals_of("laser") == pose_filter.refusals_of("camera") == LOST_AFTER


def test_a_broken_source_does_not_make_the_odometry_less_trusted() -> None:
    alone, beside = standing(), standing()
    hear(alone, {"laser": RIGHT}, 30)
    hear(beside, {"camera": WRONG, "laser": RIGHT}, 30)
    for pose_filter in (alone, beside):
        pose_filter.predict(Odometry(10.0, Pose2.identity()))
    assert beside.estimate().pose.covariance == pytest.approx(alone.estimate().pose.covariance)


def test_an_accepted_fix_takes_back_the_refusals_of_its_source() -> None:
    pose_filter = standing()
    hear(pose_filter, {"camera": WRONG}, 3)
    assert pose_filter.consecutive_refusals == pose_filter.refusals_of("camera") == 3
    hear(pose_filter, {"camera": RIGHT}, 1)
    assert pose_filter.consecutive_refusals == pose_filter.refusals_of("camera") == 0


def test_each_source_has_its_gate() -> None:
    narrow = SourceSettings(gate_probability=0.5)
    pose_filter = standing(sources={"camera": narrow})
    off = gaussian(0.07, 0.0, 0.0, 0.03, 0.02)
    assert not fuse(pose_filter, off, 0.0, "camera").accepted
    assert fuse(pose_filter, off, 0.0, "laser").accepted
    # The other's is changed by itself.
    pose_filter.set_gate(0.4)
    assert pose_filter.settings.of("camera") == narrow
    assert not fuse(pose_filter, gaussian(-0.07, 0.0, 0.0, 0.03, 0.02), 0.0, "laser").accepted


def test_the_gate_of_a_fix_is_that_of_the_directions_it_saw() -> None:
    """In a corridor two numbers are compared, and the same share of right fixes is to pass."""
    told = FilterSettings(source=SourceSettings(gate_probability=0.9))
    rng = np.random.default_rng(5)
    passed = []
    for _ in range(1000):
        pose_filter = PoseFilter(told)
        pose_filter.predict(Odometry(0.0, Pose2.identity()))
        pose_filter.reset(gaussian(0.0, 0.0, 0.0, 0.0, 0.0), 0.0)
        seen = Pose2(0.0, *(rng.standard_normal(2) * [0.1, 0.05]).tolist())
        fix = GaussianPose2.from_deviations(seen, 1e3, 0.1, 0.05)
        passed.append(fuse(pose_filter, fix, 0.0).accepted)
    assert np.mean(passed) == pytest.approx(0.9, abs=4.0 * math.sqrt(0.9 * 0.1 / 1000))


@given(delay_s=st.floats(0.0, 0.5))
@settings(max_examples=20, deadline=None)
def test_a_delay_is_taken_off_the_stamp(delay_s: float) -> None:
    late = SourceSettings(delay_s=delay_s)
    told, punctual = PoseFilter(FilterSettings(sources={"camera": late})), PoseFilter()
    for pose_filter, shift_s in ((told, delay_s), (punctual, 0.0)):
        pose_filter.predict(Odometry(0.0, Pose2.identity()))
        pose_filter.reset(gaussian(0.0, 0.0, 0.0, 0.1, 0.1), 0.0)
        for k in range(1, 21):
            pose_filter.predict(Odometry(0.1 * k, Pose2(0.1 * k, 0.0, 0.0), 1.0))
        assert fuse(pose_filter, gaussian(1.3, 0.05, 0.0, 0.05, 0.05), 1.3 + shift_s, "camera")
    one, two = told.estimate().pose, punctual.estimate().pose
    assert one.mean.to_array() == pytest.approx(two.mean.to_array(), abs=1e-9)
    assert one.covariance == pytest.approx(two.covariance, abs=1e-9)


SHARE = 0.8
FIX = np.array([0.03, 0.03, 0.01])


def drawn(rng: np.random.Generator, alike: NDArray[np.float64]) -> GaussianPose2:
    """A fix of a robot at the origin, of which a part of the error is given."""
    own = math.sqrt(1.0 - SHARE) * rng.standard_normal(3)
    error = FIX * (own + math.sqrt(SHARE) * alike)
    return GaussianPose2.from_deviations(Pose2.from_array(error), *FIX)


def after_many_fixes(seed: int, errors: dict[str, int]) -> GaussianPose2:
    """Let sources tell fixes in turn; those with the same number have the same shared error."""
    rng = np.random.default_rng(seed)
    alike = rng.standard_normal((2, 3))
    pose_filter = standing(source=SourceSettings(shared_share=SHARE))
    pose_filter.reset(gaussian(0.0, 0.0, 0.0, 1.0, 0.5), 0.0)
    for k in range(1, 41):
        pose_filter.predict(Odometry(0.025 * k, Pose2.identity()))
        for source, number in errors.items():
            fuse(pose_filter, drawn(rng, alike[number]), 0.025 * k, source)
    return pose_filter.estimate().pose


def test_what_one_source_has_wrong_another_has_not() -> None:
    one = [after_many_fixes(seed, {"laser": 0}) for seed in range(100)]
    two = [after_many_fixes(seed, {"laser": 0, "camera": 1}) for seed in range(100)]
    floor = math.sqrt(SHARE) * FIX
    # Two errors that know nothing of each other are averaged; one is not.
    assert np.all(one[0].deviations() > floor)
    assert np.all(two[0].deviations() < floor)
    for ends in (one, two):
        squares = [pose.squared_mahalanobis(Pose2.identity()) for pose in ends]
        # 100 chi-squares with 3 degrees of freedom: within four deviations.
        assert np.mean(squares) == pytest.approx(3.0, abs=4.0 * math.sqrt(6.0 / 100))


def test_a_source_not_named_is_told_what_all_others_are() -> None:
    told = FilterSettings(sources={"camera": SourceSettings(delay_s=0.1)})
    assert told.of("laser") == told.source
    assert told.of("camera") == replace(told.source, delay_s=0.1)
