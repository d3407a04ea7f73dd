# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Write ROS 2 bags (MCAP) without ROS."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from rosbags.interfaces import (
    Connection,
    Qos,
    QosDurability,
    QosHistory,
    QosLiveliness,
    QosReliability,
    QosTime,
)
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from local_inn_ros.errors import BagError
from local_inn_ros.geometry import Pose2, Pose3
from local_inn_ros.places import check_new_folder, new_folder
from local_inn_ros.sensing import Odometry, Scan

# RMW_DURATION_INFINITE.
_FOREVER = QosTime(9223372036, 854775807)
# As tf2's static broadcaster offers it, so that `ros2 bag play` latches it again.
_LATCHED = Qos(
    QosHistory.KEEP_LAST,
    1,
    QosReliability.RELIABLE,
    QosDurability.TRANSIENT_LOCAL,
    _FOREVER,
    _FOREVER,
    QosLiveliness.AUTOMATIC,
    _FOREVER,
    False,
)


class BagWriter:
    """A bag in the making; a context manager.

    The topics are ``/scan``, ``/odom``, ``/tf`` (odom to base_link), ``/tf_static`` (base_link to
    laser) and, where there is one, ``/ground_truth`` (base_link in map). The bag appears under its
    name when the context ends without an exception, and whole; otherwise nothing is left of it.
    """

    def __init__(self, path: Path) -> None:
        """Begin a bag.

        Args:
            path: the bag folder, which must not exist yet.

        Raises:
            BagError: there is something at that path already.
            PlaceError: nothing can be written there.
        """
        self.path = Path(path)
        check_bag_place(self.path)
        self._types = get_typestore(Stores.ROS2_HUMBLE)
        self._connections: dict[str, Connection] = {}
        self._making = _new_bag(self.path)

    def __enter__(self) -> BagWriter:
        """Begin to write.

        Raises:
            PlaceError: nothing can be written there.
        """
        self._writer = self._making.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish the bag, or drop it where something went wrong.

        Raises:
            PlaceError: it could not be written.
        """
        self._making.__exit__(kind, error, trace)

    def write_mount(self, stamp_s: float, mount: Pose2) -> None:
        """Write where the laser is mounted, to ``/tf_static``."""
        self.write_mounts(stamp_s, {"laser": Pose3.from_pose2(mount)})

    def write_mounts(self, stamp_s: float, mounts: Mapping[str, Pose3]) -> None:
        """Write where sensors are mounted, by the names of their frames, to ``/tf_static``.

        They are one message: whoever plays the bag latches the last one alone.
        """
        told = []
        for frame, mount in mounts.items():
            x, y, z, w = mount.to_quaternion().tolist()
            transform = self.make(
                "geometry_msgs/msg/Transform",
                translation=self._vector(*mount.translation.tolist()),
                rotation=self.make("geometry_msgs/msg/Quaternion", x=x, y=y, z=z, w=w),
            )
            told.append(self._stamped(stamp_s, "base_link", frame, transform))
        self.write("/tf_static", "tf2_msgs/msg/TFMessage", stamp_s, transforms=told)

    def write_scan(self, scan: Scan, period_s: float = 0.0) -> None:
        """Write a scan to ``/scan``, when its last beam is measured; its ranges stay raw.

        Args:
            scan: the sweep.
            period_s: from one scan to the next, where it is known.
        """
        last = scan.angle_min_rad + scan.angle_increment_rad * max(scan.ranges_m.size - 1, 0)
        self.write(
            "/scan",
            "sensor_msgs/msg/LaserScan",
            max(scan.stamp_s, scan.end_s),
            header=self.header(scan.stamp_s, "laser"),
            angle_min=scan.angle_min_rad,
            angle_max=last,
            angle_increment=scan.angle_increment_rad,
            time_increment=scan.time_increment_s,
            scan_time=period_s,
            range_min=scan.range_min_m,
            range_max=scan.range_max_m,
            ranges=np.asarray(scan.ranges_m, dtype=np.float32),
            intensities=np.zeros(0, dtype=np.float32),
        )

    def write_odometry(self, reading: Odometry) -> None:
        """Write a reading to ``/odom`` and as the transform odom to base_link to ``/tf``."""
        stamp_s = reading.stamp_s
        twist = self.make(
            "geometry_msgs/msg/Twist",
            linear=self._vector(reading.speed_mps, reading.lateral_speed_mps, 0.0),
            angular=self._vector(0.0, 0.0, reading.yaw_rate_radps),
        )
        unknown = np.zeros(36)
        self.write(
            "/odom",
            "nav_msgs/msg/Odometry",
            stamp_s,
            header=self.header(stamp_s, "odom"),
            child_frame_id="base_link",
            pose=self.make(
                "geometry_msgs/msg/PoseWithCovariance",
                pose=self._pose(reading.pose),
                covariance=unknown,
            ),
            twist=self.make(
                "geometry_msgs/msg/TwistWithCovariance", twist=twist, covariance=unknown
            ),
        )
        transform = self._transform(stamp_s, "odom", "base_link", reading.pose)
        self.write("/tf", "tf2_msgs/msg/TFMessage", stamp_s, transforms=[transform])

    def write_ground_truth(self, stamp_s: float, pose: Pose2) -> None:
        """Write where the base is in the map, to ``/ground_truth`` (PoseStamped)."""
        self.write(
            "/ground_truth",
            "geometry_msgs/msg/PoseStamped",
            stamp_s,
            header=self.header(stamp_s, "map"),
            pose=self._pose(pose),
        )

    def write(self, topic: str, kind: str, stamp_s: float, **fields: Any) -> None:
        """Write a message of a type and its fields, received at a stamp."""
        if topic not in self._connections:
            latched = (_LATCHED,) if topic == "/tf_static" else ()
            self._connections[topic] = self._writer.add_connection(
                topic, kind, typestore=self._types, offered_qos_profiles=latched
            )
        message = self.make(kind, **fields)
        raw = self._types.serialize_cdr(message, kind)
        self._writer.write(self._connections[topic], _nanoseconds(stamp_s), raw)

    def make(self, kind: str, **fields: Any) -> Any:
        """Return a message, or a part of one."""
        return self._types.types[kind](**fields)

    def header(self, stamp_s: float, frame: str) -> Any:
        """Return a header."""
        seconds, rest = divmod(_nanoseconds(stamp_s), 1_000_000_000)
        time = self.make("builtin_interfaces/msg/Time", sec=seconds, nanosec=rest)
        return self.make("std_msgs/msg/Header", stamp=time, frame_id=frame)

    def _vector(self, x: float, y: float, z: float) -> Any:
        return self.make("geometry_msgs/msg/Vector3", x=x, y=y, z=z)

    def _quaternion(self, yaw: float) -> Any:
        return self.make(
            "geometry_msgs/msg/Quaternion",
            x=0.0,
            y=0.0,
            z=math.sin(0.5 * yaw),
            w=math.cos(0.5 * yaw),
        )

    def _pose(self, pose: Pose2) -> Any:
        point = self.make("geometry_msgs/msg/Point", x=pose.x, y=pose.y, z=0.0)
        orientation = self._quaternion(pose.yaw)
        return self.make("geometry_msgs/msg/Pose", position=point, orientation=orientation)

    def _transform(self, stamp_s: float, parent: str, child: str, pose: Pose2) -> Any:
        transform = self.make(
            "geometry_msgs/msg/Transform",
            translation=self._vector(pose.x, pose.y, 0.0),
            rotation=self._quaternion(pose.yaw),
        )
        return self._stamped(stamp_s, parent, child, transform)

    def _stamped(self, stamp_s: float, parent: str, child: str, transform: Any) -> Any:
        return self.make(
            "geometry_msgs/msg/TransformStamped",
            header=self.header(stamp_s, parent),
            child_frame_id=child,
            transform=transform,
        )


def check_bag_place(path: Path) -> None:
    """Try whether a bag can be written, and leave nothing.

    Raises:
        BagError: there is something at that path already.
        PlaceError: nothing can be written there.
    """
    if os.path.lexists(path):
        raise BagError(f"{path} exists already; remove it or name another --out")
    check_new_folder(path)


@contextmanager
def _new_bag(path: Path) -> Iterator[Writer]:
    """Give a writer; its bag takes its place when the block ends well."""
    with new_folder(path) as folder:
        # It insists on making its folder, and names its file after it.
        inner = folder / path.name
        # The newest metadata that Humble still reads.
        writer = Writer(inner, version=8, storage_plugin=StoragePlugin.MCAP)
        writer.open()
        try:
            yield writer
        except BaseException:
            with suppress(OSError):
                writer.abort()
            raise
        writer.close()
        for one in inner.iterdir():
            one.rename(folder / one.name)
        inner.rmdir()


def write_bag(
    path: Path, mount: Pose2, scans: Sequence[Scan], odometry: Sequence[Odometry]
) -> None:
    """Write a whole bag: the mount, then scans and odometry by their stamps.

    Args:
        path: the bag folder, which must not exist yet.
        mount: pose of the laser in the base frame.
        scans: sweeps, by stamp.
        odometry: readings, by stamp.

    Raises:
        BagError: there is something at that path already.
        PlaceError: it cannot be written.
    """
    readings: list[Scan | Odometry] = sorted([*odometry, *scans], key=_known_s)
    with BagWriter(path) as bag:
        bag.write_mount(readings[0].stamp_s if readings else 0.0, mount)
        for reading in readings:
            if isinstance(reading, Scan):
                bag.write_scan(reading)
            else:
                bag.write_odometry(reading)


def _nanoseconds(stamp_s: float) -> int:
    return round(stamp_s * 1e9)


def _known_s(reading: Scan | Odometry) -> float:
    """Return when all of a reading is measured."""
    return max(reading.stamp_s, reading.end_s) if isinstance(reading, Scan) else reading.stamp_s
