# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The covariance of PoseWithCovariance: axes of the header's frame, rotations about them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numerical_derivatives import numerical_jacobian
from scipy.spatial.transform import Rotation
from space_helpers import LEANING, POSES, assert_scattered_as, few, random_gaussian

from local_inn_ros.geometry import (
    GaussianPose2,
    GaussianPose3,
    Pose2,
    Pose3,
    Twist3,
    from_ros_covariance,
    to_ros_covariance,
)

SEEDS = st.integers(0, 1000)
COUNT = 40_000


def ros_offset(mean: Pose3, rotation: np.ndarray, translation: np.ndarray) -> np.ndarray:
    """How far poses (..., 3, 3), (..., 3) are off, (..., 6), in ROS's numbers."""
    turned = Rotation.from_matrix(rotation @ mean.rotation.T).as_rotvec()
    return np.concatenate([translation - mean.translation, turned], axis=-1)


@few
@given(POSES, SEEDS)
def test_by_numerical_derivatives(mean: Pose3, seed: int) -> None:
    gaussian = random_gaussian(mean, seed, 1.0)

    def offset(xi: np.ndarray) -> np.ndarray:
        pose = mean @ Twist3.from_array(xi).to_pose()
        return ros_offset(mean, pose.rotation, pose.translation)

    jacobian = numerical_jacobian(offset, np.zeros(6))
    expected = jacobian @ gaussian.covariance @ jacobian.T
    assert to_ros_covariance(gaussian) == pytest.approx(expected, abs=1e-8)


@few
@given(POSES, SEEDS)
def test_the_way_back_by_numerical_derivatives(mean: Pose3, seed: int) -> None:
    told = random_gaussian(mean, seed, 1.0).covariance

    def offset(off: np.ndarray) -> np.ndarray:
        turned = Rotation.from_rotvec(off[3:]).as_matrix() @ mean.rotation
        pose = Pose3(turned, mean.translation + off[:3])
        return Twist3.reaching(mean.between(pose)).to_array()

    jacobian = numerical_jacobian(offset, np.zeros(6))
    read = from_ros_covariance(mean, told)
    assert read.mean is mean
    assert read.covariance == pytest.approx(jacobian @ told @ jacobian.T, abs=1e-8)


@few
@given(POSES, SEEDS)
def test_what_goes_out_comes_back(mean: Pose3, seed: int) -> None:
    gaussian = random_gaussian(mean, seed, 1.0)
    told = to_ros_covariance(gaussian)
    assert np.array_equal(told, told.T)
    assert from_ros_covariance(mean, told).covariance == pytest.approx(
        gaussian.covariance, abs=1e-13
    )


def test_by_sampling() -> None:
    gaussian = random_gaussian(LEANING, 6)
    drawn = gaussian.sample(np.random.default_rng(5), COUNT)
    offsets = ros_offset(LEANING, drawn[:, :3, :3], drawn[:, :3, 3])
    assert_scattered_as(offsets, to_ros_covariance(gaussian))


def test_a_body_that_faces_north_tells_what_is_ahead_as_north() -> None:
    north = Pose3.from_roll_pitch_yaw([1.0, 2.0, 3.0], 0.0, 0.0, 0.5 * math.pi)
    told = to_ros_covariance(GaussianPose3.from_deviations(north, [1, 2, 3, 4, 5, 6]))
    assert told == pytest.approx(np.diag([2.0, 1.0, 3.0, 5.0, 4.0, 6.0]) ** 2)


@few
@given(st.floats(-3.0, 3.0), SEEDS)
def test_a_planar_pose_is_told_as_planar_nodes_tell_it(yaw: float, seed: int) -> None:
    root = np.random.default_rng(seed).normal(size=(3, 3))
    planar = GaussianPose2(Pose2(4.0, -5.0, yaw), root @ root.T)
    lifted = GaussianPose3.from_planar(planar, 0.0, z_m=0.0, roll_rad=0.0, pitch_rad=0.0)
    expected = np.zeros((6, 6))
    expected[np.ix_([0, 1, 5], [0, 1, 5])] = planar.covariance
    assert to_ros_covariance(lifted) == pytest.approx(expected, abs=1e-13)


@pytest.mark.parametrize(
    ("covariance", "says"),
    [
        (np.eye(5), "6x6"),
        (-np.eye(6), "semi-definite"),
        (np.eye(6) + np.eye(6, k=1), "symmetric"),
        (np.full((6, 6), math.nan), "finite"),
    ],
)
def test_what_is_no_covariance_is_refused(covariance: np.ndarray, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        from_ros_covariance(LEANING, covariance)
