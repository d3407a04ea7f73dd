# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_inn_ros.filtering.odometry_buffer import Arrival
from local_inn_ros.filtering.pose_filter import PoseFilter, StampedPose
from local_inn_ros.filtering.prior import PriorKeeper, squared_innovation
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.sensing import Odometry


def driving(stamp_s: float) -> Odometry:
    """A circle of radius 2 m at 1 m/s."""
    turn = 0.5 * stamp_s
    pose = Pose2(2.0 * math.sin(turn), 2.0 - 2.0 * math.cos(turn), turn)
    return Odometry(stamp_s, Pose2.identity() @ pose, 1.0, 0.0, 0.5)


def keeper_after(duration_s: float) -> PriorKeeper:
    keeper = PriorKeeper()
    for k in range(round(duration_s / 0.01) + 1):
        keeper.add_odometry(driving(0.01 * k))
    return keeper


@given(st.floats(0.0, 2.0), st.floats(0.0, 2.0))
def test_the_prior_moves_as_the_odometry_does(told_s: float, wanted_s: float) -> None:
    keeper = keeper_after(2.0)
    start = GaussianPose2.from_deviations(Pose2(5.0, -3.0, 2.0), 0.1, 0.2, 0.05)
    keeper.tell(StampedPose(told_s, start))
    prior = keeper.prior_at(wanted_s)
    assert prior is not None
    moved = driving(told_s).pose.between(driving(wanted_s).pose)
    error = prior.mean.between(start.mean @ moved)
    assert error.to_array() == pytest.approx([0.0, 0.0, 0.0], abs=1e-4)
    assert np.linalg.eigvalsh(prior.covariance)[0] > 0.0


def test_the_prior_is_what_the_filter_itself_would_predict() -> None:
    keeper, pose_filter = keeper_after(1.0), PoseFilter()
    start = GaussianPose2.from_deviations(Pose2(5.0, -3.0, 2.0), 0.1, 0.2, 0.05)
    for k in range(101):
        pose_filter.predict(driving(0.01 * k))
    pose_filter.reset(start, 0.0)
    keeper.tell(StampedPose(0.0, start))
    prior, predicted = keeper.prior_at(0.5), pose_filter.estimate_at(0.5)
    assert prior is not None
    assert predicted is not None
    np.testing.assert_allclose(prior.mean.to_array(), predicted.mean.to_array(), atol=1e-9)
    # The filter's steps are shorter, so it linearises elsewhere.
    np.testing.assert_allclose(prior.covariance, predicted.covariance, rtol=0.1, atol=2e-3)


def test_there_is_no_prior_without_a_pose_or_beyond_the_odometry() -> None:
    keeper = keeper_after(1.0)
    assert keeper.prior_at(0.5) is None
    keeper.tell(StampedPose(0.5, GaussianPose2.from_deviations(Pose2.identity(), 0.1, 0.1, 0.1)))
    assert keeper.prior_at(0.5) is not None
    assert keeper.reaches(1.05)
    assert keeper.prior_at(1.05) is not None
    assert not keeper.reaches(1.2)
    assert keeper.prior_at(1.2) is None
    assert keeper.prior_at(-0.1) is None


def test_a_jump_back_in_time_drops_the_pose() -> None:
    keeper = keeper_after(5.0)
    keeper.tell(StampedPose(5.0, GaussianPose2.from_deviations(Pose2.identity(), 0.1, 0.1, 0.1)))
    assert keeper.add_odometry(driving(0.0)) is Arrival.TIME_JUMP
    assert keeper.told is None
    assert keeper.prior_at(0.0) is None


def keep_driving(keeper: PriorKeeper, from_s: float, to_s: float) -> None:
    for k in range(round((to_s - from_s) / 0.1) + 1):
        keeper.add_odometry(driving(from_s + 0.1 * k))


def test_a_filter_is_silent_once_the_odometry_does_not_reach_back_to_its_word() -> None:
    keeper = keeper_after(1.0)
    assert keeper.filter_is_silent
    here = GaussianPose2.from_deviations(Pose2.identity(), 0.1, 0.1, 0.1)
    keeper.tell(StampedPose(1.0, here))
    keep_driving(keeper, 1.1, 10.9)
    assert not keeper.filter_is_silent
    assert keeper.told is not None
    keep_driving(keeper, 11.0, 35.0)
    assert keeper.filter_is_silent
    assert keeper.told is None
    keeper.tell(StampedPose(35.0, here))
    assert not keeper.filter_is_silent


@pytest.mark.parametrize("to_s", [0.0, 5.1])
def test_a_filter_is_given_time_to_speak_when_the_odometry_begins_anew(to_s: float) -> None:
    keeper = keeper_after(5.0)
    keeper.tell(StampedPose(5.0, GaussianPose2.from_deviations(Pose2.identity(), 0.1, 0.1, 0.1)))
    assert keeper.add_odometry(Odometry(to_s, Pose2(70.0, 3.0, 1.0))).begins_anew
    assert not keeper.filter_is_silent
    for k in range(1, 300):
        keeper.add_odometry(Odometry(to_s + 0.1 * k, Pose2(70.0, 3.0, 1.0)))
    assert keeper.filter_is_silent


def test_the_odometry_is_told_where_it_is_known() -> None:
    keeper = keeper_after(1.0)
    known = keeper.odometry_at(0.505)
    assert known is not None
    assert known.distance_to(driving(0.505).pose) < 1e-4
    assert keeper.odometry_at(-0.1) is None
    assert keeper.odometry_at(1.2) is None
    assert PriorKeeper().odometry_at(0.0) is None


def test_an_innovation_is_measured_by_both_covariances() -> None:
    prior = GaussianPose2.from_deviations(Pose2(1.0, 2.0, 3.1), 0.3, 0.3, 0.1)
    # 0.5 m is one deviation of the two together, and the heading is compared on the circle.
    measured = GaussianPose2.from_deviations(Pose2(1.5, 2.0, 3.1 - 2 * math.pi), 0.4, 0.4, 0.1)
    assert squared_innovation(prior, measured) == pytest.approx(1.0)
    assert squared_innovation(measured, prior) == pytest.approx(1.0)


def test_between_two_certainties_there_is_no_innovation() -> None:
    certain = GaussianPose2(Pose2.identity(), np.zeros((3, 3)))
    assert math.isnan(squared_innovation(certain, certain))
