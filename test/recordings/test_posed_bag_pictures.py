# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures of bags get the poses that the camera had; what cannot be learned from is counted."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bag_messages import raw_bag
from camera_messages import FRAME, CameraMessages
from picture_messages import a_picture, a_spec

from local_inn_ros.errors import BagError
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.recordings.bag_pictures import (
    PictureTopics,
    only_picture_topic,
    open_pictures,
)
from local_inn_ros.recordings.bag_reference import open_reference
from local_inn_ros.recordings.base_way import LeftOut, ReferenceWay
from local_inn_ros.recordings.posed_bag_pictures import LearnablePictures, learnable_pictures

SPEC = a_spec(64, 48, 60.0)
TOPIC, INFO, PACKED = "/front/image_raw", "/front/camera_info", "/front/image_raw/compressed"
MAKE = CameraMessages()
# x ahead becomes z ahead: a turn about x by a quarter, after one about z.
OPTICAL = ("base_link", FRAME, 0.3, -math.pi / 2, -math.pi / 2)


class Known:
    """Says the same deviations everywhere, of a robot that goes straight at 1 m/s."""

    def __init__(self, position_m: float, heading_rad: float) -> None:
        self._deviations = position_m, position_m, heading_rad

    def at(self, stamp_s: float) -> GaussianPose2 | LeftOut:
        return GaussianPose2.from_deviations(Pose2(stamp_s, 1.0, 0.0), *self._deviations)


def bag_of(path: Path, content: list[tuple[str, Any]]) -> Path:
    mount = [("/tf_static", MAKE.transforms(1.0, OPTICAL)), (INFO, MAKE.info())]
    return raw_bag(path, [*mount, *content])


def taken(stamps_s: np.ndarray) -> list[tuple[str, Any]]:
    return [(TOPIC, MAKE.picture(stamp_s, k)) for k, stamp_s in enumerate(stamps_s.tolist())]


def learn(bag: Path, way: Any, folder: Path, base: str = "base_link") -> LearnablePictures:
    folder.mkdir()
    recording = open_pictures(bag, PictureTopics(TOPIC))
    return learnable_pictures(recording, SPEC, recording.mount(base), way, folder)


def test_a_reference_tells_poses_without_scans_and_odometry(tmp_path: Path) -> None:
    stamps_s = 10.0 + 0.1 * np.arange(8)
    truth = [
        ("/truth", MAKE.pose_stamped(one, MAKE.pose(one, 1.0, 0.5))) for one in (10.0, 10.25, 10.5)
    ]
    bag = bag_of(tmp_path / "bag", [*taken(stamps_s), *truth])
    known = open_reference(bag, "/truth", "/odom", "map")
    found = learn(bag, ReferenceWay(known.path), tmp_path / "pictures", known.base_frame)
    assert [one.stamp_s for one in found.posed] == pytest.approx(stamps_s[:6])
    assert found.left_out == {"the reference has no pose there": 2}
    assert found.in_words() == ["2 of 8 pictures are left out: the reference has no pose there"]
    for number, one in enumerate(found.posed):
        pose = one.map_from_camera
        ahead = [math.cos(0.5), math.sin(0.5)]
        assert pose.translation == pytest.approx(
            [one.stamp_s + 0.3 * ahead[0], 1.0 + 0.3 * ahead[1], 0.2], abs=1e-6
        )
        assert pose.rotation @ [0.0, 0.0, 1.0] == pytest.approx([*ahead, 0.0], abs=1e-6)
        assert pose.rotation @ [0.0, 1.0, 0.0] == pytest.approx([0.0, 0.0, -1.0], abs=1e-6)
        pixels = one.picture(SPEC).pixels
        assert np.abs(pixels.astype(int) - a_picture(64, 48, number)).max() <= 1


@pytest.mark.parametrize(
    ("position_m", "heading_deg", "kept"), [(0.04, 0.4, 3), (0.06, 0.4, 0), (0.01, 1.6, 0)]
)
def test_an_uncertain_pose_is_no_pose(
    tmp_path: Path, position_m: float, heading_deg: float, kept: int
) -> None:
    bag = bag_of(tmp_path / "bag", taken(np.array([1.0, 1.1, 1.2])))
    way = Known(position_m, math.radians(heading_deg))
    if kept:
        assert len(learn(bag, way, tmp_path / "pictures").posed) == kept
        return
    with pytest.raises(
        BagError, match=r"3: its pose is uncertain by more than 5 cm or 1\.5 degrees"
    ):
        learn(bag, way, tmp_path / "pictures")


def test_a_camera_far_off_the_base_is_moved_by_a_turn(tmp_path: Path) -> None:
    far = ("base_link", FRAME, 5.0, -math.pi / 2, -math.pi / 2)
    content = [("/tf_static", MAKE.transforms(1.0, far)), (INFO, MAKE.info())]
    bag = raw_bag(tmp_path / "bag", [*content, *taken(np.array([1.0]))])
    with pytest.raises(BagError, match="its pose is uncertain"):
        # 1.2 degrees alone would do, and are 10 cm there.
        learn(bag, Known(0.001, math.radians(1.2)), tmp_path / "pictures")


def test_a_robot_that_stands_is_learned_from_once(tmp_path: Path) -> None:
    stamps_s = 5.0 + 0.1 * np.arange(10)
    poses = [(min(one, 5.3), 0.0) for one in stamps_s[:7]]
    poses += [(5.3, math.radians(0.2)), (5.3, math.radians(0.4)), (5.3, math.radians(0.6))]
    truth = [
        ("/truth", MAKE.pose_stamped(float(stamp_s), MAKE.pose(x, 0.0, yaw)))
        for stamp_s, (x, yaw) in zip(stamps_s, poses, strict=True)
    ]
    bag = bag_of(tmp_path / "bag", [*taken(stamps_s), *truth])
    known = open_reference(bag, "/truth", "/odom", "map")
    found = learn(bag, ReferenceWay(known.path), tmp_path / "pictures")
    assert [one.stamp_s for one in found.posed] == pytest.approx([5.0, 5.1, 5.2, 5.3, 5.9])
    assert found.left_out == {
        "the camera had moved since the one before by less than 2 cm and 0.5 degrees": 5
    }


def test_what_shows_nothing_is_counted_beside(tmp_path: Path) -> None:
    dark = MAKE.picture(1.3)
    object.__setattr__(dark, "data", np.zeros(64 * 48 * 3, np.uint8))
    elsewhere = MAKE.picture(1.4, frame="rear_optical_frame")
    content = [*taken(np.array([1.0, 1.1, 1.2])), (TOPIC, dark), (TOPIC, elsewhere)]
    found = learn(bag_of(tmp_path / "bag", content), Known(0.01, 0.01), tmp_path / "pictures")
    assert len(found.posed) == 3
    assert found.left_out == {"too dark": 1, "a frame that no transform connects": 1}


def test_a_clock_that_was_set_back_is_refused(tmp_path: Path) -> None:
    stamps_s = np.concatenate([5.0 + 0.1 * np.arange(12), 1.0 + 0.1 * np.arange(12)])
    bag = bag_of(tmp_path / "bag", taken(stamps_s))
    with pytest.raises(BagError, match="not learned from: the stamps of /front/image_raw go back"):
        learn(bag, Known(0.01, 0.01), tmp_path / "pictures")
    truth = [("/truth", MAKE.pose_stamped(one, MAKE.pose(one, 0.0, 0.0))) for one in stamps_s]
    bag = bag_of(tmp_path / "other", [*taken(np.array([1.0])), *truth])
    with pytest.raises(BagError, match="not learned from: the stamps of /truth go back"):
        open_reference(bag, "/truth", "/odom", "map")


def test_base_and_map_are_those_of_the_transforms(tmp_path: Path) -> None:
    edges = ("robot/base_link", FRAME, 0.3, 0.0, 0.0)
    way = [
        ("/tf", MAKE.transforms(stamp_s, ("map", "robot/base_link", stamp_s, 0.0, 0.0)))
        for stamp_s in (1.0, 1.2)
    ]
    content = [("/tf_static", MAKE.transforms(1.0, edges)), (INFO, MAKE.info()), *way]
    bag = raw_bag(tmp_path / "bag", [*content, *taken(np.array([1.1]))])
    known = open_reference(bag, "robot/base_link", "/odom", "map")
    assert known.base_frame == "robot/base_link"
    found = learn(bag, ReferenceWay(known.path), tmp_path / "pictures", known.base_frame)
    assert found.posed.pictures[0].map_from_camera.translation[:2] == pytest.approx([1.4, 0.0])
    with pytest.raises(BagError, match="neither a topic nor a frame /vicon"):
        open_reference(bag, "/vicon", "/odom", "map")


def test_the_only_camera_is_found(tmp_path: Path) -> None:
    both = [(PACKED, MAKE.packed(1.0)), *taken(np.array([1.0]))]
    assert only_picture_topic(bag_of(tmp_path / "both", both)) == TOPIC
    assert only_picture_topic(bag_of(tmp_path / "packed", both[:1])) == PACKED
    rear = [("/rear/image_raw", MAKE.picture(1.0)), ("/rear/camera_info", MAKE.info())]
    several = bag_of(tmp_path / "several", [*both, *rear])
    with pytest.raises(BagError, match="--image-topic, /front/image_raw or /rear/image_raw"):
        only_picture_topic(several)
    alone = raw_bag(tmp_path / "alone", taken(np.array([1.0])))
    with pytest.raises(BagError, match="no pictures with a camera_info beside them; it has /front"):
        only_picture_topic(alone)
