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


def test_a_text_file_is_no_bag(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("hello")
    with pytest.raises(BagError, match="cannot be read"):
        open_recording(path, BagTopics())


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_bag_cut_off_is_named(tmp_path: Path, share: float) -> None:
    file = make_bag(tmp_path / "run") / "run.mcap"
    whole = file.read_bytes()
    file.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(BagError, match=r"cannot be read.*damaged, cut off"):
        open_recording(tmp_path / "run", BagTopics())


def test_a_damaged_message_is_named(tmp_path: Path) -> None:
    make = Messages()
    store = make.store
    with Writer(tmp_path / "run", version=8, storage_plugin=StoragePlugin.MCAP) as writer:
        for topic, message in basics(make):
            kind = message.__msgtype__
            connection = writer.add_connection(topic, kind, typestore=store)
            writer.write(connection, 1, bytes(store.serialize_cdr(message, kind))[:40])
    with pytest.raises(BagError, match="cannot be read"):
        open_recording(tmp_path / "run", BagTopics())


def test_an_odometry_that_is_not_finite_is_named(tmp_path: Path) -> None:
    make = Messages()
    content = [
        *basics(make),
        ("/odom", make.odometry(1.1, make.pose(math.nan, 0.0, 0.0))),
    ]
    with pytest.raises(BagError, match=r"message 2 of /odom .* not finite"):
        open_recording(raw_bag(tmp_path / "run", content), BagTopics())


def test_a_zero_quaternion_is_named(tmp_path: Path) -> None:
    make = Messages()
    content = [basics(make)[0], ("/odom", make.odometry(1.0, make.pose(0.0, 0.0, 0.0, 0.0)))]
    with pytest.raises(BagError, match=r"message 1 of /odom .* quaternion is zero"):
        open_recording(raw_bag(tmp_path / "run", content), BagTopics())


def test_scans_without_stamps_are_named(tmp_path: Path) -> None:
    make = Messages()
    content = [("/scan", make.scan(0.0, "base_link")), basics(make)[1]]
    with pytest.raises(BagError, match="have no stamps"):
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
