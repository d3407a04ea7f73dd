# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Robots over real DDS that the doctor looks at, and the doctor beside them."""

from __future__ import annotations

import math
import time
from array import array
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from geometry_msgs.msg import PoseWithCovarianceStamped
from model_fixtures import SENSOR, room, scan_at
from nav_msgs.msg import OccupancyGrid as OccupancyGridMessage
from nav_msgs.msg import Odometry as OdometryMessage
from rclpy.node import Node
from rclpy.qos import QoSProfile
from ros_fixtures import RosWorld
from rosgraph_msgs.msg import Clock as ClockMessage
from sensor_msgs.msg import LaserScan
from tf2_msgs.msg import TFMessage

from local_inn_ros.diagnosis.findings import Finding, Report
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.nodes.common.conversions import (
    grid_message,
    odometry_message,
    scan_message,
    to_stamp,
    transform_message,
)
from local_inn_ros.nodes.common.qos import LATCHED, TRANSFORMS
from local_inn_ros.nodes.common.qos import SENSOR as SENSOR_QOS
from local_inn_ros.nodes.doctor.doctor import run_doctor
from local_inn_ros.sensing import Odometry

_LISTENING_S = 1.5


def diagnose(ros: RosWorld, namespace: str | None = None) -> Report:
    """Run the doctor beside the nodes of a test."""
    with ThreadPoolExecutor(max_workers=1) as threads:
        running = threads.submit(run_doctor, _LISTENING_S, namespace, ros.domain)
        ros.wait_for(running.done, "the doctor", patience_s=60.0)
    return running.result()


def by_check(report: Report) -> dict[str, Finding]:
    return {one.check: one for one in report.findings}


@dataclass(frozen=True)
class Habits:
    """How a robot of the tests talks; well, where nothing is said."""

    scan_topic: str = "scan"
    scan_hz: float = 40.0
    scan_age_s: float = 0.0
    blind: bool = False
    mounted: bool = True
    child_frame: str = "base_link"
    speed_mps: float = 0.0
    speed_said_mps: float = 0.0
    map_latched: bool = True


class Robot(Node):
    """A driver of laser and base, with habits."""

    def __init__(self, ros: RosWorld, habits: Habits, name: str = "driver") -> None:
        super().__init__(name, context=ros.context)
        self._habits = habits
        self._scans = self.create_publisher(LaserScan, habits.scan_topic, SENSOR_QOS)
        self._odometry = self.create_publisher(OdometryMessage, "odom", SENSOR_QOS)
        self._transforms = self.create_publisher(TFMessage, "/tf", TRANSFORMS)
        self._mounts = self.create_publisher(TFMessage, "/tf_static", LATCHED)
        map_qos = LATCHED if habits.map_latched else QoSProfile(depth=1)
        self._map = self.create_publisher(OccupancyGridMessage, "map", map_qos)
        self._map.publish(grid_message(room(), to_stamp(1.0), "map"))
        if habits.mounted:
            mount = transform_message(Pose2.identity(), to_stamp(1.0), "base_link", "laser")
            self._mounts.publish(TFMessage(transforms=[mount]))
        self._scan = scan_message(scan_at(room(), Pose2(1.0, 1.0, 0.3), 0.0), to_stamp(0.0), "")
        self._scan.header.frame_id = "laser"
        if habits.blind:
            self._scan.ranges = array("f", [math.nan] * SENSOR.beam_count)
        self._began_s = time.time()
        self.create_timer(1.0 / habits.scan_hz, self._on_scan)
        self.create_timer(0.02, self._on_odometry)

    def _on_scan(self) -> None:
        self._scan.header.stamp = to_stamp(time.time() - self._habits.scan_age_s)
        self._scans.publish(self._scan)

    def _on_odometry(self) -> None:
        now_s, habits = time.time(), self._habits
        pose = Pose2(habits.speed_mps * (now_s - self._began_s), 0.0, 0.0)
        reading = Odometry(now_s, pose, habits.speed_said_mps)
        exact = GaussianPose2(pose, np.zeros((3, 3)))
        stamp = to_stamp(now_s)
        self._odometry.publish(odometry_message(exact, reading, stamp, "odom", habits.child_frame))
        transform = transform_message(pose, stamp, "odom", habits.child_frame)
        self._transforms.publish(TFMessage(transforms=[transform]))


class Amcl(Node):
    """Somebody else who localizes the robot."""

    def __init__(self, ros: RosWorld) -> None:
        super().__init__("amcl", context=ros.context)
        self._poses = self.create_publisher(PoseWithCovarianceStamped, "amcl_pose", LATCHED)
        self._transforms = self.create_publisher(TFMessage, "/tf", TRANSFORMS)
        self.create_timer(0.05, self._on_tick)

    def _on_tick(self) -> None:
        stamp = to_stamp(time.time())
        place = transform_message(Pose2(7.0, 0.0, 0.0), stamp, "map", "odom")
        self._transforms.publish(TFMessage(transforms=[place]))


class Player(Node):
    """Plays a clock."""

    def __init__(self, ros: RosWorld) -> None:
        super().__init__("player", context=ros.context)
        self._ticks = self.create_publisher(ClockMessage, "/clock", 10)
        self.create_timer(0.05, self._on_tick)

    def _on_tick(self) -> None:
        self._ticks.publish(ClockMessage(clock=to_stamp(12.0)))
