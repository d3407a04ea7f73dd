# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is counted in a bag against what is there, and what is there and of no use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from bag_messages import Messages, drive, raw_bag
from drive_bags import SCANS, TOPICS, assert_whole, drive_bag
from mcap_files import write_mcap
from rosbags.rosbag2 import StoragePlugin

from local_inn_ros.errors import BagError
from local_inn_ros.recordings.bag_reader import BagTopics, open_recording


def metadata(path: Path, change: Callable[[dict], None]) -> None:
    told = yaml.safe_load((path / "metadata.yaml").read_text())
    change(told["rosbag2_bagfile_information"])
    (path / "metadata.yaml").write_text(yaml.safe_dump(told))


def counts(topic: str, count: int) -> Callable[[dict], None]:
    def change(told: dict) -> None:
        for one in told["topics_with_message_count"]:
            if one["topic_metadata"]["name"] == topic:
                one["message_count"] = count

    return change


@pytest.mark.parametrize("topic", ["/scan", "/odom", "/truth"])
@pytest.mark.parametrize("plugin", list(StoragePlugin))
def test_messages_that_are_counted_and_not_there_are_an_error(
    tmp_path: Path, topic: str, plugin: StoragePlugin
) -> None:
    path = raw_bag(tmp_path / "run", drive(Messages()), plugin)
    metadata(path, counts(topic, 55))
    with pytest.raises(BagError, match=rf"counts 55 messages of {topic}, and its files hold 40"):
        open_recording(path, TOPICS)


def test_a_topic_that_is_only_counted_is_an_error(tmp_path: Path) -> None:
    path = drive_bag(tmp_path / "run")

    def change(told: dict) -> None:
        for one in told["topics_with_message_count"]:
            if one["topic_metadata"]["name"] == "/scan":
                one["topic_metadata"]["name"] = "/front/scan"

    metadata(path, change)
    with pytest.raises(BagError, match=r"counts 40 messages of /front/scan, .* hold 0"):
        open_recording(path, BagTopics(scan="/front/scan"))
    assert_whole(open_recording(path, TOPICS))


@pytest.mark.parametrize("what", ["type", "offered_qos_profiles", "type_description_hash"])
def test_what_metadata_says_of_a_topic_beside_its_name_takes_nothing_away(
    tmp_path: Path, what: str
) -> None:
    """Topics are told apart by connection, as the file has them."""
    path = drive_bag(tmp_path / "run")

    def change(told: dict) -> None:
        for one in told["topics_with_message_count"]:
            if one["topic_metadata"]["name"] == "/scan":
                one["topic_metadata"][what] = "something/msg/Else"

    metadata(path, change)
    assert_whole(open_recording(path, TOPICS))


def test_more_messages_than_were_counted_are_all_read(tmp_path: Path) -> None:
    """As a recorder leaves it that was killed after it wrote the metadata first."""
    path = drive_bag(tmp_path / "run")
    metadata(path, counts("/scan", 0))
    assert_whole(open_recording(path, TOPICS))


def test_two_connections_of_one_topic_are_both_read(tmp_path: Path) -> None:
    file, store = tmp_path / "run.mcap", Messages().store
    content = drive(Messages())
    scans = [message for topic, message in content if topic == "/scan"]
    kind = scans[0].__msgtype__
    definition, _ = store.generate_msgdef(kind, ros_version=2)
    other = [bytes(store.serialize_cdr(scan, kind)) for scan in scans[:10]]
    odd = [
        ("/scan", kind, "ros2msg", definition, "cdr", other),
        ("/scan", "lamp_interfaces/msg/Lamp", "ros2msg", "bool on", "cdr", [b"\x00\x01"]),
    ]
    write_mcap(file, content[30:], odd)
    recording = open_recording(file, TOPICS)
    assert recording.unused == {"/scan": {"of another type": 1}}
    assert recording.scan_count == SCANS


def split(path: Path) -> Path:
    """Make a bag of two files out of two bags."""
    content = drive(Messages())
    one = raw_bag(path.with_name("one"), content[:60])
    two = raw_bag(path.with_name("two"), content[60:])
    path.mkdir()
    (one / "one.mcap").rename(path / "run_0.mcap")
    (two / "two.mcap").rename(path / "run_1.mcap")
    told = yaml.safe_load((one / "metadata.yaml").read_text())
    inner = told["rosbag2_bagfile_information"]
    inner["relative_file_paths"] = ["run_0.mcap", "run_1.mcap"]
    inner["message_count"] = len(content)
    for each in inner["topics_with_message_count"]:
        each["message_count"] = SCANS
    (path / "metadata.yaml").write_text(yaml.safe_dump(told))
    return path


def test_split_bags_are_read(tmp_path: Path) -> None:
    assert_whole(open_recording(split(tmp_path / "run"), TOPICS))


def test_a_file_that_is_missing_of_a_split_bag_is_said(tmp_path: Path) -> None:
    path = split(tmp_path / "run")
    (path / "run_1.mcap").unlink()
    recording = open_recording(path, TOPICS)
    assert recording.scan_count == 20
    assert any("run_1.mcap is missing" in note for note in recording.notes)
    assert any("20 of 40 messages of /scan" in note for note in recording.notes)


def test_a_file_that_is_broken_of_a_split_bag_is_said(tmp_path: Path) -> None:
    path = split(tmp_path / "run")
    (path / "run_0.mcap").write_bytes(b"nothing")
    recording = open_recording(path, TOPICS)
    assert recording.scan_count == 20
    assert any("run_0.mcap" in note for note in recording.notes)


def test_readings_that_cannot_be_used_are_counted_by_reason(tmp_path: Path) -> None:
    make = Messages()
    nowhere = make.pose(float("nan"), 0.0, 0.0)
    bad = [
        ("/odom", make.odometry(100.01, make.pose(0.0, 0.0, 0.0, 0.0))),
        ("/odom", make.odometry(100.02, nowhere)),
        ("/odom", make.odometry(0.0, make.pose(0.0, 0.0, 0.0))),
        ("/odom", make.odometry(100.03, make.pose(0.0, 0.0, 0.0), twist=(1e9, 0.0, 0.0))),
        ("/scan", make.scan(0.0, "base_link")),
        ("/truth", make.pose_stamped(100.03, nowhere)),
        ("/tf", make.transforms(100.0, ("base_link", "arm", float("nan"), 0.0, 0.0))),
    ]
    recording = open_recording(raw_bag(tmp_path / "run", [*bad, *drive(make)]), TOPICS)
    assert_whole(recording)
    assert recording.unused == {
        "/odom": {
            "a quaternion that is no rotation": 1,
            "a number that is not finite": 1,
            "a speed that is none of a robot": 1,
            "no stamp": 1,
        },
        "/scan": {"no stamp": 1},
        "/tf": {"a number that is not finite": 1},
        "/truth": {"a number that is not finite": 1},
    }


def test_transforms_that_are_counted_and_not_there_are_said(tmp_path: Path) -> None:
    """Nobody may need them."""
    make = Messages()
    tree = make.transforms(1.0, ("base_link", "arm", 0.1, 0.0, 0.0))
    path = raw_bag(tmp_path / "run", [("/tf_static", tree), *drive(make)])
    metadata(path, counts("/tf_static", 3))
    recording = open_recording(path, TOPICS)
    assert_whole(recording)
    assert any("3 messages of /tf_static, and its files hold 1" in one for one in recording.notes)
