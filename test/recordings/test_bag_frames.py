# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the transforms of a bag tell: the mount of the laser, and a reference."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bag_messages import MOUNT, Messages, basics, drive, make_bag, raw_bag

from local_inn_ros.errors import BagError, SensorError
from local_inn_ros.geometry import Pose2
from local_inn_ros.recordings.bag_reader import BagTopics, Recording, open_recording
from local_inn_ros.recordings.posed_scans import posed_scans


def test_the_mount_follows_the_chain_of_transforms(tmp_path: Path) -> None:
    make = Messages()
    tree = make.transforms(
        1.0,
        ("base_footprint", "base_link", 0.1, 0.0, 0.0),
        ("base_link", "mast", 0.2, math.pi / 2, 0.0),
        ("mast", "laser", 0.3, 0.1, 0.0),
    )
    content = [*basics(make, "laser", "base_footprint"), ("/tf_static", tree)]
    recording = open_recording(raw_bag(tmp_path / "run", content), BagTopics())
    assert recording.base_frame == "base_footprint"
    assert recording.mount.to_array() == pytest.approx([0.3, 0.3, math.pi / 2 + 0.1])


def test_the_mount_may_be_a_sibling_and_come_over_tf(tmp_path: Path) -> None:
    make = Messages()
    tree = make.transforms(
        1.0, ("chassis", "base_link", 0.1, 0.0, 0.0), ("chassis", "laser", 0.5, 0.0, 0.0)
    )
    content = [*basics(make, "laser"), ("/tf", tree), ("/tf", tree)]
    recording = open_recording(raw_bag(tmp_path / "run", content), BagTopics())
    assert recording.mount.to_array() == pytest.approx([0.4, 0.0, 0.0])


def test_a_missing_mount_is_an_error_and_may_be_given(tmp_path: Path) -> None:
    path = raw_bag(tmp_path / "run", basics(Messages(), "laser"))
    with pytest.raises(BagError, match=r"do not connect base_link with laser .* --mount x,y,yaw"):
        open_recording(path, BagTopics())
    assert open_recording(path, BagTopics(), MOUNT).mount == MOUNT


def test_the_scans_of_a_laser_upside_down_are_read_as_seen_from_above(tmp_path: Path) -> None:
    make = Messages()
    tree = make.transforms(1.0, ("base_link", "laser", 0.1, 0.0, math.pi))
    content = [*basics(make, "laser"), ("/tf_static", tree)]
    above = open_recording(raw_bag(tmp_path / "run", content), BagTopics())
    assert above.upside_down
    assert above.mount.to_array() == pytest.approx([0.1, 0.0, 0.0])
    as_told = open_recording(tmp_path / "run", BagTopics(), MOUNT)
    assert not as_told.upside_down
    for righted, told in zip(above.scans(), as_told.scans(), strict=True):
        assert righted.angles_rad() == pytest.approx(-told.angles_rad())
        np.testing.assert_array_equal(righted.ranges_m, told.ranges_m)


def test_a_laser_that_leans_is_refused(tmp_path: Path) -> None:
    make = Messages()
    tree = make.transforms(1.0, ("base_link", "laser", 0.1, 0.0, 0.3))
    path = raw_bag(tmp_path / "run", [*basics(make, "laser"), ("/tf_static", tree)])
    with pytest.raises(SensorError, match=r"'laser' leans by 17\.2 degrees against 'base_link'"):
        open_recording(path, BagTopics())


def test_a_laser_that_moves_is_refused(tmp_path: Path) -> None:
    make = Messages()
    turning = [
        ("/tf", make.transforms(1.0 + k, ("base_link", "laser", 0.1, 0.2 * k, 0.0)))
        for k in range(3)
    ]
    path = raw_bag(tmp_path / "run", [*basics(make, "laser"), *turning])
    with pytest.raises(BagError, match="laser moves against base_link"):
        open_recording(path, BagTopics())


def test_the_reference_may_be_a_frame(tmp_path: Path) -> None:
    make = Messages()
    content = basics(make)
    for k in range(10):
        content.append(
            ("/tf", make.transforms(1.0 + 0.1 * k, ("odom", "base_link", 0.1 * k, 0.0, 0.0)))
        )
    for k in range(6):
        content.append(("/tf", make.transforms(1.0 + 0.2 * k, ("map", "odom", 5.0, 0.01 * k, 0.0))))
    path = raw_bag(tmp_path / "run", content)
    reference = open_recording(path, BagTopics(reference="base_link")).reference
    assert reference is not None
    np.testing.assert_allclose(reference.stamps_s, 1.0 + 0.1 * np.arange(10))
    turn = 0.05 * 0.1 * np.arange(10)
    np.testing.assert_allclose(
        reference.poses[:, 0], 5.0 + np.cos(turn) * 0.1 * np.arange(10), atol=1e-9
    )


def test_a_reference_in_the_odometry_frame_is_refused(tmp_path: Path) -> None:
    path = make_bag(tmp_path / "run")
    with pytest.raises(BagError, match="odometry frame odom, which drifts"):
        open_recording(path, BagTopics(reference="/odom"))


TRUTH = BagTopics(reference="/truth")


def opened(path: Path, content: list[tuple[str, Any]], topics: BagTopics = TRUTH) -> Recording:
    return open_recording(raw_bag(path, content), topics)


def test_odometry_of_a_frame_on_the_robot_is_taken_to_the_base(tmp_path: Path) -> None:
    """An IMU 0.5 m ahead of the base, turned by a quarter, on a robot that turns on the spot."""
    make = Messages()
    mount = Pose2(0.5, 0.0, math.pi / 2)
    rate = 0.8
    content = []
    for k in range(20):
        stamp_s = 100.0 + 0.1 * k
        imu = Pose2(0.0, 0.0, rate * 0.1 * k) @ mount
        # The IMU goes to the left of the base at 0.4 m/s: that is its own x axis.
        told = make.pose(imu.x, imu.y, imu.yaw)
        content += [
            ("/odom", make.odometry(stamp_s, told, "imu", twist=(0.5 * rate, 0.0, rate))),
            ("/scan", make.scan(stamp_s, "base_link")),
        ]
    tree = make.transforms(1.0, ("base_link", "imu", 0.5, math.pi / 2, 0.0))
    recording = opened(tmp_path / "run", [("/tf_static", tree), *content], BagTopics())
    assert recording.base_frame == "base_link"
    for k, reading in enumerate(recording.odometry):
        assert reading.pose.to_array() == pytest.approx([0.0, 0.0, rate * 0.1 * k], abs=1e-9)
        speeds = (reading.speed_mps, reading.lateral_speed_mps, reading.yaw_rate_radps)
        assert speeds == pytest.approx((0.0, 0.0, rate), abs=1e-9)


def test_odometry_that_changes_its_frames_is_transformed_or_counted(tmp_path: Path) -> None:
    make = Messages()
    content = drive(make, 20)
    odometry = [message for topic, message in content if topic == "/odom"]
    for message in odometry[4:8]:
        message.child_frame_id = "wheel"
    for message in odometry[8:10]:
        message.header.frame_id = "odom_of_wheels"
    for message in odometry[10:11]:
        message.header.frame_id = message.child_frame_id = ""
    odometry[11].header.frame_id = "elsewhere"
    odometry[12].child_frame_id = "trailer"
    tree = make.transforms(
        1.0,
        ("base_link", "wheel", 0.25, 0.0, 0.0),
        ("odom", "odom_of_wheels", 7.0, 0.0, 0.0),
    )
    recording = opened(tmp_path / "run", [("/tf_static", tree), *content])
    assert recording.unused == {"/odom": {"a frame that no transform connects": 2}}
    x = 0.1 * np.arange(20)
    x[4:8] -= 0.25
    x[8:10] += 7.0
    told = [reading.pose.x for reading in recording.odometry]
    np.testing.assert_allclose(told, np.delete(x, [11, 12]), atol=1e-9)


def test_scans_of_two_mounts_are_each_placed_by_their_own(tmp_path: Path) -> None:
    make = Messages()
    content = drive(make, 20)
    scans = [message for topic, message in content if topic == "/scan"]
    for message in scans:
        message.header.frame_id = "front"
    for message in scans[12:17]:
        message.header.frame_id = "rear"
    scans[17].header.frame_id = ""
    scans[18].header.frame_id = "nobody_knows"
    scans[19].header.frame_id = "leaning"
    tree = make.transforms(
        1.0,
        ("base_link", "front", 0.3, 0.0, 0.0),
        ("base_link", "rear", -0.3, math.pi, math.pi),
        ("base_link", "leaning", 0.0, 0.0, 0.5),
    )
    recording = opened(tmp_path / "run", [("/tf_static", tree), *content])
    assert recording.unused == {
        "/scan": {"a frame that no transform connects": 1, "a mount that cannot be used": 1}
    }
    read = list(recording.scans())
    assert len(read) == recording.scan_count == 18
    mounts = [recording.mount_of(scan).x for scan in read]
    assert mounts == pytest.approx([0.3] * 12 + [-0.3] * 5 + [0.3])
    # One of them hangs upside down.
    assert [scan.angle_increment_rad > 0.0 for scan in read] == [True] * 12 + [False] * 5 + [True]
    posed = posed_scans(recording)
    np.testing.assert_allclose(posed.poses[12, 0], 3.0 + 1.2 - 0.3, atol=1e-6)
    assert recording.notes == ("frame_id of /scan is empty in 1 messages: taken for 'front'",)


def test_scans_that_never_say_their_frame_need_a_mount_by_hand(tmp_path: Path) -> None:
    make = Messages()
    content = drive(make, 20)
    for topic, message in content:
        if topic == "/scan":
            message.header.frame_id = ""
    with pytest.raises(BagError, match=r"do not say in which frame .* --mount x,y,yaw"):
        opened(tmp_path / "run", content)
    recording = open_recording(tmp_path / "run", TRUTH, MOUNT)
    assert (recording.mount, recording.scan_count) == (MOUNT, 20)


def test_odometry_of_both_bases_is_taken_to_one(tmp_path: Path) -> None:
    """The footprint lies 0.1 m behind the base and is turned: as it is told, not as it should."""
    make = Messages()
    mount = Pose2(-0.1, 0.0, 0.5)
    content = drive(make, 20)
    for k, message in enumerate([one for topic, one in content if topic == "/odom"][12:], start=12):
        foot = Pose2(0.1 * k, 0.0, 0.0) @ mount
        told = make.odometry(
            100.0 + 0.1 * k,
            make.pose(foot.x, foot.y, foot.yaw),
            twist=(math.cos(0.5), -math.sin(0.5), 0.0),
        )
        message.child_frame_id = "base_footprint"
        message.pose, message.twist = told.pose, told.twist
    tree = make.transforms(1.0, ("base_link", "base_footprint", -0.1, 0.5, 0.0))
    recording = opened(tmp_path / "run", [("/tf_static", tree), *content])
    assert recording.base_frame == "base_link"
    for k, reading in enumerate(recording.odometry):
        assert reading.pose.to_array() == pytest.approx([0.1 * k, 0.0, 0.0], abs=1e-9)
        speeds = (reading.speed_mps, reading.lateral_speed_mps)
        assert speeds == pytest.approx((1.0, 0.0), abs=1e-9)


def test_odometry_stamped_ahead_is_left_out_as_the_filter_does(tmp_path: Path) -> None:
    make = Messages()
    content = drive(make)
    ahead = make.odometry(102.0 + 0.8, make.pose(2.0, 0.0, 0.0), "base_link", twist=(1.0, 0.0, 0.0))
    place = next(k for k, one in enumerate(content) if one[0] == "/odom" and k >= 60)
    content[place] = ("/odom", ahead)
    recording = open_recording(raw_bag(tmp_path / "bag", content), BagTopics(), mount=MOUNT)
    assert recording.unused == {"/odom": {"stamped ahead of what followed": 1}}
    assert len(recording.odometry) == 39
    for reading in recording.odometry:
        assert reading.pose.x == pytest.approx(reading.stamp_s - 100.0)
