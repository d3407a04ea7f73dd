# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Adjoint and Jacobians of SE(3) against numerical derivatives, and against what defines them."""

import math

import numpy as np
import pytest
from hypothesis import given
from numerical_derivatives import numerical_jacobian
from space_helpers import POSES, TWISTS, assert_same_pose, few

from local_inn_ros.geometry import (
    Pose3,
    Twist3,
    inverse_left_jacobian,
    inverse_right_jacobian,
    left_jacobian,
    right_jacobian,
)


def pose_of(xi: np.ndarray) -> Pose3:
    return Twist3.from_array(xi).to_pose()


def twist_of(pose: Pose3) -> np.ndarray:
    return Twist3.reaching(pose).to_array()


# Of central differences of numbers of tens of metres, see `numerical_derivatives.STEP`.
CLOSE = 1e-8


@few
@given(POSES, TWISTS)
def test_the_adjoint_carries_a_twist_through_a_pose(pose: Pose3, twist: Twist3) -> None:
    carried = Twist3.from_array(pose.adjoint() @ twist.to_array())
    assert_same_pose(pose @ twist.to_pose() @ pose.inverse(), carried.to_pose())


@few
@given(POSES, POSES)
def test_the_adjoint_of_a_product_is_the_product(a: Pose3, b: Pose3) -> None:
    assert (a @ b).adjoint() == pytest.approx(a.adjoint() @ b.adjoint(), abs=1e-11)


@few
@given(POSES)
def test_the_adjoint_is_the_derivative_of_the_carried_pose(pose: Pose3) -> None:
    found = numerical_jacobian(lambda d: twist_of(pose @ pose_of(d) @ pose.inverse()), np.zeros(6))
    assert pose.adjoint() == pytest.approx(found, abs=CLOSE)


@few
@given(TWISTS)
def test_the_left_jacobian(twist: Twist3) -> None:
    xi, back = twist.to_array(), twist.to_pose().inverse()
    found = numerical_jacobian(lambda moved: twist_of(pose_of(moved) @ back), xi)
    assert left_jacobian(xi) == pytest.approx(found, abs=CLOSE)


@few
@given(TWISTS)
def test_the_right_jacobian(twist: Twist3) -> None:
    xi, pose = twist.to_array(), twist.to_pose()
    found = numerical_jacobian(lambda moved: twist_of(pose.between(pose_of(moved))), xi)
    assert right_jacobian(xi) == pytest.approx(found, abs=CLOSE)


@few
@given(TWISTS)
def test_the_inverse_jacobians_are_the_derivatives_of_log(twist: Twist3) -> None:
    # Beyond half a turn the logarithm goes the other way round: no difference across that.
    xi = np.concatenate([twist.rho, twist.phi * (1.0 - 1e-3 / math.pi)])
    pose = pose_of(xi)
    by_left = numerical_jacobian(lambda d: twist_of(pose_of(d) @ pose), np.zeros(6))
    by_right = numerical_jacobian(lambda d: twist_of(pose @ pose_of(d)), np.zeros(6))
    assert inverse_left_jacobian(xi) == pytest.approx(by_left, abs=CLOSE)
    assert inverse_right_jacobian(xi) == pytest.approx(by_right, abs=CLOSE)


@few
@given(TWISTS)
def test_inverses_are_inverses_and_the_two_sides_differ_by_the_adjoint(twist: Twist3) -> None:
    xi = twist.to_array()
    assert left_jacobian(xi) @ inverse_left_jacobian(xi) == pytest.approx(np.eye(6), abs=1e-11)
    assert right_jacobian(xi) @ inverse_right_jacobian(xi) == pytest.approx(np.eye(6), abs=1e-11)
    through = twist.to_pose().adjoint() @ right_jacobian(xi)
    assert left_jacobian(xi) == pytest.approx(through, abs=1e-11)


@pytest.mark.parametrize("jacobian", [left_jacobian, inverse_left_jacobian])
def test_the_series_meets_the_closed_form(jacobian: object) -> None:
    assert callable(jacobian)
    axis, way = np.array([0.48, 0.6, -0.64]), np.array([3.0, -5.0, 7.0])
    below, above = (
        jacobian(np.concatenate([way, axis * angle])) for angle in (1.0 - 1e-12, 1.0 + 1e-12)
    )
    # What is left is the step of 2e-12 itself, times numbers of less than ten.
    assert below == pytest.approx(above, rel=0.0, abs=5e-11)


@pytest.mark.parametrize("angle", [0.0, 1e-12, 1e-8])
def test_near_no_turn_the_jacobian_is_that_of_the_first_order(angle: float) -> None:
    xi = np.array([3.0, -5.0, 7.0, 0.0, 0.0, angle])
    bracket = np.zeros((6, 6))
    bracket[:3, :3] = bracket[3:, 3:] = [[0, -angle, 0], [angle, 0, 0], [0, 0, 0]]
    bracket[:3, 3:] = [[0, -7.0, -5.0], [7.0, 0, -3.0], [5.0, 3.0, 0]]
    # The second term of the series of the Lie bracket counts ways times angle.
    second = bracket @ bracket / 6.0
    assert left_jacobian(xi) == pytest.approx(np.eye(6) + 0.5 * bracket + second, abs=1e-14)


@few
@given(TWISTS, TWISTS)
def test_arrays_of_twists(one: Twist3, other: Twist3) -> None:
    xi = np.array([one.to_array(), other.to_array()])
    for jacobian in (
        left_jacobian,
        right_jacobian,
        inverse_left_jacobian,
        inverse_right_jacobian,
    ):
        both = jacobian(xi)
        assert both[0] == pytest.approx(jacobian(xi[0]), abs=1e-13)
        assert both[1] == pytest.approx(jacobian(xi[1]), abs=1e-13)
