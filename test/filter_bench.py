# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The filter's node with something at each of its topics."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import Odometry as OdometryMessage
from ros_fixtures import RosWorld
from tf2_msgs.msg import TFMessage

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.nodes.common.conversions import (
    odometry_message,
    stamped_gaussian_message,
    to_stamp,
)
from local_inn_ros.nodes.common.handover import Handover
from local_inn_ros.nodes.common.qos import LATCHED, RELIABLE, SENSOR, TRANSFORMS
from local_inn_ros.nodes.filter.ekf import Ekf
from local_inn_ros.sensing import Odometry

FIX_TOPIC = "lidar_localizer/measurement"
START_S = 1000.0


class FilterBench:
    """An EKF node with something at each of its topics."""

    def __init__(self, ros: RosWorld, handover: Handover | None = None, **parameters: Any) -> None:
        self.ros = ros
        self.node = ros.start(Ekf, handover, **parameters)
        self.poses = ros.listen(PoseWithCovarianceStamped, "amcl_pose", LATCHED)
        self.filtered = ros.listen(OdometryMessage, "odometry/filtered", RELIABLE)
        self.transforms = ros.listen(TFMessage, "/tf", TRANSFORMS)
        self.odometry = ros.talk(OdometryMessage, "odom", SENSOR)
        self.fixes = ros.talk(PoseWithCovarianceStamped, FIX_TOPIC, RELIABLE)
        self.initial = ros.talk(PoseWithCovarianceStamped, "initialpose", RELIABLE)
        self.sent = 0
        ros.wait_for(lambda: ros.probe.count_publishers("amcl_pose"), "the node's publishers")

    def drive(self, readings: int, speed_mps: float = 1.0) -> None:
        """Send readings, 10 ms apart, of a robot that goes straight; wait until they are in."""
        key = "odometry kept"
        for _ in range(readings):
            reading = straight(self.sent, speed_mps)
            self.odometry.publish(odometry_of(reading))
            self.sent += 1
            wanted = self.sent
            self.ros.wait_for(
                lambda wanted=wanted: self.total(key) >= wanted,
                "odometry",
            )

    def total(self, what: str) -> int:
        return self.node.statistics().get(what, 0)

    def fix(self, pose: Pose2, stamp_s: float, deviation: float = 0.05) -> None:
        gaussian = GaussianPose2.from_deviations(pose, deviation, deviation, deviation)
        count = self.total("fix")
        self.fixes.publish(stamped_gaussian_message(gaussian, to_stamp(stamp_s), "map"))
        self.ros.wait_for(lambda: self.total("fix") > count, "the fix")

    def begin(self, pose: Pose2, stamp_s: float = START_S, deviation: float = 0.1) -> None:
        gaussian = GaussianPose2.from_deviations(pose, deviation, deviation, deviation)
        self.initial.publish(stamped_gaussian_message(gaussian, to_stamp(stamp_s), "map"))
        self.ros.wait_for(lambda: self.poses, "a first amcl_pose")


def straight(index: int, speed_mps: float = 1.0) -> Odometry:
    time_s = 0.01 * index
    return Odometry(START_S + time_s, Pose2(speed_mps * time_s, 0.0, 0.0), speed_mps)


def odometry_of(
    reading: Odometry, frame: str = "odom", child: str = "base_link"
) -> OdometryMessage:
    exact = GaussianPose2(reading.pose, np.zeros((3, 3)))
    return odometry_message(exact, reading, to_stamp(reading.stamp_s), frame, child)
