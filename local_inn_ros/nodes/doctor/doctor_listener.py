# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What comes on the topics that the doctor listens to, put down as facts."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from nav_msgs.msg import OccupancyGrid as OccupancyGridMessage
from nav_msgs.msg import Odometry as OdometryMessage
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from rosgraph_msgs.msg import Clock as ClockMessage
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, LaserScan
from tf2_msgs.msg import TFMessage

from local_inn_ros.diagnosis.facts import Diagnosis, Link, TopicNames, Transforms
from local_inn_ros.diagnosis.streams import Arrivals, CameraStream, OdometryStream, ScanStream
from local_inn_ros.errors import LocalInnError
from local_inn_ros.geometry import Pose2
from local_inn_ros.nodes.common.conversions import (
    frame_name,
    to_grid,
    to_odometry,
    to_scan,
    to_seconds,
    to_yaw,
)
from local_inn_ros.nodes.common.static_transforms import StaticTransforms
from local_inn_ros.nodes.doctor.doctor_graph import writers_by_gid
from local_inn_ros.sensing import Odometry, Scan
from local_inn_ros.sensing.laser.header_watch import HeaderWatch
from local_inn_ros.sensing.laser.laser_mount import LaserMount
from local_inn_ros.world import OccupancyGrid

_DEPTH = 1000


@dataclass(slots=True)
class _Log:
    """What came on a topic, so far."""

    stamps_s: list[float] = field(default_factory=list)
    arrivals_s: list[float] = field(default_factory=list)
    frames: set[str] = field(default_factory=set)
    child_frames: set[str] = field(default_factory=set)
    messages: list[Any] = field(default_factory=list)
    trouble: str = ""
    headers: HeaderWatch = field(default_factory=HeaderWatch)
    contradictions: list[str] = field(default_factory=list)

    def arrivals(self) -> Arrivals:
        return Arrivals(np.array(self.stamps_s), np.array(self.arrivals_s), frozenset(self.frames))


class DoctorListener:
    """Subscribes to all that tells how the localization is, whatever its quality of service."""

    def __init__(self, node: Node, names: TopicNames, simulated: bool) -> None:
        """Listen from now on.

        Args:
            node: listens.
            names: the topics.
            simulated: whether the localization goes by `/clock`; then so do arrivals here.
        """
        self._node = node
        self._names = names
        self._simulated = simulated
        self._clock_s = 0.0
        self.clock_ticks = 0
        self.grid: OccupancyGrid | None = None
        self.diagnoses: dict[str, Diagnosis] = {}
        self._scans = {name: _Log() for name in names.scans}
        self._pictures = {name: _Log() for name in names.pictures}
        self._infos = 0
        self._odometry = _Log()
        self._mounts = StaticTransforms()
        self._links: dict[tuple[str, str, bool], set[str]] = {}
        self._placed: dict[tuple[str, str], list[Pose2]] = {}
        self._writers: dict[str, dict[bytes, str]] = {}
        self._connect()

    def _connect(self) -> None:
        names = self._names
        for topic, log in self._scans.items():
            self._hear(LaserScan, topic, partial(self._on_scan, topic, log))
        for topic, log in self._pictures.items():
            for kind in self._kinds_of(topic):
                self._hear(kind, topic, partial(self._on_picture, log))
        for topic in names.camera_infos:
            self._hear(CameraInfo, topic, self._on_camera_info)
        self._hear(OdometryMessage, names.odometry, self._on_odometry)
        self._hear(OccupancyGridMessage, names.map, self._on_map)
        self._hear(TFMessage, names.transforms, partial(self._on_transforms, False))
        self._hear(TFMessage, names.static_transforms, partial(self._on_transforms, True))
        self._hear(DiagnosticArray, "/diagnostics", self._on_diagnostics)
        self._hear(ClockMessage, "/clock", self._on_clock)

    def _hear(self, kind: type[Any], topic: str, callback: Callable[..., None]) -> None:
        """Subscribe so that every publisher there is goes with it."""
        infos = self._node.get_publishers_info_by_topic(topic)
        policies = [info.qos_profile for info in infos]
        latched = bool(policies) and all(
            one.durability == DurabilityPolicy.TRANSIENT_LOCAL for one in policies
        )
        reliable = bool(policies) and all(
            one.reliability == ReliabilityPolicy.RELIABLE for one in policies
        )
        qos = QoSProfile(
            depth=_DEPTH,
            reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
            durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE,
        )

        def heard(message: Any) -> None:
            callback(message, {})

        # rclpy looks at the number of arguments: with two, it tells of the message's way too.
        def heard_with_way(message: Any, way: Mapping[str, Any]) -> None:
            callback(message, way)

        # Humble's does not.
        told_of_way = hasattr(Subscription, "CallbackType")
        self._node.create_subscription(kind, topic, heard_with_way if told_of_way else heard, qos)

    def _arrival_s(self, way: Mapping[str, Any]) -> float:
        """Return when a message came: into this process, not into a callback that was held up."""
        if self._simulated:
            return self._clock_s
        received_ns = way.get("received_timestamp") or 0
        return 1e-9 * received_ns if received_ns > 0 else time.time()

    def _on_clock(self, message: ClockMessage, _: object) -> None:
        self._clock_s = to_seconds(message.clock)
        self.clock_ticks += 1

    def _on_scan(self, topic: str, log: _Log, message: LaserScan, way: Mapping[str, Any]) -> None:
        _note(log, message.header, self._arrival_s(way))
        log.headers.see(topic, message, to_seconds(message.header.stamp))
        log.contradictions += log.headers.news()
        log.messages.append(to_scan(message))

    def _kinds_of(self, topic: str) -> list[type[Any]]:
        """Return the type of what is published on a topic of pictures."""
        kinds: dict[str, type[Any]] = {
            "sensor_msgs/msg/Image": Image,
            "sensor_msgs/msg/CompressedImage": CompressedImage,
        }
        infos = self._node.get_publishers_info_by_topic(topic)
        told = sorted({one.topic_type for one in infos})
        return [kinds[kind] for kind in told if kind in kinds][:1]

    def _on_picture(self, log: _Log, message: Any, way: Mapping[str, Any]) -> None:
        _note(log, message.header, self._arrival_s(way))

    def _on_camera_info(self, _: CameraInfo, __: object) -> None:
        self._infos += 1

    def camera_streams(self, base: str) -> tuple[CameraStream, ...]:
        """Return what came of pictures.

        Args:
            base: frame of the base, that cameras are mounted on.
        """
        info = next(iter(self._names.camera_infos), "")
        return tuple(
            CameraStream(topic, info, log.arrivals(), self._infos, self._unmounted(base, log))
            for topic, log in self._pictures.items()
        )

    def _unmounted(self, base: str, log: _Log) -> dict[str, str]:
        troubles = {}
        for frame in log.frames:
            try:
                self._mounts.mount(base, frame)
            except LocalInnError as error:
                troubles[frame] = str(error)
        return troubles

    def _on_odometry(self, message: OdometryMessage, way: Mapping[str, Any]) -> None:
        log = self._odometry
        _note(log, message.header, self._arrival_s(way))
        log.child_frames.add(message.child_frame_id)
        try:
            log.messages.append(to_odometry(message))
        except LocalInnError as error:
            log.trouble = str(error)

    def _on_map(self, message: OccupancyGridMessage, _: object) -> None:
        try:
            self.grid = to_grid(message)
        except LocalInnError as error:
            self._node.get_logger().warning(f"{self._names.map}: {error}")

    def _on_transforms(self, static: bool, message: TFMessage, way: Mapping[str, Any]) -> None:
        writer = self._writer(
            self._names.static_transforms if static else self._names.transforms, way
        )
        for stamped in message.transforms:
            child, parent = frame_name(stamped.child_frame_id), frame_name(stamped.header.frame_id)
            self._links.setdefault((parent, child, static), set()).update(writer)
            if not static:
                place = stamped.transform.translation
                try:
                    yaw = to_yaw(stamped.transform.rotation)
                except LocalInnError:
                    continue
                poses = self._placed.setdefault((parent, child), [])
                poses.append(Pose2(place.x, place.y, yaw))
        if static:
            try:
                self._mounts.add(message)
            except LocalInnError as error:
                self._node.get_logger().warning(f"{self._names.static_transforms}: {error}")

    def _writer(self, topic: str, way: Mapping[str, Any]) -> set[str]:
        """Return the name of the node that wrote a message, where the middleware tells."""
        gid = way.get("publisher_gid")
        if not gid:
            return set()
        data = bytes(gid["data"])
        if data not in self._writers.get(topic, {}):
            self._writers[topic] = writers_by_gid(self._node, topic)
        found = self._writers[topic].get(data)
        return {found} if found else set()

    def _on_diagnostics(self, message: DiagnosticArray, _: object) -> None:
        for status in message.status:
            level = status.level[0] if isinstance(status.level, bytes) else int(status.level)
            values = {one.key: one.value for one in status.values}
            self.diagnoses[f"/{status.name}"] = Diagnosis(level, status.message, values)

    def scan_streams(self) -> tuple[ScanStream, ...]:
        """Return what came of scans."""
        return tuple(
            ScanStream(
                topic, log.arrivals(), tuple[Scan, ...](log.messages), tuple(log.contradictions)
            )
            for topic, log in self._scans.items()
        )

    def odometry_stream(self) -> OdometryStream:
        """Return what came of odometry."""
        log = self._odometry
        return OdometryStream(
            self._names.odometry,
            log.arrivals(),
            tuple[Odometry, ...](log.messages),
            frozenset(log.child_frames),
            log.trouble,
        )

    def transforms(self, base: str, odom: str, world: str) -> Transforms:
        """Return what came of transforms.

        Args:
            base: frame of the base, that lasers are mounted on.
            odom: frame of the odometry.
            world: frame of the map.
        """
        frames = {frame for log in self._scans.values() for frame in log.frames}
        troubles = {}
        for frame in frames:
            try:
                LaserMount.of(self._mounts.mount(base, frame))
            except LocalInnError as error:
                troubles[frame] = str(error)
        placed = self._placed.get((frame_name(world), frame_name(odom)), [])
        return Transforms(
            links=tuple(
                Link(parent, child, static, frozenset(writers))
                for (parent, child, static), writers in sorted(self._links.items())
            ),
            mount_troubles=troubles,
            map_from_odom=np.array([pose.to_array() for pose in placed]).reshape(-1, 3),
        )


def _note(log: _Log, header: Any, arrival_s: float) -> None:
    log.stamps_s.append(to_seconds(header.stamp))
    log.arrivals_s.append(arrival_s)
    log.frames.add(header.frame_id)
