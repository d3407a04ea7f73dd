# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From ROS messages, as a bag holds them, to what the rest of the package knows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.errors import BagError
from local_inn_ros.geometry import Pose2
from local_inn_ros.sensing import LaserSpec, Odometry, Scan
from local_inn_ros.sensing.laser.beam_times import first_beam_s, time_increment_of

SCAN = "sensor_msgs/msg/LaserScan"
ODOMETRY = "nav_msgs/msg/Odometry"
POSE_STAMPED = "geometry_msgs/msg/PoseStamped"
POSE_WITH_COVARIANCE_STAMPED = "geometry_msgs/msg/PoseWithCovarianceStamped"
TRANSFORMS = ("tf2_msgs/msg/TFMessage", "tf/msg/tfMessage")
REFERENCES = (POSE_STAMPED, POSE_WITH_COVARIANCE_STAMPED, ODOMETRY)


def stamp_of(message: Any) -> float:
    """Return the header's stamp in seconds."""
    return float(message.header.stamp.sec) + 1e-9 * float(message.header.stamp.nanosec)


def frame_name(name: str) -> str:
    """Return a frame's name as tf2 has it, without the leading slash of old ROS 1 bags."""
    return name.lstrip("/")


def to_scan(message: Any, laser: LaserSpec | None) -> Scan:
    """Read a LaserScan; its ranges stay raw.

    Args:
        message: the LaserScan.
        laser: description of the laser, which says what the message is silent about.
    """
    ranges_m = np.asarray(message.ranges, dtype=np.float32)
    return Scan(
        stamp_s=first_beam_s(stamp_of(message), laser),
        ranges_m=ranges_m,
        angle_min_rad=float(message.angle_min),
        angle_increment_rad=float(message.angle_increment),
        range_min_m=float(message.range_min),
        range_max_m=float(message.range_max),
        time_increment_s=time_increment_of(
            float(message.time_increment),
            float(message.scan_time),
            float(message.angle_increment),
            ranges_m.size,
            laser,
        ),
    )


def to_odometry(message: Any) -> Odometry:
    """Read a nav_msgs/Odometry.

    Raises:
        BagError: its pose is not finite or its quaternion is zero.
    """
    twist = message.twist.twist
    return Odometry(
        stamp_s=stamp_of(message),
        pose=to_pose(message.pose.pose),
        speed_mps=float(twist.linear.x),
        lateral_speed_mps=float(twist.linear.y),
        yaw_rate_radps=float(twist.angular.z),
    )


def reference_pose(message: Any) -> Pose2:
    """Read the pose out of a message of one of the ``REFERENCES`` types.

    Raises:
        BagError: its pose is not finite or its quaternion is zero.
    """
    has_covariance = hasattr(message.pose, "pose")
    return to_pose(message.pose.pose if has_covariance else message.pose)


def to_pose(pose: Any) -> Pose2:
    """Project a geometry_msgs/Pose onto the plane.

    Raises:
        BagError: it is not finite or its quaternion is zero.
    """
    return planar(transform_matrix(pose.position, pose.orientation))


def transform_matrix(translation: Any, rotation: Any) -> NDArray[np.float64]:
    """Return the homogeneous matrix (4, 4) of a translation and a quaternion, normalised.

    Raises:
        BagError: a number is not finite or the quaternion is zero.
    """
    quaternion = np.array([rotation.w, rotation.x, rotation.y, rotation.z], dtype=np.float64)
    offset = np.array([translation.x, translation.y, translation.z], dtype=np.float64)
    norm = float(np.linalg.norm(quaternion))
    if not (math.isfinite(norm) and np.all(np.isfinite(offset))):
        raise BagError("a pose with numbers that are not finite")
    if norm < 1e-6:
        raise BagError("a pose whose quaternion is zero")
    w, x, y, z = quaternion / norm
    matrix = np.eye(4)
    matrix[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    matrix[:3, 3] = offset
    return matrix


def planar(matrix: NDArray[np.float64]) -> Pose2:
    """Project a homogeneous matrix (4, 4) onto the plane; yaw as in REP-103."""
    yaw = math.atan2(float(matrix[1, 0]), float(matrix[0, 0]))
    return Pose2.from_array([matrix[0, 3], matrix[1, 3], yaw])
