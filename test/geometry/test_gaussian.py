# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from local_inn_ros.geometry import GaussianPose2, Pose2

ORIGIN = Pose2.identity()


@given(arrays(np.float64, (3, 3), elements=st.floats(-10.0, 10.0)))
def test_any_gram_matrix_is_a_covariance(root):
    covariance = GaussianPose2(ORIGIN, root @ root.T).covariance
    assert np.array_equal(covariance, covariance.T)
    assert np.linalg.eigvalsh(covariance)[0] >= -1e-9 * max(1.0, np.abs(covariance).max())


@pytest.mark.parametrize(
    ("covariance", "says"),
    [
        (np.eye(2), "3x3"),
        (np.diag([1.0, -1.0, 1.0]), "semi-definite"),
        (np.array([[1.0, 0.5, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]), "symmetric"),
        (np.diag([1.0, np.nan, 1.0]), "finite"),
        (np.diag([1.0, np.inf, 1.0]), "finite"),
    ],
)
def test_what_is_no_covariance_is_refused(covariance, says):
    with pytest.raises(ValueError, match=says):
        GaussianPose2(ORIGIN, covariance)


def test_a_mean_that_is_not_finite_is_refused():
    with pytest.raises(ValueError, match="finite"):
        GaussianPose2(Pose2(math.nan, 0.0, 0.0), np.eye(3))


def test_off_diagonal_terms_may_be_negative():
    covariance = np.array([[1.0, -0.9, 0.0], [-0.9, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert GaussianPose2(ORIGIN, covariance).covariance[0, 1] == -0.9


def test_the_covariance_is_frozen_and_the_callers_is_not():
    covariance = np.eye(3)
    pose = GaussianPose2(ORIGIN, covariance)
    covariance[0, 0] = 5.0
    assert pose.covariance[0, 0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        pose.covariance[0, 0] = 2.0


def test_one_made_without_checks_is_frozen_too():
    pose = GaussianPose2.from_rigid_motion(ORIGIN, 2.0 * np.eye(3))
    assert pose.mean == ORIGIN
    assert pose.covariance == pytest.approx(2.0 * np.eye(3))
    with pytest.raises(ValueError, match="read-only"):
        pose.covariance[0, 0] = 2.0


def test_deviations():
    pose = GaussianPose2.from_deviations(ORIGIN, 1.0, 2.0, 3.0)
    assert pose.deviations() == pytest.approx([1.0, 2.0, 3.0])


def test_samples_are_fitted_across_the_seam():
    rng = np.random.default_rng(3)
    mean, root = (
        np.array([4.0, -2.0, math.pi]),
        np.array([[0.1, 0, 0], [0.05, 0.2, 0], [0, 0.1, 0.1]]),
    )
    samples = mean + rng.standard_normal((20_000, 3)) @ root.T
    samples[:, 2] = np.mod(samples[:, 2] + math.pi, 2 * math.pi) - math.pi
    fitted = GaussianPose2.from_samples(samples)
    assert fitted.mean.x == pytest.approx(4.0, abs=0.01)
    assert abs(fitted.mean.yaw) == pytest.approx(math.pi, abs=0.01)
    assert fitted.covariance == pytest.approx(root @ root.T, abs=2e-3)


@pytest.mark.parametrize("shape", [(1, 3), (5, 2), (3,)])
def test_too_few_samples_are_refused(shape):
    with pytest.raises(ValueError, match="n >= 2"):
        GaussianPose2.from_samples(np.zeros(shape))


def test_offsets_are_the_short_way_round():
    pose = GaussianPose2(Pose2(1.0, 2.0, math.pi - 0.1), np.eye(3))
    assert pose.offset_of(Pose2(2.0, 4.0, -math.pi + 0.1)) == pytest.approx([1.0, 2.0, 0.2])


def test_mahalanobis():
    pose = GaussianPose2.from_deviations(ORIGIN, 1.0, 2.0, 0.5)
    assert pose.squared_mahalanobis(Pose2(1.0, 2.0, 0.5)) == pytest.approx(3.0)


def test_the_distance_of_two_words_counts_both_covariances_and_turns_the_short_way() -> None:
    one = GaussianPose2.from_deviations(Pose2(0.0, 0.0, 3.1), 0.3, 0.1, 0.1)
    other = GaussianPose2.from_deviations(Pose2(1.0, 0.0, -3.1), 0.4, 0.1, 0.1)
    turned = 2.0 * np.pi - 6.2
    expected = 1.0 / (0.3**2 + 0.4**2) + turned**2 / (2.0 * 0.1**2)
    assert one.squared_distance_to(other) == pytest.approx(expected)
    assert other.squared_distance_to(one) == pytest.approx(expected)
    assert one.squared_distance_to(one) == 0.0


@pytest.mark.parametrize("seed", range(20))
def test_lengths_are_those_of_mahalanobis(seed):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(3, 3)) * 10.0 ** rng.uniform(-3, 1, 3)
    pose = GaussianPose2(ORIGIN, root.T @ root)
    offset = rng.uniform(-1.0, 1.0, 3)
    expected = offset @ np.linalg.solve(pose.covariance, offset)
    assert pose.squared_mahalanobis(Pose2(*offset)) == pytest.approx(expected, rel=1e-6)


def test_no_distance_is_told_where_a_direction_is_certain():
    pose = GaussianPose2(ORIGIN, np.diag([1.0, 0.0, 1.0]))
    with pytest.raises(np.linalg.LinAlgError, match="certain"):
        pose.squared_mahalanobis(Pose2(0.1, 0.1, 0.1))


def test_what_rounding_made_of_a_covariance_is_undone():
    covariance = np.diag([1.0, 0.0, 1.0])
    covariance[0, 1], covariance[1, 1] = 1e-8, -1e-10
    found = GaussianPose2(ORIGIN, covariance).covariance
    assert np.array_equal(found, found.T)
    assert found[0, 1] == 5e-9
