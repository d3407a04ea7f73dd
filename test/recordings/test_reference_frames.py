# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The frames of reference poses: transformed where something connects them, else refused."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bag_messages import Messages, drive, raw_bag

from local_inn_ros.errors import BagError
from local_inn_ros.geometry import Pose2
from local_inn_ros.recordings.bag_reader import BagTopics, Recording, open_recording


def truth_of(make: Messages, count: int = 20, frame: str = "map") -> list[tuple[str, Any]]:
    """Return odometry and scans of a robot that goes straight, and its way in a frame."""
    content = drive(make, count)
    for _, message in content:
        if message.__msgtype__.endswith("PoseStamped"):
            message.header.frame_id = frame
    return content


def way(count: int = 20) -> np.ndarray:
    x = 3.0 + 0.1 * np.arange(count)
    return np.column_stack([x, np.ones(count), np.zeros(count)])


TRUTH = BagTopics(reference="/truth")


def opened(path: Path, content: list[tuple[str, Any]], topics: BagTopics = TRUTH) -> Recording:
    return open_recording(raw_bag(path, content), topics)


def test_a_reference_in_a_frame_that_nothing_connects_is_refused(tmp_path: Path) -> None:
    content = truth_of(Messages(), frame="mocap")
    told = (
        r"/truth is in frame 'mocap': no transform connects 'mocap' with 'map'.*--map-frame mocap"
    )
    with pytest.raises(BagError, match=told):
        opened(tmp_path / "run", content)
    topics = BagTopics(reference="/truth", map_frame="mocap")
    recording = open_recording(tmp_path / "run", topics)
    assert recording.reference is not None
    np.testing.assert_allclose(recording.reference.poses, way(), atol=1e-9)


@pytest.mark.parametrize("upwards", [False, True])
def test_a_reference_in_a_frame_that_is_connected_is_transformed(
    tmp_path: Path, upwards: bool
) -> None:
    make = Messages()
    place = Pose2(2.0, 0.0, math.pi / 2)
    # The way is told as the map is seen from there.
    edge = ("map", "mocap", 2.0, math.pi / 2, 0.0)
    if upwards:
        back = place.inverse()
        edge = ("mocap", "map", back.x, back.yaw, 0.0)
    tree = make.transforms(1.0, edge)
    if upwards:
        tree.transforms[0].transform.translation.y = back.y
    content = [("/tf_static", tree), *truth_of(make, frame="/mocap")]
    reference = opened(tmp_path / "run", content).reference
    assert reference is not None
    wanted = [(place @ Pose2.from_array(row)).to_array() for row in way()]
    np.testing.assert_allclose(reference.poses, wanted, atol=1e-6)


def test_a_reference_in_a_frame_that_moves_is_transformed_at_each_stamp(tmp_path: Path) -> None:
    make = Messages()
    content = truth_of(make, frame="odom2")
    content += [
        ("/tf", make.transforms(99.9 + 0.1 * k, ("map", "odom2", 0.5 * k, 0.0, 0.0)))
        for k in range(16)
    ]
    recording = opened(tmp_path / "run", content)
    assert recording.reference is not None
    # The last transform is of 101.4 s.
    assert len(recording.reference.stamps_s) == 15
    assert recording.unused == {"/truth": {"a frame that no transform connects": 5}}
    x = way()[:15, 0] + 0.5 + 0.5 * np.arange(15)
    np.testing.assert_allclose(recording.reference.poses[:, 0], x, atol=1e-6)


def test_frames_may_change_from_message_to_message(tmp_path: Path) -> None:
    make = Messages()
    content = truth_of(make)
    poses = [message for topic, message in content if topic == "/truth"]
    for message in poses[5:10]:
        message.header.frame_id = "mocap"
    for message in poses[10:12]:
        message.header.frame_id = "elsewhere"
    for message in poses[12:14]:
        message.header.frame_id = ""
    tree = make.transforms(1.0, ("map", "mocap", 10.0, 0.0, 0.0))
    recording = opened(tmp_path / "run", [("/tf_static", tree), *content])
    assert recording.unused == {"/truth": {"a frame that no transform connects": 2}}
    assert recording.reference is not None
    wanted = np.delete(way(), [10, 11], axis=0)
    wanted[5:10, 0] += 10.0
    np.testing.assert_allclose(recording.reference.poses, wanted, atol=1e-6)
    assert recording.notes == ("frame_id of /truth is empty in 2 messages: taken for 'map'",)


def marker_truth(make: Messages, child: str) -> list[tuple[str, Any]]:
    """Return the way of something 0.4 m ahead of the base, and turned by half a turn on it."""
    return [
        ("/truth", make.odometry(one[0], make.pose(one[1] + 0.4, 1.0, math.pi), child, "map"))
        for one in [(100.0 + 0.1 * k, 3.0 + 0.1 * k) for k in range(20)]
    ]


@pytest.mark.parametrize("topic", ["/tf_static", "/tf"])
def test_the_truth_of_a_marker_is_taken_to_the_base(tmp_path: Path, topic: str) -> None:
    make = Messages()
    basic = [one for one in drive(make, 20) if one[0] != "/truth"]
    tree = make.transforms(1.0, ("base_link", "marker", 0.4, math.pi, 0.0))
    content = [(topic, tree), *basic, *marker_truth(make, "marker")]
    reference = opened(tmp_path / "run", content).reference
    assert reference is not None
    np.testing.assert_allclose(reference.poses, way(), atol=1e-6)


def test_the_truth_of_a_marker_that_nothing_places_is_refused(tmp_path: Path) -> None:
    make = Messages()
    basic = [one for one in drive(make, 20) if one[0] != "/truth"]
    content = [*basic, *marker_truth(make, "marker")]
    with pytest.raises(BagError, match="reference is of 'marker', and no transform on the robot"):
        opened(tmp_path / "run", content)
    # Connected through the map, which is what is to be found out, is not connected on the robot.
    ways = [
        ("/tf", make.transforms(100.0 + 0.1 * k, ("map", one, 0.1 * k, 0.0, 0.0)))
        for k in range(20)
        for one in ("odom", "marker")
    ]
    ways += [
        ("/tf", make.transforms(100.0 + 0.1 * k, ("odom", "base_link", 0.1 * k, 0.0, 0.0)))
        for k in range(20)
    ]
    with pytest.raises(BagError, match="reference is of 'marker', and no transform on the robot"):
        opened(tmp_path / "again", [*content, *ways])


def test_a_base_with_two_parents_is_named_where_the_truth_hangs_above_it(tmp_path: Path) -> None:
    """A frame that a tracking system tells, joined to a base that the odometry has already."""
    make = Messages()
    basic = [one for one in drive(make, 20) if one[0] != "/truth"]
    ways = [
        ("/tf", make.transforms(100.0 + 0.1 * k, (parent, child, 0.1 * k, 0.0, 0.0)))
        for k in range(20)
        for parent, child in (("map", "tracked"), ("odom", "base_link"))
    ]
    static = ("/tf_static", make.transforms(1.0, ("tracked", "base_link", 0.0, 0.0, 0.0)))
    with pytest.raises(BagError, match="'base_link' has 2 parents, odom and tracked: record where"):
        opened(tmp_path / "run", [static, *basic, *ways], BagTopics(reference="tracked"))


def test_the_truth_of_a_frame_is_taken_to_the_base(tmp_path: Path) -> None:
    """A tracked frame hangs below the base, as one whose place a tracking system tells may."""
    make = Messages()
    basic = [one for one in drive(make, 20) if one[0] != "/truth"]
    ways = [
        ("/tf", make.transforms(100.0 + 0.1 * k, ("map", "base_link", 3.0 + 0.1 * k, 0.0, 0.0)))
        for k in range(20)
    ]
    tree = make.transforms(1.0, ("base_link", "marker", 0.4, 0.0, 0.0))
    topics = BagTopics(reference="marker")
    reference = opened(tmp_path / "run", [("/tf_static", tree), *basic, *ways], topics).reference
    assert reference is not None
    np.testing.assert_allclose(reference.poses[:, 0], way()[:, 0], atol=1e-6)


def test_an_empty_child_of_the_truth_is_the_base(tmp_path: Path) -> None:
    make = Messages()
    content = [one for one in drive(make, 20) if one[0] != "/truth"]
    content += [
        ("/truth", make.odometry(100.0 + 0.1 * k, make.pose(3.0 + 0.1 * k, 1.0, 0.0), "", "map"))
        for k in range(20)
    ]
    recording = opened(tmp_path / "run", content)
    assert recording.reference is not None
    np.testing.assert_allclose(recording.reference.poses, way(), atol=1e-9)
    assert recording.notes == (
        "child_frame_id of /truth is empty in 20 messages: taken for 'base_link'",
    )


def test_a_frame_with_two_parents_matters_only_where_it_is_needed(tmp_path: Path) -> None:
    make = Messages()
    twice = make.transforms(1.0, ("table", "cup", 0.1, 0.0, 0.0), ("hand", "cup", 0.1, 0.0, 0.0))
    recording = opened(tmp_path / "run", [("/tf", twice), *drive(make, 20)])
    assert recording.scan_count == 20
    with pytest.raises(BagError, match="'cup' has 2 parents, hand and table"):
        open_recording(tmp_path / "run", BagTopics(reference="cup"))
