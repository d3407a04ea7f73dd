# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Poses refined by the forward pass, of a bundle whose networks know the room."""

from __future__ import annotations

import math

import numpy as np
import pytest
from camera_oracle import OracleEngine, camera_model
from textured_room import TexturedRoom, camera_pose

pytest.importorskip("poselib")

from local_inn_ros.geometry.gaussian3 import GaussianPose3
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.geometry.se3 import exp_twists
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.sensing.camera.picture import Picture
from local_inn_ros.systems.pose_inn.runtime import PoseInnModel
from local_inn_ros.systems.pose_inn.view_refiner import ViewRefiner, drawn_views

_ROOM = TexturedRoom(5)
_POSE = camera_pose(1.4, 1.2, 1.1, 0.6, 0.05)


@pytest.fixture
def oracle() -> tuple[PoseInnModel, OracleEngine]:
    return camera_model(_ROOM)


def _samples_off(number: int) -> np.ndarray:
    """Poses about one that is centimetres and degrees off, as far as they lie apart."""
    rng = np.random.default_rng(number)
    deviations = np.repeat([0.05, math.radians(2.0)], 3)
    start = _POSE.to_matrix() @ exp_twists(1.5 * deviations * rng.normal(size=6))
    return start @ exp_twists(deviations * rng.normal(size=(64, 6)))


def _seen(engine: OracleEngine, pose: Pose3) -> np.ndarray:
    return drawn_views(engine, pose.to_matrix()[None])[0]


def test_samples_move_to_where_the_picture_was_taken(
    oracle: tuple[PoseInnModel, OracleEngine],
) -> None:
    _, engine = oracle
    refiner, seen = ViewRefiner(engine, 0.15), _seen(engine, _POSE)
    off = []
    for number in range(3):
        samples = _samples_off(number)
        moved = refiner.moved(seen, samples)
        before, after = (GaussianPose3.from_samples(one) for one in (samples, moved))
        off.append([one.squared_mahalanobis(_POSE) for one in (before, after)])
        np.testing.assert_allclose(after.covariance, before.covariance, atol=1e-9)
    # The room is of blocks as large as pixels: not every one of them tells much.
    assert np.mean(off, axis=0)[1] < 0.5 * np.mean(off, axis=0)[0]
    assert all(after < before for before, after in off)


def test_a_picture_that_nothing_explains_moves_nothing(
    oracle: tuple[PoseInnModel, OracleEngine],
) -> None:
    _, engine = oracle
    samples = _samples_off(0)
    other = camera_model(TexturedRoom(77))[1]
    moved = ViewRefiner(engine, 0.15).moved(_seen(other, _POSE), samples)
    np.testing.assert_array_equal(moved, samples)


def test_forward_is_a_refiner_like_others(oracle: tuple[PoseInnModel, OracleEngine]) -> None:
    model, engine = oracle
    engine.camera = _POSE
    pixels = np.repeat(_ROOM.seen(_POSE)[0][:, :, None], 3, axis=2)
    fix = model.localizer(64, refiner=RefinerChoice.FORWARD).locate(Picture(1.0, pixels))
    assert fix.network is not None and fix.landmarks == 0
    assert fix.measurement.mean.distance_to(_POSE) < 0.05
    np.testing.assert_allclose(fix.measurement.covariance, fix.network.covariance, atol=1e-9)
