# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bags for tests: by the package's own writer, and of messages made by hand."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from local_inn_ros.geometry import Pose2
from local_inn_ros.recordings.bag_writer import BagWriter
from local_inn_ros.sensing import Odometry, Scan

MOUNT = Pose2(0.27, -0.05, 0.1)


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

    def odometry(
        self,
        stamp_s: float,
        pose: Any,
        base: str = "base_link",
        frame: str = "odom",
        twist: tuple[float, float, float] = (0.0, 0.0, 0.0),
    ) -> Any:
        speed = self.make("geometry_msgs/msg/Vector3", x=twist[0], y=twist[1], z=0.0)
        turn = self.make("geometry_msgs/msg/Vector3", x=0.0, y=0.0, z=twist[2])
        return self.make(
            "nav_msgs/msg/Odometry",
            header=self.header(stamp_s, frame),
            child_frame_id=base,
            pose=self.make(
                "geometry_msgs/msg/PoseWithCovariance", pose=pose, covariance=np.zeros(36)
            ),
            twist=self.make(
                "geometry_msgs/msg/TwistWithCovariance",
                twist=self.make("geometry_msgs/msg/Twist", linear=speed, angular=turn),
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

    def pose_stamped(self, stamp_s: float, pose: Any, frame: str = "map") -> Any:
        return self.make(
            "geometry_msgs/msg/PoseStamped", header=self.header(stamp_s, frame), pose=pose
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
    path: Path,
    content: list[tuple[str, Any]],
    plugin: StoragePlugin = StoragePlugin.MCAP,
    packed: CompressionMode = CompressionMode.NONE,
) -> Path:
    """Write messages, each with its topic, in the order given."""
    store = Messages().store
    bag = Writer(path, version=8, storage_plugin=plugin)
    bag.set_compression(packed, CompressionFormat.ZSTD)
    with bag as writer:
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


def drive(make: Messages, count: int = 40, base: str = "base_link") -> list[tuple[str, Any]]:
    """A robot that goes straight at 1 m/s for 0.1 s times ``count``, from (3, 1) in the map."""
    content = []
    for k in range(count):
        stamp_s = 100.0 + 0.1 * k
        way = make.pose(0.1 * k, 0.0, 0.0)
        content += [
            ("/odom", make.odometry(stamp_s, way, base, twist=(1.0, 0.0, 0.0))),
            ("/scan", make.scan(stamp_s, "base_link")),
            ("/truth", make.pose_stamped(stamp_s, make.pose(3.0 + 0.1 * k, 1.0, 0.0))),
        ]
    return content
