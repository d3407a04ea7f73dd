# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures as the networks of PoseINN as published take them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("cv2")

from textured_room import FOCAL, HEIGHT, WIDTH, TexturedRoom, drive_along, write_sequence

from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.recordings.picture_folder import read_picture_folder
from local_inn_ros.sensing import CameraSpec
from local_inn_ros.systems.pose_inn.paper_looks import (
    another_paper_look,
    brightness_drawn,
    paper_picture,
    plain_paper_look,
)
from local_inn_ros.systems.pose_inn.paper_posterior import matrices_of
from local_inn_ros.systems.pose_inn.paper_source import paper_looks_of

CAMERA = CameraSpec(
    name="camera",
    rate_hz=30.0,
    width=WIDTH,
    height=HEIGHT,
    fx=FOCAL,
    fy=FOCAL,
    cx=(WIDTH - 1) / 2,
    cy=(HEIGHT - 1) / 2,
    colour="mono",
)
ROOM = TexturedRoom(5)
POSES = drive_along(8)


def test_picture_is_laid_out_as_the_camera_has_colours() -> None:
    grey = ROOM.seen(POSES[0])[0]
    colours = np.repeat(grey[:, :, None], 3, axis=2)
    one, three = paper_picture(grey, 1), paper_picture(colours, 3)
    assert one.shape == (1, 128, 128) and three.shape == (3, 128, 128)
    np.testing.assert_allclose(paper_picture(colours, 1), one, atol=1e-6)
    np.testing.assert_allclose(paper_picture(grey, 3), three, atol=1e-6)
    assert 0.0 <= one.min() <= one.max() <= 1.0
    plain = plain_paper_look(grey, CAMERA)
    np.testing.assert_array_equal(plain.seen, one)
    np.testing.assert_array_equal(plain.turned, np.eye(3))


def test_look_shows_what_a_camera_that_is_turned_sees() -> None:
    rng = np.random.default_rng(0)
    for pose in POSES:
        look = another_paper_look(ROOM.seen(pose)[0], CAMERA, rng)
        turned = Pose3(pose.rotation @ look.turned, pose.translation)
        middle = (0, slice(40, 88), slice(40, 88))
        seen = paper_picture(ROOM.seen(turned)[0], 1)[middle]
        plain = paper_picture(ROOM.seen(pose)[0], 1)[middle]
        off = np.abs(look.clear[middle] - seen).mean()
        assert off < 0.5 * np.abs(plain - seen).mean() and off < 0.03
        assert look.seen.shape == look.clear.shape and not np.array_equal(look.seen, look.clear)


def test_looks_have_the_poses_that_they_show(tmp_path) -> None:
    folder = write_sequence(tmp_path / "pictures", ROOM, POSES, depth=False)
    posed = read_picture_folder(folder)
    # As a camera that takes brightness alone would be described.
    posed = replace(posed, camera=posed.camera.model_copy(update={"colour": "mono"}))
    asked: list[int] = []

    def features(pictures: np.ndarray) -> np.ndarray:
        asked.append(len(pictures))
        return pictures.mean(axis=(2, 3))

    looks = paper_looks_of(posed, 5, 3, features, np.random.default_rng(1))
    assert sum(asked) == 40 and looks.features.shape == (40, 1)
    poses = matrices_of(looks.poses)
    np.testing.assert_allclose(poses[::5], posed.poses(), atol=1e-6)
    np.testing.assert_allclose(poses[:, :3, 3], np.repeat(posed.poses()[:, :3, 3], 5, axis=0))
    for number in (1, 13, 39):
        seen = paper_picture(ROOM.seen(Pose3.from_matrix(poses[number]))[0], 1)
        middle = (0, slice(40, 88), slice(40, 88))
        assert np.abs(looks.pictures[number][middle] / 255.0 - seen[middle]).mean() < 0.03
    batch = looks.draw(np.random.default_rng(2), 16)
    assert batch.features.shape == (16, 1) and batch.poses.shape == (16, 12)
    assert batch.pictures.shape == (3, 1, 128, 128) and batch.pictures.max() <= 1.0


def test_drawn_picture_has_the_proportions_of_the_camera() -> None:
    told = brightness_drawn(paper_picture(ROOM.seen(POSES[0])[0], 1), CAMERA)
    assert told.shape == (96, 128)
    assert told.mean() == pytest.approx(0.0, abs=1e-4)
    assert told.std() == pytest.approx(1.0, abs=2e-2)
