# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bags: written, read back, and refused with a reason."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rosbags.rosbag1 import Writer as Writer1
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from local_inn_ros.errors import BagError, SensorError
from local_inn_ros.evaluation.bag_reader import BagTopics, open_recording
from local_inn_ros.evaluation.bag_writer import BagWriter, write_bag
from local_inn_ros.geometry import Pose2
from local_inn_ros.sensing import Odometry, Scan

MOUNT = Pose2(0.27, -0.05, 0.1)
SHARED_BAG = Path(__file__).parents[2] / "shared/data/intel_lab/lap2_test_rosbag2"


def a_scan(stamp_s: float, beams: int = 5) -> Scan:
    ranges = np.array([1.0, np.inf, np.nan, 0.0, -np.inf], dtype=np.float32)[:beams]
    return Scan(stamp_s, ranges, -1.0, 0.5, 0.1, 10.0)


def an_odometry(stamp_s: float) -> Odometry:
    return Odometry(stamp_s, Pose2(stamp_s, -0.5 * stamp_s, 0.1 * stamp_s), 1.0, 0.0, 0.1)


def make_bag(path: Path, mount: Pose2 | None = MOUNT) -> Path:
    with BagWriter(path) as bag:
        if mount is not None:
            bag.write_mount(1.0, mount)
        for k in range(40):
            bag.write_odometry(an_odometry(1.0 + 0.05 * k))
        for k in range(10):
            stamp_s = 1.02 + 0.2 * k
            bag.write_scan(a_scan(stamp_s))
            bag.write_ground_truth(stamp_s, Pose2(3.0 + stamp_s, 1.0, -3.0))
    return path


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


class Messages:
    """Makes messages by hand, for bags that the package's own writer never writes."""

    def __init__(self, store: Stores = Stores.ROS2_HUMBLE) -> None:
        self.store = get_typestore(store)
        self.one = store == Stores.ROS1_NOETIC

    def make(self, kind: str, **fields: Any) -> Any:
        return self.store.types[kind](**fields)

    def header(self, stamp_s: float, frame: str) -> Any:
        seconds = int(stamp_s)
        time = self.make(
            "builtin_interfaces/msg/Time", sec=seconds, nanosec=round((stamp_s - seconds) * 1e9)
        )
        sequence = {"seq": 0} if self.one else {}
        return self.make("std_msgs/msg/Header", stamp=time, frame_id=frame, **sequence)

    def quaternion(self, roll: float = 0.0, yaw: float = 0.0, scale: float = 1.0) -> Any:
        x, w = scale * math.sin(roll / 2), scale * math.cos(roll / 2)
        return self.make(
            "geometry_msgs/msg/Quaternion",
            x=x * math.cos(yaw / 2),
            y=x * math.sin(yaw / 2),
            z=w * math.sin(yaw / 2),
            w=w * math.cos(yaw / 2),
        )

    def pose(self, x: float, y: float, yaw: float, scale: float = 1.0) -> Any:
        return self.make(
            "geometry_msgs/msg/Pose",
            position=self.make("geometry_msgs/msg/Point", x=x, y=y, z=0.3),
            orientation=self.quaternion(yaw=yaw, scale=scale),
        )

    def odometry(self, stamp_s: float, pose: Any, base: str = "base_link") -> Any:
        vector = self.make("geometry_msgs/msg/Vector3", x=0.0, y=0.0, z=0.0)
        return self.make(
            "nav_msgs/msg/Odometry",
            header=self.header(stamp_s, "odom"),
            child_frame_id=base,
            pose=self.make(
                "geometry_msgs/msg/PoseWithCovariance", pose=pose, covariance=np.zeros(36)
            ),
            twist=self.make(
                "geometry_msgs/msg/TwistWithCovariance",
                twist=self.make("geometry_msgs/msg/Twist", linear=vector, angular=vector),
                covariance=np.zeros(36),
            ),
        )

    def scan(self, stamp_s: float, frame: str) -> Any:
        return self.make(
            "sensor_msgs/msg/LaserScan",
            header=self.header(stamp_s, frame),
            angle_min=-1.0,
            angle_max=1.0,
            angle_increment=0.5,
            time_increment=0.0,
            scan_time=0.0,
            range_min=0.1,
            range_max=10.0,
            ranges=np.ones(5, dtype=np.float32),
            intensities=np.zeros(0, dtype=np.float32),
        )

    def transforms(self, stamp_s: float, *edges: tuple[str, str, float, float, float]) -> Any:
        made = [
            self.make(
                "geometry_msgs/msg/TransformStamped",
                header=self.header(stamp_s, parent),
                child_frame_id=child,
                transform=self.make(
                    "geometry_msgs/msg/Transform",
                    translation=self.make("geometry_msgs/msg/Vector3", x=x, y=0.0, z=0.2),
                    rotation=self.quaternion(roll=roll, yaw=yaw),
                ),
            )
            for parent, child, x, yaw, roll in edges
        ]
        return self.make("tf2_msgs/msg/TFMessage", transforms=made)


def raw_bag(
    path: Path, content: list[tuple[str, Any]], plugin: StoragePlugin = StoragePlugin.MCAP
) -> Path:
    """Write messages, each with its topic, in the order given."""
    store = Messages().store
    with Writer(path, version=8, storage_plugin=plugin) as writer:
        connections: dict[str, Any] = {}
        for count, (topic, message) in enumerate(content):
            kind = message.__msgtype__
            if topic not in connections:
                connections[topic] = writer.add_connection(topic, kind, typestore=store)
            writer.write(connections[topic], count, store.serialize_cdr(message, kind))
    return path


def basics(make: Messages, frame: str = "base_link", base: str = "base_link") -> list[Any]:
    return [
        ("/scan", make.scan(1.0, frame)),
        ("/odom", make.odometry(1.0, make.pose(0.0, 0.0, 0.0), base)),
    ]


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


def test_a_quaternion_out_of_scale_is_normalised(tmp_path: Path) -> None:
    make = Messages()
    content = [basics(make)[0], ("/odom", make.odometry(1.0, make.pose(1.0, 2.0, 0.5, 3.0)))]
    recording = open_recording(raw_bag(tmp_path / "run", content), BagTopics())
    assert recording.odometry[0].pose.to_array() == pytest.approx([1.0, 2.0, 0.5])


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
