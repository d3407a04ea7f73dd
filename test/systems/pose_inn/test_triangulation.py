# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Depths of patches, triangulated from pictures with known poses."""

from __future__ import annotations

import numpy as np
from textured_room import FOCAL, HEIGHT, WIDTH, TexturedRoom, drive_along

from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.systems.pose_inn.looks import patch_pixels
from local_inn_ros.systems.pose_inn.triangulation import Triangulator

_CAMERA = CameraSpec(
    kind="camera",
    name="front",
    rate_hz=30.0,
    width=WIDTH,
    height=HEIGHT,
    fx=FOCAL,
    fy=FOCAL,
    cx=(WIDTH - 1) / 2,
    cy=(HEIGHT - 1) / 2,
)
_ROOM = TexturedRoom(5)


def _depths(pose: Pose3) -> np.ndarray:
    """True depths at the patches' middles."""
    cols, rows = np.round(patch_pixels(_CAMERA)).astype(int).T
    return _ROOM.seen(pose)[1][rows, cols]


def _features(pose: Pose3, rng: np.random.Generator) -> np.ndarray:
    """Features that are alike where the places are near, as good ones would be."""
    ways = np.random.default_rng(1).normal(0.0, 5.0, (3, 64))
    rays = (patch_pixels(_CAMERA) - [_CAMERA.cx, _CAMERA.cy]) / FOCAL
    ahead = np.c_[rays, np.ones(len(rays))] * _depths(pose)[:, None]
    told = np.cos(pose.transform_points(ahead) @ ways + np.arange(64))
    return (told + rng.normal(0.0, 0.05, told.shape)).astype(np.float16)


def test_depths_are_those_of_the_room() -> None:
    rng = np.random.default_rng(0)
    poses = drive_along(16)
    features = [_features(pose, rng) for pose in poses]
    known = np.array([pose.to_matrix() for pose in poses])
    triangulator = Triangulator(_CAMERA, known, features)
    told = triangulator.depths_of(7, rng).depths.ravel()
    found = np.isfinite(told)
    assert found.mean() > 0.2
    off = np.abs(told / _depths(poses[7]) - 1.0)[found]
    assert np.median(off) < 0.08


def test_picture_without_partners_has_no_depth() -> None:
    rng = np.random.default_rng(0)
    pose = drive_along(2)[0]
    alone = Triangulator(_CAMERA, pose.to_matrix()[None], [_features(pose, rng)])
    assert np.isnan(alone.depths_of(0, rng).depths).all()


def test_features_that_match_nowhere_tell_no_depth() -> None:
    rng = np.random.default_rng(0)
    poses = drive_along(8)
    features = [rng.normal(size=(300, 64)).astype(np.float16) for _ in poses]
    known = np.array([pose.to_matrix() for pose in poses])
    told = Triangulator(_CAMERA, known, features).depths_of(3, rng).depths
    assert np.isfinite(told).mean() < 0.02
