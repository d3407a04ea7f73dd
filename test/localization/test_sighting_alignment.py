# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Alignment of a camera with the points that its picture shows."""

from __future__ import annotations

import numpy as np
import pytest

from local_inn_ros.geometry.gaussian3 import GaussianPose3
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.geometry.se3 import exp_twists, log_motions
from local_inn_ros.localization.alignment.sighting_alignment import align_sightings
from local_inn_ros.localization.alignment.sightings import Sightings, explained_by

_POSE = Pose3.from_roll_pitch_yaw((1.0, -2.0, 0.4), -1.5, 0.2, 0.8)


def _sightings(
    rng: np.random.Generator, count: int = 200, deviation: float = 0.005, wrong: float = 0.0
) -> Sightings:
    """What a camera at ``_POSE`` sees of a room, with noise, and a share of it elsewhere."""
    rays = rng.uniform(-0.5, 0.5, (count, 2))
    depths = rng.uniform(1.0, 4.0, count)
    points = _POSE.transform_points(np.c_[rays, np.ones(count)] * depths[:, None])
    bad = rng.random(count) < wrong
    points[bad] += rng.normal(0.0, 1.0, (int(bad.sum()), 3))
    seen = rays + rng.normal(0.0, deviation, rays.shape)
    return Sightings(points, seen, np.full(count, deviation))


def _off(pose: Pose3) -> np.ndarray:
    return log_motions(_POSE.between(pose).to_matrix())


def _moved(pose: Pose3, xi: np.ndarray) -> Pose3:
    return pose @ Pose3.from_matrix(exp_twists(xi))


def test_gradient_is_that_of_the_cost() -> None:
    rng = np.random.default_rng(0)
    sightings, pose = _sightings(rng, wrong=0.2), _moved(_POSE, 0.02 * rng.normal(size=6))
    told = explained_by(sightings, pose).gradient
    step = 1e-6
    for number in range(6):
        ahead, back = np.zeros(6), np.zeros(6)
        ahead[number], back[number] = step, -step
        slope = (
            explained_by(sightings, _moved(pose, ahead)).cost
            - explained_by(sightings, _moved(pose, back)).cost
        ) / (2 * step)
        assert told[number] == pytest.approx(slope, rel=1e-4, abs=1e-2)


def test_pose_is_found_with_a_third_of_the_picture_wrong() -> None:
    rng = np.random.default_rng(1)
    sightings = _sightings(rng, wrong=0.33)
    aligned = align_sightings(sightings, _moved(_POSE, np.array([0.1, -0.1, 0.1, 0.05, -0.05, 0])))
    off = _off(aligned.pose.mean)
    assert np.linalg.norm(off[:3]) < 0.01 and np.linalg.norm(off[3:]) < 0.003
    assert 0.6 < aligned.share < 0.72


def test_covariance_is_that_of_the_errors() -> None:
    squares = []
    for seed in range(200):
        sightings = _sightings(np.random.default_rng(seed))
        aligned = align_sightings(sightings, _POSE)
        off = _off(aligned.pose.mean)
        squares.append(off @ np.linalg.solve(aligned.pose.covariance, off))
    assert 0.8 < np.mean(squares) / 6 < 1.2


def test_prior_holds_what_the_picture_leaves_open() -> None:
    rng = np.random.default_rng(2)
    few = _sightings(rng, count=2)
    prior = GaussianPose3.from_deviations(_POSE, [0.05, 0.05, 0.05, 0.02, 0.02, 0.02])
    aligned = align_sightings(few, _POSE, prior)
    assert np.linalg.norm(_off(aligned.pose.mean)) < 0.1
    assert np.all(np.diag(aligned.pose.covariance) <= np.diag(prior.covariance) * 1.001)


def test_prior_that_is_sure_keeps_the_pose() -> None:
    rng = np.random.default_rng(3)
    believed = _moved(_POSE, np.array([0.3, 0.0, 0.0, 0.0, 0.0, 0.0]))
    prior = GaussianPose3.from_deviations(believed, [1e-5] * 6)
    aligned = align_sightings(_sightings(rng), believed, prior)
    assert believed.distance_to(aligned.pose.mean) < 1e-3


def test_nothing_seen_leaves_the_prior() -> None:
    nothing = Sightings(np.zeros((0, 3)), np.zeros((0, 2)), np.zeros(0))
    prior = GaussianPose3.from_deviations(_POSE, [0.1] * 6)
    aligned = align_sightings(nothing, _POSE, prior)
    assert _POSE.distance_to(aligned.pose.mean) < 1e-9
    np.testing.assert_allclose(aligned.pose.covariance, prior.covariance, rtol=1e-3, atol=1e-9)
    assert aligned.share == 0.0
