# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures out of bags: what is whole is read, and the rest is counted by its reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bag_messages import raw_bag
from camera_messages import FRAME, CameraMessages
from picture_messages import a_picture, a_spec, camera_info
from rosbags.rosbag1 import Writer as Writer1
from rosbags.rosbag2 import StoragePlugin
from rosbags.typesys import Stores

from local_inn_ros.errors import BagError
from local_inn_ros.recordings.bag_pictures import (
    PictureRecording,
    PictureTopics,
    Told,
    open_pictures,
)

SPEC = a_spec(32, 24, 30.0)
TOPIC, INFO, PACKED = "/front/image_raw", "/front/camera_info", "/front/image_raw/compressed"


MAKE = CameraMessages()


def stream(*stamps_s: float) -> list[tuple[str, Any]]:
    return [(INFO, MAKE.info()), *((TOPIC, MAKE.picture(one, k)) for k, one in enumerate(stamps_s))]


def read(recording: PictureRecording) -> tuple[list[float], dict[str, int], list[str]]:
    """Return the stamps of the pictures, what was not used by its reason, and the notes."""
    told = Told()
    stamps_s = [picture.stamp_s for picture in recording.pictures(SPEC, told)]
    counted: dict[str, int] = {}
    for topics in (recording.unused, told.unused.by_topic()):
        for reasons in topics.values():
            for reason, count in reasons.items():
                counted[reason] = counted.get(reason, 0) + count
    return stamps_s, counted, [*recording.notes, *told.notes]


@pytest.mark.parametrize("plugin", list(StoragePlugin))
def test_pictures_come_by_their_stamps(tmp_path: Path, plugin: StoragePlugin) -> None:
    path = raw_bag(tmp_path / "run", stream(1.0, 1.2, 1.1, 1.3), plugin)
    recording = open_pictures(path, PictureTopics(TOPIC))
    assert (recording.picture_count, recording.frame) == (4, FRAME)
    assert recording.calibration.picture_size == (64, 48)
    assert read(recording) == (pytest.approx([1.0, 1.1, 1.2, 1.3]), {}, [])
    picture = next(recording.pictures(SPEC, Told(), "front"))
    assert picture.sensor == "front"
    whole = a_picture(64, 48, 0).reshape(24, 2, 32, 2, 3).mean((1, 3))
    assert np.abs(picture.pixels - whole).mean() < 1.0


def test_compressed_pictures_have_their_calibration_beside_the_plain_ones(tmp_path: Path) -> None:
    content = [(PACKED, MAKE.packed(1.0)), (INFO, MAKE.info()), (PACKED, MAKE.packed(1.1))]
    recording = open_pictures(raw_bag(tmp_path / "run", content), PictureTopics(PACKED))
    # The first came before the calibration, which a recording knows all the same.
    assert read(recording) == (pytest.approx([1.0, 1.1]), {}, [])


def test_a_bag_of_ros_1(tmp_path: Path) -> None:
    make = CameraMessages(Stores.ROS1_NOETIC)
    path = tmp_path / "run.bag"
    with Writer1(path) as bag:
        told = [(INFO, "CameraInfo", make.info()), (TOPIC, "Image", make.picture(1.0))]
        for topic, name, message in told:
            kind = f"sensor_msgs/msg/{name}"
            connection = bag.add_connection(topic, kind, typestore=make.store)
            bag.write(connection, 1, make.store.serialize_ros1(message, kind))
    assert read(open_pictures(path, PictureTopics(TOPIC)))[0] == pytest.approx([1.0])


def damaged(stamp_s: float, **changes: Any) -> Any:
    message = MAKE.picture(stamp_s)
    for name, value in changes.items():
        object.__setattr__(message, name, value)
    return message


def test_single_messages_never_spoil_a_recording(tmp_path: Path) -> None:
    cut, other = MAKE.packed(1.5), MAKE.packed(1.6)
    object.__setattr__(cut, "data", cut.data[:-50])
    object.__setattr__(other, "data", np.arange(200, dtype=np.uint8))
    content = [
        *stream(1.0, 1.1),
        (TOPIC, damaged(0.0)),
        (TOPIC, damaged(1.2, step=7)),
        (TOPIC, damaged(1.2, width=0)),
        (TOPIC, damaged(1.2, encoding="16UC1")),
        (TOPIC, damaged(1.2, data=np.zeros(0, np.uint8))),
        (TOPIC, damaged(1.2, data=np.zeros(64 * 48 * 3, np.uint8))),
        (TOPIC, damaged(1.2, data=np.full(64 * 48 * 3, 255, np.uint8))),
        (TOPIC, MAKE.picture(1.2, frame="rear_optical_frame")),
        (INFO, MAKE.info(k=np.zeros(9))),
        (TOPIC, MAKE.picture(1.3)),
    ]
    stamps_s, counted, _ = read(
        open_pictures(raw_bag(tmp_path / "run", content), PictureTopics(TOPIC))
    )
    assert stamps_s == pytest.approx([1.0, 1.1, 1.3])
    assert counted == {
        "no stamp": 1,
        "rows that do not fit the picture": 1,
        "a picture without size or data": 2,
        "an encoding that is not known": 1,
        "too dark": 1,
        "over-exposed": 1,
        "a frame that no transform connects": 1,
        "no calibration of the camera": 1,
    }
    packed = [(INFO, MAKE.info()), (PACKED, MAKE.packed(1.4)), (PACKED, cut), (PACKED, other)]
    stamps_s, counted, _ = read(
        open_pictures(raw_bag(tmp_path / "packed", packed), PictureTopics(PACKED))
    )
    assert stamps_s == pytest.approx([1.4])
    assert counted == {
        "a compressed picture that is cut off": 1,
        "an encoding that is not known": 1,
    }


def test_a_recording_may_be_read_again_and_counts_the_same(tmp_path: Path) -> None:
    content = [*stream(1.0), (TOPIC, damaged(1.2, step=7))]
    recording = open_pictures(raw_bag(tmp_path / "run", content), PictureTopics(TOPIC))
    assert read(recording) == read(recording)


def test_what_is_odd_is_told(tmp_path: Path) -> None:
    large = MAKE.of("CameraInfo", camera_info(128, 96, 120.0))
    content = [(INFO, large), (TOPIC, MAKE.picture(1.0)), (TOPIC, MAKE.picture(1.1, frame=""))]
    stamps_s, _, notes = read(
        open_pictures(raw_bag(tmp_path / "run", content), PictureTopics(TOPIC))
    )
    assert len(stamps_s) == 2
    assert any("frame_id of /front/image_raw is empty in 1 messages" in note for note in notes)
    assert any("64x48" in note and "128x96" in note for note in notes)


def test_a_clock_that_was_set_back_is_told(tmp_path: Path) -> None:
    stamps_s = [*(5.0 + 0.1 * k for k in range(12)), *(1.0 + 0.1 * k for k in range(12))]
    path = raw_bag(tmp_path / "run", stream(*stamps_s))
    assert "go back once" in open_pictures(path, PictureTopics(TOPIC)).set_back[0]


def test_the_camera_s_mount_is_in_the_bag(tmp_path: Path) -> None:
    edges = ("base_link", FRAME, 0.3, 0.0, 0.1)
    content = [("/tf_static", MAKE.transforms(1.0, edges)), *stream(1.0)]
    recording = open_pictures(raw_bag(tmp_path / "run", content), PictureTopics(TOPIC))
    mount = recording.mount("base_link")
    assert mount.base_from_sensor.translation == pytest.approx([0.3, 0.0, 0.2])
    assert (mount.base, mount.sensor) == ("base_link", FRAME)


@pytest.mark.parametrize(
    ("content", "topics", "says"),
    [
        (stream(1.0), PictureTopics("/rear/image_raw"), "has no topic /rear/image_raw"),
        (stream(1.0)[1:], PictureTopics(TOPIC), "has no topic /front/camera_info"),
        (stream(1.0), PictureTopics(INFO, INFO), "not sensor_msgs/msg/Image or"),
        (stream(1.0), PictureTopics(TOPIC, TOPIC), "not sensor_msgs/msg/CameraInfo"),
        (
            [(INFO, MAKE.info(k=np.zeros(9))), (TOPIC, MAKE.picture(1.0))],
            PictureTopics(TOPIC),
            "not one of the 1 messages of /front/camera_info .* not calibrated",
        ),
    ],
)
def test_a_bag_without_what_is_needed_is_refused(
    tmp_path: Path, content: list, topics: PictureTopics, says: str
) -> None:
    with pytest.raises(BagError, match=says):
        open_pictures(raw_bag(tmp_path / "run", content), topics)
