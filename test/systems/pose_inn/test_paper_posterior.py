# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What draws of PoseINN as published are worth."""

from __future__ import annotations

import numpy as np
import pytest

from local_inn_ros.geometry.gaussian3 import GaussianPose3
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.geometry.se3 import exp_twists
from local_inn_ros.systems.pose_inn.paper_posterior import (
    DrawSpread,
    errors_of,
    fitted_spread,
    matrices_of,
    pose_features,
    told_by,
)
from local_inn_ros.systems.pose_inn.patch_source import pose_rows

MEAN = Pose3.from_roll_pitch_yaw((1.0, 2.0, 0.5), 0.2, -0.1, 2.0)
TRUE = DrawSpread((2.0, 2.0, 2.0, 0.5, 0.5, 0.5), (0.1, 0.05, 0.1, 0.02, 0.02, 0.02))


def _draws(rng: np.random.Generator, deviation: float) -> np.ndarray:
    deviations = deviation * np.array([1.0, 1.0, 1.0, 0.3, 0.3, 0.3])
    return GaussianPose3.from_deviations(MEAN, deviations).sample(rng, 64)


def test_errors_are_as_the_fitted_spread_says() -> None:
    rng = np.random.default_rng(0)
    covariances, errors = [], []
    for _ in range(400):
        told = told_by(_draws(rng, float(rng.uniform(0.02, 0.3)))).covariance
        covariances.append(told)
        errors.append(rng.multivariate_normal(np.zeros(6), TRUE.covariances(told)))
    # Some are of another place altogether.
    errors[::100] = [np.full(6, 3.0)] * 4
    spread = fitted_spread(np.array(covariances), np.array(errors))
    np.testing.assert_allclose(spread.scale, TRUE.scale, rtol=0.35)
    np.testing.assert_allclose(spread.floor, TRUE.floor, rtol=0.35)
    modelled = spread.covariances(np.array(covariances))
    lengths = [
        error @ np.linalg.solve(one, error) for error, one in zip(errors, modelled, strict=True)
    ]
    assert np.median(lengths) == pytest.approx(5.35, rel=0.15)


def test_draws_are_moved_to_the_covariance_about_their_mean() -> None:
    draws = _draws(np.random.default_rng(1), 0.1)
    moved = told_by(TRUE.spread(draws))
    told = told_by(draws)
    assert moved.mean.distance_to(told.mean) < 5e-3 and moved.mean.angle_to(told.mean) < 5e-3
    np.testing.assert_allclose(moved.covariance, TRUE.covariances(told.covariance), atol=2e-3)


def test_draws_that_agree_entirely_have_a_covariance() -> None:
    draws = np.repeat(MEAN.to_matrix()[None], 20, axis=0)
    moved = told_by(DrawSpread((1.0,) * 6, (0.1,) * 6).spread(draws))
    assert moved.mean.distance_to(MEAN) < 1e-6
    assert np.all(np.isfinite(moved.covariance))


def test_errors_lead_from_the_mean_of_draws_to_the_truth() -> None:
    draws = _draws(np.random.default_rng(2), 0.05)
    off = np.array([0.1, -0.2, 0.3, 0.05, -0.04, 0.03])
    truth = told_by(draws).mean.to_matrix() @ exp_twists(off)
    covariances, errors = errors_of([draws], truth[None])
    np.testing.assert_allclose(errors[0], off, atol=1e-9)
    np.testing.assert_allclose(covariances[0], told_by(draws).covariance)


def test_poses_go_into_rows_and_back() -> None:
    draws = _draws(np.random.default_rng(3), 0.2)
    np.testing.assert_allclose(matrices_of(pose_rows(draws)), draws, atol=1e-6)


def test_likeness_and_latents_make_the_features_of_a_pose() -> None:
    rng = np.random.default_rng(4)
    picture, latent = rng.random((3, 8, 8), np.float32), rng.random(60, np.float32)
    same = pose_features(picture, latent, picture, latent)
    other = pose_features(picture, latent, 1.0 - picture, latent + 1.0)
    assert same[1] == pytest.approx(1.0) and other[1] == pytest.approx(-1.0)
    assert same[2] < other[2]
