# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A node runs the bundle of a system that the package does not know."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from cli_helpers import F1TENTH
from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import Odometry as OdometryMessage
from ros_fixtures import RosWorld
from sensor_msgs.msg import LaserScan

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.nodes.common.conversions import (
    odometry_message,
    scan_message,
    stamped_gaussian_message,
    to_gaussian,
    to_stamp,
)
from local_inn_ros.nodes.common.qos import RELIABLE, SENSOR
from local_inn_ros.nodes.localizer.lidar_localizer import LidarLocalizer
from local_inn_ros.sensing import Odometry, Scan, load_laser_spec
from local_inn_ros.world import plan_lap


def test_its_fixes_go_out(ros: RosWorld, second_bundle: Path) -> None:
    laser = load_laser_spec(F1TENTH)
    loaded = Bundle.load(second_bundle)
    first, second = plan_lap(loaded.grid)[:2]
    truth = Pose2(float(first[0]), float(first[1]), float(np.arctan2(*(second - first)[::-1])))
    angles = laser.beam_angles_rad()
    ranges = loaded.caster.cast(truth.to_array()[None], angles, laser.range_max_m)[0]
    ros.start(LidarLocalizer, None, None, bundle=str(second_bundle), pose_file="")
    fixes = ros.listen(PoseWithCovarianceStamped, "lidar_localizer/measurement", RELIABLE)
    odometry = ros.talk(OdometryMessage, "odom", SENSOR)
    initial = ros.talk(PoseWithCovarianceStamped, "initialpose", RELIABLE)
    scans = ros.talk(LaserScan, "scan", SENSOR)
    ros.publish_mount(Pose2.identity())
    ros.wait_for(
        lambda: min(one.get_subscription_count() for one in (odometry, initial, scans)) > 0,
        "the node's subscriptions",
    )
    told = GaussianPose2.from_deviations(truth @ Pose2(0.1, -0.1, 0.05), 0.2, 0.2, 0.1)
    stamp_s = 1000.0

    def send() -> bool:
        nonlocal stamp_s
        stamp_s += 0.05
        reading = Odometry(stamp_s, Pose2.identity())
        exact = GaussianPose2(reading.pose, np.zeros((3, 3)))
        stamp = to_stamp(stamp_s)
        odometry.publish(odometry_message(exact, reading, stamp, "odom", "base_link"))
        initial.publish(stamped_gaussian_message(told, stamp, "map"))
        scan = Scan(
            stamp_s,
            ranges,
            float(angles[0]),
            float(angles[1] - angles[0]),
            laser.range_min_m,
            laser.range_max_m,
        )
        scans.publish(scan_message(scan, stamp, "laser"))
        return bool(fixes)

    ros.wait_for(send, "a fix")
    assert to_gaussian(fixes[-1].pose).mean.distance_to(truth) < 0.3
