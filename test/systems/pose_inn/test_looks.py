# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Looks: a picture as a turned and zoomed camera at the same place sees it."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("cv2")

from textured_room import FOCAL, HEIGHT, WIDTH, TexturedRoom, camera_pose

from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.systems.pose_inn.looks import (
    another_look,
    brightness_of,
    plain_look,
    small_view,
    turned_view,
)

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


def _ramp(axis: int) -> np.ndarray:
    """A picture whose brightness tells the place along one axis."""
    rows, cols = np.mgrid[:HEIGHT, :WIDTH]
    share = cols / WIDTH if axis == 0 else rows / HEIGHT
    return (10 + 160 * share).astype(np.uint8)


def test_plain_look_is_the_picture() -> None:
    look = plain_look(_ramp(0), _CAMERA)
    np.testing.assert_allclose(255.0 * look.brightness, _ramp(0), atol=1e-3)
    np.testing.assert_allclose(look.rays[0], (3.5 - np.array([79.5, 59.5])) / FOCAL)
    assert len(look.rays) == 15 * 20


@pytest.mark.parametrize("axis", [0, 1])
def test_patches_are_where_the_rays_say(axis: int) -> None:
    rng = np.random.default_rng(3)
    zooms = []
    for _ in range(5):
        look = another_look(_ramp(axis), _CAMERA, rng)
        seen = np.isfinite(look.rays[:, 0])
        before = (look.rays[seen] * FOCAL + [_CAMERA.cx, _CAMERA.cy])[:, axis]
        # Light changes brightness, but not its order; a look that was a patch off would not do.
        told = look.brightness.reshape(15, 8, 20, 8).mean(axis=(1, 3)).ravel()[seen]
        order = np.argsort(told)
        off = np.abs(np.sort(before) - before[order])
        assert np.median(off) < 3.0
        assert seen.mean() > 0.3
        zooms.append(look.zoom)
    assert max(zooms) <= 1.5 and min(zooms) >= 1 / 1.5 and len(set(zooms)) == 5


def test_same_seed_gives_the_same_look() -> None:
    first, again = (
        another_look(_ramp(0), _CAMERA, np.random.default_rng(1)).brightness for _ in range(2)
    )
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("seed", range(4))
def test_turned_view_is_what_a_turned_camera_sees(seed: int) -> None:
    room, pose, size = TexturedRoom(5), camera_pose(1.4, 1.2, 1.1, 0.6), (15, 20)
    brightness = brightness_of(room.seen(pose)[0])
    view, turn = turned_view(brightness, _CAMERA, size, np.random.default_rng(seed))
    turned = Pose3(pose.rotation @ turn, pose.translation)
    true = small_view(brightness_of(room.seen(turned)[0]), size)
    seen = np.isfinite(view)
    likeness = np.corrcoef(view[seen], true[seen])[0, 1]
    elsewhere = np.corrcoef(view[seen], small_view(brightness, size)[seen])[0, 1]
    assert likeness > 0.99 and likeness > elsewhere
    assert 0.4 < seen.mean() < 1.0
    assert abs(view[seen].mean()) < 1e-5
