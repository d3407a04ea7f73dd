# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From what a picture says in space to the base in the plane, and the search by one picture."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("cv2")
pytest.importorskip("poselib")

from camera_oracle import BASE, CAMERA, MOUNT, OracleEngine, camera_model
from textured_room import TexturedRoom

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.geometry.gaussian3 import GaussianPose3
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.sensing import Picture
from local_inn_ros.systems.pose_inn.planar import base_in_plane, camera_at, camera_prior
from local_inn_ros.systems.pose_inn.runtime import PoseInnModel
from local_inn_ros.systems.protocol import Expects, MakesFixes, RunSettings, Searches

SEAT = MOUNT.base_from_sensor
ROOM = TexturedRoom(5)
SETTINGS = RunSettings(samples=64)


@pytest.fixture
def oracle() -> tuple[PoseInnModel, OracleEngine]:
    return camera_model(ROOM)


def picture_from(base: Pose2, stamp_s: float = 1.0, room: TexturedRoom = ROOM) -> Picture:
    return Picture(stamp_s, room.seen(camera_at(base, SEAT))[0])


def a_covariance(rng: np.random.Generator) -> np.ndarray:
    """A covariance of a camera's pose with errors that go together."""
    mixed = rng.standard_normal((6, 6)) * np.array([0.02, 0.02, 0.03, 0.01, 0.012, 0.01])[:, None]
    return mixed @ mixed.T + np.diag([1e-5] * 3 + [1e-6] * 3)


@pytest.mark.parametrize("seed", range(3))
def test_base_in_the_plane_is_what_weighed_samples_say(seed: int) -> None:
    rng = np.random.default_rng(seed)
    off = Pose3.from_roll_pitch_yaw([0.02, -0.01, 0.03], 0.01, -0.015, 0.01)
    camera = GaussianPose3(camera_at(BASE, SEAT) @ off, a_covariance(rng))
    told = base_in_plane(camera, SEAT).pose
    bases = camera.sample(rng, 60_000) @ SEAT.inverse().to_matrix()
    roll = np.arctan2(bases[:, 2, 1], bases[:, 2, 2])
    pitch = np.arcsin(-bases[:, 2, 0])
    lean = math.radians(1.0)
    far = (bases[:, 2, 3] / 0.03) ** 2 + (roll / lean) ** 2 + (pitch / lean) ** 2
    weights = np.exp(-0.5 * far)
    seen = np.column_stack([bases[:, :2, 3], np.arctan2(bases[:, 1, 0], bases[:, 0, 0])])
    mean = weights @ seen / weights.sum()
    spread = (weights[:, None] * (seen - mean)).T @ (seen - mean) / weights.sum()
    deviations = np.sqrt(np.diag(spread))
    np.testing.assert_allclose(told.mean.to_array(), mean, atol=0.1 * deviations.max())
    np.testing.assert_allclose(told.deviations(), deviations, rtol=0.1)
    scale = np.outer(deviations, deviations)
    np.testing.assert_allclose(told.covariance / scale, spread / scale, atol=0.15)


def test_prior_of_the_base_and_its_camera_go_there_and_back() -> None:
    base = GaussianPose2.from_deviations(BASE, 0.2, 0.1, 0.05)
    back = base_in_plane(camera_prior(base, SEAT), SEAT).pose
    np.testing.assert_allclose(back.mean.to_array(), BASE.to_array(), atol=1e-9)
    np.testing.assert_allclose(back.covariance, base.covariance, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize(
    "off",
    [
        Pose3.from_roll_pitch_yaw([0, 0, 0.6], 0, 0, 0),
        Pose3.from_roll_pitch_yaw([0] * 3, 0.4, 0, 0),
    ],
)
def test_base_that_floats_or_leans_is_none(off: Pose3) -> None:
    camera = Pose3.from_pose2(BASE) @ off @ SEAT
    found = base_in_plane(GaussianPose3.from_deviations(camera, [0.01] * 6), SEAT)
    assert not found.stands
    assert found.pose.deviations().min() > 1.0


def test_pictures_become_fixes_of_the_base_with_a_covariance_that_holds(
    oracle: tuple[PoseInnModel, OracleEngine],
) -> None:
    model, engine = oracle
    assert isinstance(model, MakesFixes) and isinstance(model, Searches)
    assert isinstance(model, Expects)
    producer = model.fix_producer(MOUNT, SETTINGS)
    rng = np.random.default_rng(3)
    squared = []
    for _ in range(40):
        base = Pose2(*(BASE.to_array() + rng.uniform(-1, 1, 3) * [0.3, 0.2, 0.2]).tolist())
        engine.camera = camera_at(base, SEAT)
        prior = GaussianPose2.from_deviations(base @ Pose2(0.05, -0.05, 0.03), 0.1, 0.1, 0.05)
        fix = producer.locate(picture_from(base), prior)
        assert fix.measurement.mean.distance_to(base) < 0.1
        assert fix.quality > 0.9
        squared.append(fix.measurement.squared_mahalanobis(base))
    # Three degrees of freedom; the oracle's noise is what it says, and few draws make it unsure.
    assert 2.0 < np.mean(squared) < 5.0


def test_picture_that_fits_nowhere_is_no_evidence(
    oracle: tuple[PoseInnModel, OracleEngine],
) -> None:
    model, engine = oracle
    engine.camera = None
    prior = GaussianPose2.from_deviations(BASE, 0.1, 0.1, 0.05)
    fix = model.fix_producer(MOUNT, SETTINGS).locate(picture_from(BASE), prior)
    assert fix.quality < 0.5
    assert fix.measurement.deviations().min() >= 3.0
    assert not fix.supported


def test_one_picture_finds_the_base_and_says_where_it_cannot(
    oracle: tuple[PoseInnModel, OracleEngine],
) -> None:
    model, engine = oracle
    search = model.candidate_search(MOUNT, SETTINGS)
    engine.camera = camera_at(BASE, SEAT)
    picture = picture_from(BASE)
    found = search.search(picture)
    assert found.found and found.pose is not None
    assert found.pose.mean.distance_to(BASE) < 0.1
    assert sum(one.weight for one in found.hypotheses) == pytest.approx(1.0)
    wrong = BASE @ Pose2(0.8, 0.0, 0.6)
    offered = search.search(picture, [GaussianPose2.from_deviations(wrong, 0.1, 0.1, 0.1)])
    assert offered.found and offered.pose is not None
    assert offered.pose.mean.distance_to(BASE) < 0.1
    assert search.log_likelihood(picture, BASE) > search.log_likelihood(picture, wrong) + 3.0
    engine.camera = None
    nowhere = search.search(picture_from(BASE, 2.0))
    assert not nowhere.found and "nothing fits" in nowhere.reason


def test_expected_picture_is_what_is_seen_there(oracle: tuple[PoseInnModel, OracleEngine]) -> None:
    model, _ = oracle
    expected = model.expected_observation(BASE, MOUNT, 2.5)
    assert expected.stamp_s == 2.5
    assert expected.pixels.shape == (CAMERA.height // 8, CAMERA.width // 8)
    seen = ROOM.seen(camera_at(BASE, SEAT))[0].reshape(15, 8, 20, 8).mean(axis=(1, 3))
    assert np.corrcoef(expected.pixels.ravel(), seen.ravel())[0, 1] > 0.99
