# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Exponential map and logarithm of SE(3), and ways along screws."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.linalg import expm
from space_helpers import LEANING, POSES, TWISTS, assert_same_pose, few

from local_inn_ros.geometry import (
    GaussianPose3,
    Pose2,
    Pose3,
    Twist2,
    Twist3,
    exp_twists,
    interpolate_poses,
    interpolate_poses3,
    log_motions,
)

SHARES = st.floats(0.0, 1.0)
PLANAR = st.builds(Pose2, st.floats(-5.0, 5.0), st.floats(-5.0, 5.0), st.floats(-3.1, 3.1))


def hat(xi: np.ndarray) -> np.ndarray:
    (a, b, c), (x, y, z) = xi[:3], xi[3:]
    return np.array([[0.0, -z, y, a], [z, 0.0, -x, b], [-y, x, 0.0, c], [0.0, 0.0, 0.0, 0.0]])


@few
@given(TWISTS)
def test_exp_is_the_exponential_of_the_matrix(twist: Twist3) -> None:
    assert twist.to_pose().to_matrix() == pytest.approx(expm(hat(twist.to_array())), abs=1e-12)


@few
@given(TWISTS)
def test_log_undoes_exp(twist: Twist3) -> None:
    again = Twist3.reaching(twist.to_pose())
    # Rounding of numbers up to 3 and 20; the smallest angle tried is 1e-12.
    assert again.phi == pytest.approx(twist.phi, rel=0.0, abs=2e-14)
    assert again.rho == pytest.approx(twist.rho, rel=0.0, abs=5e-13)


@few
@given(POSES)
def test_exp_undoes_log(pose: Pose3) -> None:
    twist = Twist3.reaching(pose)
    assert np.linalg.norm(twist.phi) <= math.pi
    assert_same_pose(twist.to_pose(), pose, 1e-12)


@pytest.mark.parametrize("axis", [*np.eye(3), np.array([0.6, 0.0, -0.8])])
def test_half_a_turn_has_a_logarithm(axis: np.ndarray) -> None:
    half_turn = Pose3(2.0 * np.outer(axis, axis) - np.eye(3), np.array([1.0, 2.0, 3.0]))
    twist = Twist3.reaching(half_turn)
    assert np.linalg.norm(twist.phi) == pytest.approx(math.pi)
    assert_same_pose(twist.to_pose(), half_turn, 1e-12)


@few
@given(st.lists(TWISTS, min_size=1, max_size=4))
def test_arrays_are_treated_as_single_ones(twists: list[Twist3]) -> None:
    xi = np.array([twist.to_array() for twist in twists])
    motions = exp_twists(xi[None])
    assert motions.shape == (1, len(twists), 4, 4)
    for motion, twist in zip(motions[0], twists, strict=True):
        assert_same_pose(Pose3.from_matrix(motion), twist.to_pose(), 1e-14)
    assert log_motions(motions)[0] == pytest.approx(xi, abs=1e-12)


@few
@given(PLANAR)
def test_in_the_plane_it_is_the_planar_twist(pose: Pose2) -> None:
    planar, twist = Twist2.reaching(pose), Twist3.reaching(Pose3.from_pose2(pose))
    expected = [planar.ahead_m, planar.left_m, 0.0, 0.0, 0.0, planar.turn_rad]
    assert twist.to_array() == pytest.approx(expected, abs=1e-10)


@few
@given(TWISTS, SHARES)
def test_a_screw_in_two_pieces_is_the_screw(twist: Twist3, share: float) -> None:
    first, rest = twist.scaled(share).to_pose(), twist.scaled(1.0 - share).to_pose()
    assert_same_pose(first @ rest, twist.to_pose())


@few
@given(POSES, TWISTS, SHARES)
def test_interpolation_follows_the_screw(start: Pose3, twist: Twist3, share: float) -> None:
    end = start @ twist.to_pose()
    assert_same_pose(interpolate_poses3(start, end, 0.0), start)
    assert_same_pose(interpolate_poses3(start, end, 1.0), end)
    # At half a turn, the screw the other way round is as short.
    assume(np.linalg.norm(twist.phi) < math.pi - 1e-6)
    along = start @ twist.scaled(share).to_pose()
    assert_same_pose(interpolate_poses3(start, end, share), along)


@few
@given(PLANAR, PLANAR, SHARES)
def test_interpolation_in_the_plane_is_the_planar_one(a: Pose2, b: Pose2, share: float) -> None:
    # Half a turn has two shortest ways.
    assume(abs(a.between(b).yaw) < 3.14)
    expected = Pose3.from_pose2(interpolate_poses(a, b, share), 1.0)
    lifted = interpolate_poses3(Pose3.from_pose2(a, 1.0), Pose3.from_pose2(b, 1.0), share)
    assert_same_pose(lifted, expected)


def test_a_twist_is_frozen_and_of_two_times_three_numbers() -> None:
    twist = Twist3.reaching(LEANING)
    for part in (twist.rho, twist.phi):
        with pytest.raises(ValueError, match="read-only"):
            part[0] = 1.0
    with pytest.raises(ValueError, match="phi of a twist"):
        Twist3(np.zeros(3), np.zeros(2))
    with pytest.raises(ValueError, match="tangent vectors"):
        exp_twists(np.zeros(5))


def test_arrays_that_are_read_only_will_do() -> None:
    xi = np.array([[1.0, 2.0, 3.0, 0.1, 0.2, 0.3], [0.0, 1.0, 0.0, 0.0, 0.0, 0.5]])
    xi.setflags(write=False)
    motions = exp_twists(xi)
    motions.setflags(write=False)
    assert log_motions(motions) == pytest.approx(xi, abs=1e-14)
    assert GaussianPose3.from_samples(motions).mean.is_finite()


def test_a_pose_that_is_not_finite_has_no_logarithm() -> None:
    with pytest.raises(ValueError, match="not finite"):
        Twist3.reaching(Pose3(np.eye(3), np.array([0.0, math.nan, 0.0])))
