# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A robot that replays a lap in real time, and notes what the localization answers."""

from __future__ import annotations

import time
from array import array
from collections.abc import Iterator
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import OccupancyGrid as OccupancyGridMessage
from nav_msgs.msg import Odometry as OdometryMessage
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import LaserScan
from soak_lap import MOUNT, Lap, Moment
from tf2_msgs.msg import TFMessage

from local_inn_ros.benchmarking.over_topics.drive_player import fix_stamp_of
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.nodes.common.conversions import (
    grid_message,
    odometry_message,
    scan_message,
    stamped_gaussian_message,
    to_pose,
    to_stamp,
    transform_message,
)
from local_inn_ros.nodes.common.qos import LATCHED, RELIABLE, SENSOR, TRANSFORMS
from local_inn_ros.world import OccupancyGrid

_NS = 1_000_000_000
_INITIAL_DEVIATIONS = (0.1, 0.1, 0.1)
_NODES = frozenset({"ekf", "lidar_localizer"})
# Of scans, odometry, mounts and first poses.
_LISTENERS = (1, 2, 1, 2)
# Deeper than what is written, so that nothing is lost on this side.
_ALL = QoSProfile(depth=1000)
_ALL_LATCHED = QoSProfile(depth=1000, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class SoakRobot(Node):
    """Publishes scans, odometry, TF and a map as a robot does, and hears the poses.

    Attributes:
        scans_sent: when each scan was sent (`time.time`), by its stamp in nanoseconds.
        poses: when its pose arrived, by stamp.
        fixes: when its fix arrived, by stamp.
        errors_m: how far off each pose was, by stamp.
        late_s: how much later than its stamp each scan was sent, by stamp.
        words: what each node said last on /diagnostics.
    """

    def __init__(self, lap: Lap, grid: OccupancyGrid, **node_arguments: Any) -> None:
        """Connect; nothing moves before `begin`."""
        super().__init__("soak_robot", **node_arguments)
        self.scans_sent: dict[int, float] = {}
        self.late_s: dict[int, float] = {}
        self.poses: dict[int, float] = {}
        self.fixes: dict[int, float] = {}
        self.errors_m: dict[int, float] = {}
        self.words: dict[str, str] = {}
        self._truths: dict[int, Pose2] = {}
        self._messages = _scan_messages(lap)
        self._moments: Iterator[Moment] = lap.replay()
        self._next = next(self._moments)
        self._start_ns = 0
        self._connect()
        stamp = to_stamp(time.time())
        self._mounts.publish(
            TFMessage(transforms=[transform_message(MOUNT, stamp, "base_link", "laser")])
        )
        self._map.publish(grid_message(grid, stamp, "map"))

    def _connect(self) -> None:
        pose = PoseWithCovarianceStamped
        self._scans = self.create_publisher(LaserScan, "scan", SENSOR)
        self._odometry = self.create_publisher(OdometryMessage, "odom", SENSOR)
        self._transforms = self.create_publisher(TFMessage, "/tf", TRANSFORMS)
        self._mounts = self.create_publisher(TFMessage, "/tf_static", LATCHED)
        self._map = self.create_publisher(OccupancyGridMessage, "map", LATCHED)
        self._initial = self.create_publisher(pose, "initialpose", RELIABLE)
        self.create_subscription(pose, "amcl_pose", self._on_pose, _ALL_LATCHED)
        self.create_subscription(pose, "lidar_localizer/measurement", self._on_fix, _ALL)
        self.create_subscription(DiagnosticArray, "/diagnostics", self._on_health, _ALL)

    def heard(self) -> bool:
        """Tell whether both nodes are there, and listen to what this robot says."""
        talked = (self._scans, self._odometry, self._mounts, self._initial)
        return self.words.keys() >= _NODES and all(
            one.get_subscription_count() >= listeners
            for one, listeners in zip(talked, _LISTENERS, strict=True)
        )

    def begin(self) -> None:
        """Drive off."""
        self._start_ns = time.time_ns()

    def tell_pose(self) -> None:
        """Tell where the robot is now."""
        pose = GaussianPose2.from_deviations(self._next.truth, *_INITIAL_DEVIATIONS)
        self._initial.publish(stamped_gaussian_message(pose, Time(), "map"))

    def seconds_to_next(self) -> float:
        """Return how long it is until something is due; negative where it is late."""
        return 1e-9 * (self._stamp_ns(self._next) - time.time_ns())

    def publish_due(self) -> None:
        """Publish what is due by now."""
        while self.seconds_to_next() <= 0.0:
            self._publish(self._next)
            self._next = next(self._moments)

    def _stamp_ns(self, moment: Moment) -> int:
        return self._start_ns + round(_NS * moment.time_s)

    def _publish(self, moment: Moment) -> None:
        stamp_ns = self._stamp_ns(moment)
        stamp = Time(sec=stamp_ns // _NS, nanosec=stamp_ns % _NS)
        if moment.odometry is not None:
            exact = GaussianPose2(moment.odometry.pose, np.zeros((3, 3)))
            self._odometry.publish(
                odometry_message(exact, moment.odometry, stamp, "odom", "base_link")
            )
            transform = transform_message(moment.odometry.pose, stamp, "odom", "base_link")
            self._transforms.publish(TFMessage(transforms=[transform]))
        if moment.scan is not None and moment.scan_truth is not None:
            message = self._messages[id(moment.scan)]
            begun_ns = stamp_ns - round(_NS * moment.scan.sweep_s)
            message.header.stamp = Time(sec=begun_ns // _NS, nanosec=begun_ns % _NS)
            fix = fix_stamp_of(message)
            fix_ns = fix.sec * _NS + fix.nanosec
            self._scans.publish(message)
            now_ns = time.time_ns()
            self.scans_sent[fix_ns] = 1e-9 * now_ns
            self.late_s[fix_ns] = 1e-9 * (now_ns - stamp_ns)
            self._truths[fix_ns] = moment.scan_truth

    def _on_pose(self, message: PoseWithCovarianceStamped) -> None:
        stamp_ns = _nanoseconds(message.header.stamp)
        self.poses[stamp_ns] = time.time()
        truth = self._truths.pop(stamp_ns, None)
        if truth is not None:
            self.errors_m[stamp_ns] = truth.distance_to(to_pose(message.pose.pose))

    def _on_fix(self, message: PoseWithCovarianceStamped) -> None:
        self.fixes[_nanoseconds(message.header.stamp)] = time.time()

    def _on_health(self, message: DiagnosticArray) -> None:
        for status in message.status:
            self.words[status.name] = status.message


def _scan_messages(lap: Lap) -> dict[int, LaserScan]:
    """Return each scan of a lap as a message, by the scan's identity."""
    messages = {}
    for moment in lap.moments:
        if moment.scan is not None:
            message = scan_message(moment.scan, Time(), "laser")
            message.intensities = array("f", bytes(4 * moment.scan.ranges_m.size))
            messages[id(moment.scan)] = message
    return messages


def _nanoseconds(stamp: Time) -> int:
    return int(stamp.sec) * _NS + int(stamp.nanosec)
