# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From the plane into space and back."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numerical_derivatives import numerical_jacobian
from space_helpers import LEANING, assert_scattered_as, few, random_gaussian

from local_inn_ros.geometry import (
    GaussianPose2,
    GaussianPose3,
    Pose2,
    Pose3,
    Twist3,
    compose_poses,
    wrap_angle,
)

ANGLES = st.floats(-math.pi, math.pi, exclude_max=True)
# Where the nose points up, yaw changes without bound.
PITCHES = st.floats(-1.3, 1.3)
SEEDS = st.integers(0, 1000)
PLANAR_MEANS = st.builds(Pose2, st.floats(-20.0, 20.0), st.floats(-20.0, 20.0), ANGLES)


def planar_gaussian(mean: Pose2, seed: int) -> GaussianPose2:
    root = np.random.default_rng(seed).normal(size=(3, 3))
    return GaussianPose2(mean, root @ root.T)


def planar_offset(pose: Pose3, mean: Pose2) -> np.ndarray:
    at = pose.to_pose2()
    return np.array([at.x - mean.x, at.y - mean.y, wrap_angle(at.yaw - mean.yaw)])


@few
@given(ANGLES, PITCHES, ANGLES, SEEDS)
def test_the_projection_by_numerical_derivatives(
    roll: float, pitch: float, yaw: float, seed: int
) -> None:
    mean = Pose3.from_roll_pitch_yaw([3.0, -2.0, 1.0], roll, pitch, yaw)
    gaussian, planar = random_gaussian(mean, seed, 1.0), mean.to_pose2()
    jacobian = numerical_jacobian(
        lambda xi: planar_offset(mean @ Twist3.from_array(xi).to_pose(), planar), np.zeros(6)
    )
    projected = gaussian.to_planar()
    assert projected.mean == planar
    expected = jacobian @ gaussian.covariance @ jacobian.T
    # The third derivative of the yaw grows with the tangent of the pitch.
    assert projected.covariance == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_the_projection_by_sampling() -> None:
    gaussian = random_gaussian(LEANING, 4)
    drawn = gaussian.sample(np.random.default_rng(3), 40_000)
    offsets = np.array([planar_offset(Pose3.from_matrix(one), LEANING.to_pose2()) for one in drawn])
    assert_scattered_as(offsets, gaussian.to_planar().covariance)


def test_a_pose_with_its_nose_up_has_no_yaw() -> None:
    upright = Pose3.from_roll_pitch_yaw([0.0, 0.0, 0.0], 0.0, 0.5 * math.pi, 0.3)
    with pytest.raises(ValueError, match="no yaw"):
        GaussianPose3(upright, np.eye(6)).to_planar()


@few
@given(PLANAR_MEANS, SEEDS)
def test_what_is_lifted_is_projected_back(mean: Pose2, seed: int) -> None:
    planar = planar_gaussian(mean, seed)
    again = GaussianPose3.from_planar(
        planar, 1.5, z_m=0.1, roll_rad=0.02, pitch_rad=0.03
    ).to_planar()
    assert planar.offset_of(again.mean) == pytest.approx(np.zeros(3), abs=1e-14)
    assert again.covariance == pytest.approx(planar.covariance, abs=1e-13)


@few
@given(PLANAR_MEANS, SEEDS)
def test_lifting_by_numerical_derivatives(mean: Pose2, seed: int) -> None:
    planar = planar_gaussian(mean, seed)
    lifted = GaussianPose3.from_planar(planar, 1.5, z_m=0.1, roll_rad=0.02, pitch_rad=0.03)

    def offset(told: np.ndarray) -> np.ndarray:
        x, y, z, roll, pitch, yaw = told
        pose = Pose3.from_roll_pitch_yaw([x, y, z], roll, pitch, yaw)
        return Twist3.reaching(lifted.mean.between(pose)).to_array()

    jacobian = numerical_jacobian(offset, [mean.x, mean.y, 1.5, 0.0, 0.0, mean.yaw])
    told = np.diag([0.0, 0.0, 0.1**2, 0.02**2, 0.03**2, 0.0])
    told[np.ix_([0, 1, 5], [0, 1, 5])] = planar.covariance
    assert lifted.covariance == pytest.approx(jacobian @ told @ jacobian.T, abs=1e-7)


@few
@given(PLANAR_MEANS, PLANAR_MEANS, SEEDS)
def test_composing_in_space_is_composing_in_the_plane(a: Pose2, b: Pose2, seed: int) -> None:
    one, other = planar_gaussian(a, seed), planar_gaussian(b, seed + 1)
    lifted = [
        GaussianPose3.from_planar(each, 0.0, z_m=0.1, roll_rad=0.0, pitch_rad=0.0)
        for each in (one, other)
    ]
    product = (lifted[0] @ lifted[1]).to_planar()

    def composed(both: np.ndarray) -> np.ndarray:
        offset = compose_poses(both[:3], both[3:]) - (a @ b).to_array()
        offset[2] = wrap_angle(offset[2])
        return offset

    jacobian = numerical_jacobian(composed, np.concatenate([a.to_array(), b.to_array()]))
    joint = np.zeros((6, 6))
    joint[:3, :3], joint[3:, 3:] = one.covariance, other.covariance
    expected = jacobian @ joint @ jacobian.T
    scale = np.abs(expected).max()
    assert product.covariance == pytest.approx(expected, abs=1e-7 * scale)
