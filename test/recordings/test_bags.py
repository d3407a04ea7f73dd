# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bags: written, and read back."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from bag_messages import MOUNT, Messages, a_scan, an_odometry, basics, make_bag, raw_bag
from rosbags.rosbag1 import Writer as Writer1
from rosbags.rosbag2 import StoragePlugin
from rosbags.typesys import Stores

from local_inn_ros.errors import BagError
from local_inn_ros.geometry import Pose2
from local_inn_ros.recordings.bag_reader import BagTopics, open_recording
from local_inn_ros.recordings.bag_writer import BagWriter, write_bag
from local_inn_ros.sensing import Odometry

SHARED_BAG = Path(__file__).parents[3] / "shared/data/intel_lab/lap2_test_rosbag2"


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = make_bag(tmp_path / "run")
    recording = open_recording(path, BagTopics(reference="/ground_truth"))
    assert recording.base_frame == "base_link"
    assert recording.mount.to_array() == pytest.approx(MOUNT.to_array())
    assert recording.scan_count == 10
    for got, want in zip(
        recording.odometry, [an_odometry(1.0 + 0.05 * k) for k in range(40)], strict=True
    ):
        assert got.stamp_s == pytest.approx(want.stamp_s, abs=1e-9)
        assert got.pose.to_array() == pytest.approx(want.pose.to_array())
        assert (got.speed_mps, got.yaw_rate_radps) == (want.speed_mps, want.yaw_rate_radps)
    scans = list(recording.scans())
    assert len(scans) == 10
    np.testing.assert_array_equal(scans[3].ranges_m, a_scan(0.0).ranges_m)
    assert scans[3].angle_increment_rad == pytest.approx(0.5)
    assert recording.reference is not None
    np.testing.assert_allclose(recording.reference.poses[0], [4.02, 1.0, -3.0], atol=1e-9)


def test_a_finished_bag_is_all_there_is(tmp_path: Path) -> None:
    make_bag(tmp_path / "run")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert sorted(p.name for p in (tmp_path / "run").iterdir()) == ["metadata.yaml", "run.mcap"]


def test_an_abandoned_bag_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="stop"), BagWriter(tmp_path / "run") as bag:
        bag.write_scan(a_scan(1.0))
        raise RuntimeError("stop")
    assert list(tmp_path.iterdir()) == []


def test_an_existing_bag_is_not_overwritten(tmp_path: Path) -> None:
    path = make_bag(tmp_path / "run")
    before = (path / "run.mcap").read_bytes()
    with pytest.raises(BagError, match="exists already"):
        BagWriter(path)
    assert (path / "run.mcap").read_bytes() == before


def test_each_scan_comes_after_the_odometry_it_needs(tmp_path: Path) -> None:
    newest_s, scans, odometry = -math.inf, 0, 0
    for reading in open_recording(make_bag(tmp_path / "run"), BagTopics()).readings():
        if isinstance(reading, Odometry):
            newest_s = reading.stamp_s
            odometry += 1
        else:
            scans += 1
            assert reading.stamp_s <= newest_s < reading.stamp_s + 0.05
    assert (scans, odometry) == (10, 40)


def test_scans_received_out_of_order_are_put_in_order(tmp_path: Path) -> None:
    stamps = [1.0, 1.2, 1.1, 1.4, 1.3]
    with BagWriter(tmp_path / "run") as bag:
        bag.write_mount(1.0, MOUNT)
        bag.write_odometry(an_odometry(1.0))
        for stamp in stamps:
            bag.write_scan(a_scan(stamp))
    scans = open_recording(tmp_path / "run", BagTopics()).scans()
    assert [scan.stamp_s for scan in scans] == sorted(stamps)


def test_a_single_storage_file_is_a_bag_too(tmp_path: Path) -> None:
    path = make_bag(tmp_path / "run") / "run.mcap"
    assert len(list(open_recording(path, BagTopics()).scans())) == 10


def test_sqlite_bags_are_read(tmp_path: Path) -> None:
    path = raw_bag(tmp_path / "run", basics(Messages()), StoragePlugin.SQLITE3)
    recording = open_recording(path, BagTopics())
    assert len(list(recording.scans())) == 1
    assert recording.mount == Pose2.identity()


def test_ros1_bags_are_read(tmp_path: Path) -> None:
    make = Messages(Stores.ROS1_NOETIC)
    path = tmp_path / "run.bag"
    with Writer1(path) as writer:
        for topic, message in basics(make, frame="/base_link"):
            kind = message.__msgtype__
            connection = writer.add_connection(topic, kind, typestore=make.store)
            writer.write(connection, 1, make.store.serialize_ros1(message, kind))
    recording = open_recording(path, BagTopics())
    assert recording.odometry[0].stamp_s == 1.0
    assert len(list(recording.scans())) == 1


def test_a_quaternion_out_of_scale_is_normalised(tmp_path: Path) -> None:
    make = Messages()
    content = [basics(make)[0], ("/odom", make.odometry(1.0, make.pose(1.0, 2.0, 0.5, 3.0)))]
    recording = open_recording(raw_bag(tmp_path / "run", content), BagTopics())
    assert recording.odometry[0].pose.to_array() == pytest.approx([1.0, 2.0, 0.5])


def test_write_bag_sorts_by_stamp(tmp_path: Path) -> None:
    write_bag(tmp_path / "run", MOUNT, [a_scan(1.5)], [an_odometry(2.0), an_odometry(1.0)])
    kinds = [type(r).__name__ for r in open_recording(tmp_path / "run", BagTopics()).readings()]
    assert kinds == ["Odometry", "Odometry", "Scan"]


@pytest.mark.skipif(not SHARED_BAG.exists(), reason="the shared Intel lab recording is absent")
def test_the_intel_recording_is_read() -> None:
    recording = open_recording(SHARED_BAG, BagTopics(reference="/ground_truth"))
    assert recording.mount == Pose2.identity()
    assert (recording.scan_count, len(recording.odometry)) == (1517, 1517)
    assert recording.reference is not None
    scans = list(recording.scans())
    assert len(scans) == 1517
    assert all(scan.ranges_m.size == 180 for scan in scans)
    assert np.isfinite(recording.reference.at([scan.stamp_s for scan in scans])).all()
