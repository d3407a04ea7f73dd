# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numerical_derivatives import numerical_jacobian
from space_helpers import (
    LEANING,
    POSES,
    assert_same_pose,
    assert_scattered_as,
    few,
    random_gaussian,
)

from local_inn_ros.geometry import GaussianPose3, Pose3, Twist3, exp_twists, log_motions

COUNT = 40_000
OTHER = Pose3.from_roll_pitch_yaw([-1.0, 2.0, 0.5], -0.3, 0.9, -1.2)
SEEDS = st.integers(0, 1000)


def offsets(mean: Pose3, poses: np.ndarray) -> np.ndarray:
    return log_motions(mean.inverse().to_matrix() @ poses)


def inverses(poses: np.ndarray) -> np.ndarray:
    return np.linalg.inv(poses)


@pytest.mark.parametrize(
    ("covariance", "says"),
    [
        (np.eye(3), "6x6"),
        (np.diag([1.0, -1.0, 1.0, 1.0, 1.0, 1.0]), "semi-definite"),
        (np.eye(6) + np.eye(6, k=1), "symmetric"),
        (np.diag([1.0, math.nan, 1.0, 1.0, 1.0, 1.0]), "finite"),
        (np.diag([1.0, math.inf, 1.0, 1.0, 1.0, 1.0]), "finite"),
    ],
)
def test_what_is_no_covariance_is_refused(covariance: np.ndarray, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        GaussianPose3(LEANING, covariance)


def test_a_mean_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        GaussianPose3(Pose3(np.eye(3), np.full(3, math.nan)), np.eye(6))


def test_the_covariance_is_frozen_and_the_callers_is_not() -> None:
    covariance = np.eye(6)
    pose = GaussianPose3(LEANING, covariance)
    covariance[0, 0] = 5.0
    assert pose.covariance[0, 0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        pose.covariance[0, 0] = 2.0


def test_deviations() -> None:
    told = [1.0, 2.0, 3.0, 0.1, 0.2, 0.3]
    pose = GaussianPose3.from_deviations(LEANING, told)
    assert pose.deviations() == pytest.approx(told)
    assert pose.squared_mahalanobis(LEANING) == pytest.approx(0.0, abs=1e-20)


def test_samples_are_drawn_in_the_axes_of_the_body() -> None:
    # One body unit ahead of a robot that faces north is north.
    north = Pose3.from_roll_pitch_yaw([5.0, 5.0, 5.0], 0.0, 0.0, 0.5 * math.pi)
    ahead = GaussianPose3.from_deviations(north, [1.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    drawn = ahead.sample(np.random.default_rng(1), 100)[:, :3, 3]
    assert np.std(drawn[:, 1]) > 0.5
    assert drawn[:, [0, 2]] == pytest.approx(5.0)


def test_samples_scatter_as_they_should() -> None:
    pose = random_gaussian(LEANING, 3, size=0.3)
    assert_scattered_as(
        offsets(pose.mean, pose.sample(np.random.default_rng(0), COUNT)), pose.covariance
    )


@pytest.mark.parametrize("size", [0.02, 0.3])
def test_what_was_drawn_is_fitted(size: float) -> None:
    # Half a turn about a leaning axis, where rotation vectors have their seam.
    mean = Twist3(np.array([9.0, 8.0, 7.0]), np.array([0.6, 0.0, 0.8]) * math.pi).to_pose()
    pose = random_gaussian(mean, 5, size)
    poses = pose.sample(np.random.default_rng(2), COUNT)
    fitted = GaussianPose3.from_samples(poses)
    # What defines the mean: from there, the offsets add up to nothing.
    centred = offsets(fitted.mean, poses)
    assert np.abs(centred.mean(axis=0)).max() < 1e-9
    assert fitted.covariance == pytest.approx(np.cov(centred.T), abs=1e-12)
    if size < 0.1:
        assert_scattered_as(centred, pose.covariance)
        off = pose.offset_of(fitted.mean) / pose.deviations()
        assert np.abs(off).max() < 5.0 / math.sqrt(COUNT) + size


def test_poses_strewn_over_all_directions_have_some_mean() -> None:
    turns = np.random.default_rng(0).uniform(-math.pi, math.pi, (50, 3)) / math.sqrt(3.0)
    poses = exp_twists(np.column_stack([np.zeros((50, 3)), turns]))
    assert GaussianPose3.from_samples(poses).mean.is_finite()


@pytest.mark.parametrize(
    ("samples", "says"),
    [
        (np.eye(4)[None], "n >= 2"),
        (np.zeros((5, 6)), "n >= 2"),
        (np.full((5, 4, 4), math.nan), "finite"),
    ],
)
def test_what_cannot_be_fitted_is_refused(samples: np.ndarray, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        GaussianPose3.from_samples(samples)


def test_composed_ones_scatter_as_products_of_samples_do() -> None:
    rng, one, other = (
        np.random.default_rng(7),
        random_gaussian(LEANING, 1),
        random_gaussian(OTHER, 2),
    )
    product = one @ other
    assert_same_pose(product.mean, LEANING @ OTHER)
    drawn = one.sample(rng, COUNT) @ other.sample(rng, COUNT)
    assert_scattered_as(offsets(product.mean, drawn), product.covariance)


def test_relative_ones_scatter_as_relative_samples_do() -> None:
    rng, one, other = (
        np.random.default_rng(8),
        random_gaussian(LEANING, 3),
        random_gaussian(OTHER, 4),
    )
    relative = one.between(other)
    assert_same_pose(relative.mean, LEANING.between(OTHER))
    drawn = inverses(one.sample(rng, COUNT)) @ other.sample(rng, COUNT)
    assert_scattered_as(offsets(relative.mean, drawn), relative.covariance)


def carried_by(function: object, pose: GaussianPose3, to: Pose3) -> np.ndarray:
    """Covariance of a function of the pose, by its numerical derivative."""
    assert callable(function)

    def offset(xi: np.ndarray) -> np.ndarray:
        moved = function(pose.mean @ Twist3.from_array(xi).to_pose())
        return Twist3.reaching(to.between(moved)).to_array()

    jacobian = numerical_jacobian(offset, np.zeros(6))
    return jacobian @ pose.covariance @ jacobian.T


@few
@given(POSES, POSES, SEEDS)
def test_moving_and_inverting_by_numerical_derivatives(
    mean: Pose3, fixed: Pose3, seed: int
) -> None:
    pose = random_gaussian(mean, seed, size=1.0)
    for moved, function in (
        (pose.inverse(), Pose3.inverse),
        (pose.in_parent(fixed), lambda at: fixed @ at),
        (pose.of_mounted(fixed), lambda at: at @ fixed),
    ):
        assert_same_pose(moved.mean, function(mean))
        expected = carried_by(function, pose, moved.mean)
        scale = np.abs(expected).max()
        assert moved.covariance == pytest.approx(expected, abs=1e-8 * scale)


@few
@given(POSES, POSES, SEEDS)
def test_composing_by_numerical_derivatives(left: Pose3, right: Pose3, seed: int) -> None:
    one, other = random_gaussian(left, seed, 1.0), random_gaussian(right, seed + 1, 1.0)
    product = one @ other
    expected = carried_by(lambda at: at @ right, one, product.mean) + carried_by(
        lambda at: left @ at, other, product.mean
    )
    assert product.covariance == pytest.approx(expected, abs=1e-8 * np.abs(expected).max())


@few
@given(POSES, SEEDS)
def test_inverting_twice_changes_nothing(mean: Pose3, seed: int) -> None:
    pose = random_gaussian(mean, seed, size=1.0)
    again = pose.inverse().inverse()
    assert_same_pose(again.mean, mean)
    assert again.covariance == pytest.approx(pose.covariance, abs=1e-9)


@few
@given(POSES, SEEDS)
def test_the_offset_leads_to_the_pose(pose: Pose3, seed: int) -> None:
    gaussian = random_gaussian(LEANING, seed, size=0.5)
    xi = gaussian.offset_of(pose)
    assert_same_pose(LEANING @ Twist3.from_array(xi).to_pose(), pose)
    expected = xi @ np.linalg.solve(gaussian.covariance, xi)
    condition = np.linalg.cond(gaussian.covariance)
    assert gaussian.squared_mahalanobis(pose) == pytest.approx(expected, rel=1e-14 * condition)


def test_distances_of_two_right_words_are_chi_square() -> None:
    rng, count = np.random.default_rng(11), 2000
    one, other = random_gaussian(LEANING, 1), random_gaussian(LEANING, 2)
    # Where a word is off by xi, the truth is off from the word by the inverse.
    told = [inverses(word.in_parent(LEANING.inverse()).sample(rng, count)) for word in (one, other)]
    squared = [
        GaussianPose3(LEANING @ Pose3.from_matrix(a), one.covariance).squared_distance_to(
            GaussianPose3(LEANING @ Pose3.from_matrix(b), other.covariance)
        )
        for a, b in zip(*told, strict=True)
    ]
    # 6 degrees of freedom: mean 6, variance 12; second order adds shares of the squared 0.02.
    assert np.mean(squared) == pytest.approx(6.0, abs=4.0 * math.sqrt(12.0 / count))
    assert np.var(squared) == pytest.approx(12.0, rel=0.2)


@few
@given(POSES, POSES, POSES, SEEDS)
def test_the_distance_is_the_same_from_both_ends_and_in_every_frame(
    left: Pose3, right: Pose3, frame: Pose3, seed: int
) -> None:
    one, other = (
        GaussianPose3(mean, random_gaussian(mean, k, 0.5).covariance + 0.01 * np.eye(6))
        for mean, k in ((left, seed), (left @ Twist3.reaching(right).scaled(0.1).to_pose(), 7))
    )
    distance = one.squared_distance_to(other)
    assert distance >= 0.0
    assert other.squared_distance_to(one) == pytest.approx(distance, rel=1e-7)
    moved = one.in_parent(frame).squared_distance_to(other.in_parent(frame))
    assert moved == pytest.approx(distance, rel=1e-7, abs=1e-12)
    mounted = one.of_mounted(frame).squared_distance_to(other.of_mounted(frame))
    assert mounted == pytest.approx(distance, rel=1e-7, abs=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_no_distance_is_told_where_a_direction_is_certain(seed: int) -> None:
    # Rounding leaves the variance along it a little above or below zero.
    rng = np.random.default_rng(seed)
    axes, _ = np.linalg.qr(rng.normal(size=(6, 6)))
    pose = GaussianPose3(LEANING, axes @ np.diag([*rng.uniform(0.1, 1.0, 5), 0.0]) @ axes.T)
    with pytest.raises(np.linalg.LinAlgError, match="certain"):
        pose.squared_mahalanobis(OTHER)


def test_no_distance_is_told_where_a_number_is_certain() -> None:
    pose = GaussianPose3.from_deviations(LEANING, [1.0, 1.0, 0.0, 1.0, 1.0, 1.0])
    with pytest.raises(np.linalg.LinAlgError, match="certain"):
        pose.squared_mahalanobis(OTHER)
