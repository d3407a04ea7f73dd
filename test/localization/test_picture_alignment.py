# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Render and compare: small pictures of a room whose walls are waves, drawn exactly."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from textured_room import camera_pose

from local_inn_ros.geometry.gaussian3 import GaussianPose3
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.geometry.se3 import exp_twists
from local_inn_ros.localization.alignment.picture_alignment import (
    PictureAligned,
    PictureErrors,
    align_picture,
)

_ROWS, _COLS, _FOCAL = 15, 20, 16.0
_ROOM_M = np.array([4.0, 3.0, 2.4])
_WAVES = np.random.default_rng(3).normal(size=(8, 3)) * 4.0
_POSE = camera_pose(1.4, 1.2, 1.1, 0.6, 0.05)
_ERRORS = PictureErrors(deviation=0.1, shared=1.0, reach_m=0.01, reach_rad=math.radians(0.5))
_WIDE = [0.3] * 3 + [0.2] * 3


def _drawn(poses: NDArray[np.float64]) -> NDArray[np.float32]:
    down, across = np.mgrid[:_ROWS, :_COLS]
    rays = np.stack([across - (_COLS - 1) / 2, down - (_ROWS - 1) / 2], axis=-1) / _FOCAL
    rays = np.concatenate([rays, np.ones((_ROWS, _COLS, 1))], axis=-1)
    ways = np.einsum("kij,rcj->krci", poses[:, :3, :3], rays)
    centres = poses[:, None, None, :3, 3]
    reach = np.min(np.abs((np.where(ways > 0, _ROOM_M, 0.0) - centres) / ways), axis=-1)
    points = centres + ways * reach[..., None]
    shades = np.sin(points @ _WAVES.T).sum(axis=-1)
    mean, spread = (one(shades, axis=(1, 2), keepdims=True) for one in (np.mean, np.std))
    pictures: NDArray[np.float32] = ((shades - mean) / spread).astype(np.float32)
    return pictures


def _small(pose: Pose3) -> NDArray[np.float32]:
    return _drawn(pose.to_matrix()[None])[0]


def _off(pose: Pose3, number: int, metres: float, degrees: float) -> Pose3:
    ways = np.random.default_rng(number).normal(size=(2, 3))
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    twist = np.concatenate([metres * ways[0], math.radians(degrees) * ways[1]])
    return pose @ Pose3.from_matrix(exp_twists(twist))


def _aligned(seen: NDArray[np.float32], start: Pose3) -> PictureAligned:
    believed = GaussianPose3.from_deviations(start, _WIDE)
    return align_picture(seen, _drawn, _ERRORS, believed)


@pytest.mark.parametrize("number", range(6))
def test_the_pose_is_found_from_nearby(number: int) -> None:
    found = _aligned(_small(_POSE), _off(_POSE, number, 0.05, 2.0))
    assert found.pose.distance_to(_POSE) < 0.002
    assert math.degrees(found.pose.angle_to(_POSE)) < 0.1
    assert found.gain > 0.0 and found.steps > 0 and found.spread < 0.02


def test_another_exposure_and_a_covered_fifth_lead_little_astray() -> None:
    seen = 0.7 * _small(_POSE) + 0.4
    seen[:, :4] = -1.5
    found = _aligned(seen.astype(np.float32), _off(_POSE, 1, 0.05, 2.0))
    assert found.pose.distance_to(_POSE) < 0.01
    assert math.degrees(found.pose.angle_to(_POSE)) < 0.5


def test_what_a_picture_does_not_tell_stays_as_it_is_believed() -> None:
    blank = np.zeros((_ROWS, _COLS), np.float32)
    believed = GaussianPose3.from_deviations(_POSE, _WIDE)
    found = align_picture(
        blank, lambda poses: np.repeat(blank[None], len(poses), axis=0), _ERRORS, believed
    )
    assert found.gain == 0.0
    assert found.pose is believed.mean


def test_a_sure_belief_is_not_left() -> None:
    start = _off(_POSE, 2, 0.05, 2.0)
    sure = GaussianPose3.from_deviations(start, [1e-4] * 6)
    assert align_picture(_small(_POSE), _drawn, _ERRORS, sure).pose.distance_to(start) < 1e-3


def test_a_picture_of_elsewhere_is_not_explained() -> None:
    other = _small(camera_pose(2.5, 1.8, 1.1, 3.4))
    assert _aligned(other, _POSE).spread > 3.0 * _ERRORS.deviation
