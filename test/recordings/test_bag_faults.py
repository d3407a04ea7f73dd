# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bags that are refused, with the reason."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from bag_messages import Messages, basics, make_bag, raw_bag
from rosbags.rosbag2 import StoragePlugin, Writer

from local_inn_ros.errors import BagError
from local_inn_ros.recordings.bag_reader import BagTopics, open_recording


def test_missing_topics_are_listed(tmp_path: Path) -> None:
    path = make_bag(tmp_path / "run")
    listing = r"/ground_truth \(geometry_msgs/msg/PoseStamped\), /odom \(nav_msgs/msg/Odometry\)"
    with pytest.raises(BagError, match=rf"no topic /laser; it has {listing}"):
        open_recording(path, BagTopics(scan="/laser"))
    with pytest.raises(BagError, match="no topic /wheel"):
        open_recording(path, BagTopics(odometry="/wheel"))
    with pytest.raises(BagError, match=r"neither a topic nor a frame /truth .*frames are .*laser"):
        open_recording(path, BagTopics(reference="/truth"))


def test_topics_of_another_type_are_named(tmp_path: Path) -> None:
    path = make_bag(tmp_path / "run")
    with pytest.raises(BagError, match=r"/odom .* is nav_msgs/msg/Odometry, not sensor_msgs"):
        open_recording(path, BagTopics(scan="/odom"))
    with pytest.raises(BagError, match=r"/scan .* is sensor_msgs/msg/LaserScan, not geometry"):
        open_recording(path, BagTopics(reference="/scan"))


def test_a_missing_bag_is_named(tmp_path: Path) -> None:
    with pytest.raises(BagError, match="there is no bag at"):
        open_recording(tmp_path / "none", BagTopics())


def test_a_folder_that_is_no_bag_is_named(tmp_path: Path) -> None:
    with pytest.raises(BagError, match=r"not a bag: it has no metadata\.yaml"):
        open_recording(tmp_path, BagTopics())


@pytest.mark.parametrize("name", ["notes.txt", "notes.mcap", "notes.db3", "notes.bag"])
def test_a_text_file_is_no_bag(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("hello")
    with pytest.raises(BagError, match="cannot be read"):
        open_recording(path, BagTopics())


def test_an_empty_file_is_named(tmp_path: Path) -> None:
    (make_bag(tmp_path / "run") / "run.mcap").write_bytes(b"")
    with pytest.raises(BagError, match=r"run\.mcap cannot be read: it is empty"):
        open_recording(tmp_path / "run", BagTopics())


def test_a_topic_that_holds_nothing_whole_is_named(tmp_path: Path) -> None:
    make = Messages()
    store = make.store
    with Writer(tmp_path / "run", version=8, storage_plugin=StoragePlugin.MCAP) as writer:
        for topic, message in basics(make):
            kind = message.__msgtype__
            connection = writer.add_connection(topic, kind, typestore=store)
            writer.write(connection, 1, bytes(store.serialize_cdr(message, kind))[:40])
    with pytest.raises(BagError, match=r"not one of the 1 messages of /scan .*1 cannot be deser"):
        open_recording(tmp_path / "run", BagTopics())


@pytest.mark.parametrize(
    ("x", "scale", "why"),
    [
        (math.nan, 1.0, "1 a number that is not finite"),
        (0.0, 0.0, "1 a quaternion that is no rotation"),
        (1e12, 1.0, "1 a position that is nowhere on Earth"),
    ],
)
def test_odometry_that_is_all_unusable_is_named(
    tmp_path: Path, x: float, scale: float, why: str
) -> None:
    make = Messages()
    content = [basics(make)[0], ("/odom", make.odometry(1.0, make.pose(x, 0.0, 0.0, scale)))]
    with pytest.raises(BagError, match=f"not one of the 1 messages of /odom .*{why}"):
        open_recording(raw_bag(tmp_path / "run", content), BagTopics())


def test_scans_without_stamps_are_named(tmp_path: Path) -> None:
    make = Messages()
    content = [("/scan", make.scan(0.0, "base_link")), basics(make)[1]]
    with pytest.raises(BagError, match=r"messages of /scan .* can be used: 1 no stamp"):
        open_recording(raw_bag(tmp_path / "run", content), BagTopics())


def test_a_topic_without_messages_is_named(tmp_path: Path) -> None:
    make = Messages()
    with Writer(tmp_path / "run", version=8, storage_plugin=StoragePlugin.MCAP) as writer:
        for topic, message in basics(make):
            connection = writer.add_connection(topic, message.__msgtype__, typestore=make.store)
            if topic == "/scan":
                raw = make.store.serialize_cdr(message, message.__msgtype__)
                writer.write(connection, 1, raw)
    with pytest.raises(BagError, match=r"/odom .* holds no message"):
        open_recording(tmp_path / "run", BagTopics())


@pytest.mark.parametrize("name", ["run.mcap", "run.db3", "run.bag"])
def test_a_git_lfs_pointer_is_no_bag_and_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:a\nsize 1")
    with pytest.raises(BagError, match=rf"{name} is a Git LFS pointer, .*git lfs pull"):
        open_recording(tmp_path / name, BagTopics())


def test_a_file_that_ends_before_a_topic_is_named_is_called_damaged(tmp_path: Path) -> None:
    file = make_bag(tmp_path / "run") / "run.mcap"
    file.write_bytes(file.read_bytes()[:60])
    wanted = r"before the first message of /scan, of which there were 10: run\.mcap: its end is mis"
    with pytest.raises(BagError, match=wanted):
        open_recording(tmp_path / "run", BagTopics())
