# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The package's own types to ROS messages (REP-103, REP-105, REP-117), and a map back.

How readings come out of messages is told in ``messages.readings``; those names stand here too.
"""

from __future__ import annotations

import math
from array import array

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import (
    Point,
    Pose,
    PoseArray,
    PoseStamped,
    PoseWithCovariance,
    PoseWithCovarianceStamped,
    Quaternion,
    TransformStamped,
    Vector3,
)
from nav_msgs.msg import OccupancyGrid as OccupancyGridMessage
from nav_msgs.msg import Odometry as OdometryMessage
from numpy.typing import NDArray
from rclpy.node import Node
from sensor_msgs.msg import LaserScan
from std_msgs.msg import Header

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.messages.readings import (
    frame_name,
    hand_set,
    to_gaussian,
    to_odometry,
    to_pose,
    to_scan,
    to_seconds,
    to_speed_deviations,
    to_told_pose,
    to_yaw,
)
from local_inn_ros.messages.unused import MessageError
from local_inn_ros.sensing import Odometry, Scan
from local_inn_ros.world import OccupancyGrid

__all__ = [
    "MessageError",
    "fill_gaussian",
    "fill_odometry",
    "fill_pose",
    "frame_name",
    "gaussian_message",
    "grid_message",
    "hand_set",
    "header",
    "odometry_message",
    "pose_array_message",
    "pose_message",
    "pose_stamped_message",
    "scan_message",
    "seconds_now",
    "stamped_gaussian_message",
    "to_gaussian",
    "to_grid",
    "to_odometry",
    "to_pose",
    "to_quaternion",
    "to_scan",
    "to_seconds",
    "to_speed_deviations",
    "to_stamp",
    "to_told_pose",
    "to_yaw",
    "transform_message",
]

# Where x, y and yaw stand in the 36 numbers of the covariance of geometry_msgs/PoseWithCovariance.
_PLANAR_FLAT = np.array([0, 1, 5, 6, 7, 11, 30, 31, 35])
# Seconds are 32 bits in a message.
_LATEST_NS = (2**31) * 1_000_000_000 - 1


def seconds_now(node: Node) -> float:
    """Return the time that a node goes by, real or simulated, in seconds."""
    return 1e-9 * node.get_clock().now().nanoseconds


def to_stamp(seconds: float) -> Time:
    """Return the stamp of an instant, to the nanosecond that a float can tell.

    Instants that a stamp cannot tell become the first or the last that it can.
    """
    total = min(max(round(seconds * 1e9), 0), _LATEST_NS)
    return Time(sec=total // 1_000_000_000, nanosec=total % 1_000_000_000)


def header(stamp: Time, frame: str) -> Header:
    """Return a header."""
    return Header(stamp=stamp, frame_id=frame)


def to_quaternion(yaw: float) -> Quaternion:
    """Return the quaternion of a turn about the vertical."""
    return Quaternion(z=math.sin(0.5 * yaw), w=math.cos(0.5 * yaw))


def pose_message(pose: Pose2) -> Pose:
    """Return a pose on the ground."""
    return Pose(position=Point(x=pose.x, y=pose.y), orientation=to_quaternion(pose.yaw))


def fill_pose(message: Pose, pose: Pose2) -> None:
    """Write a pose into a message that was of a pose on the ground before.

    To fill a message takes a fifth of the time of making one, which makes all of its parts twice.
    """
    message.position.x, message.position.y = pose.x, pose.y
    half = 0.5 * pose.yaw
    message.orientation.z, message.orientation.w = math.sin(half), math.cos(half)


def pose_stamped_message(pose: Pose2, stamp: Time, frame: str) -> PoseStamped:
    """Return a pose on the ground, in a frame at an instant."""
    return PoseStamped(header=header(stamp, frame), pose=pose_message(pose))


def gaussian_message(pose: GaussianPose2) -> PoseWithCovariance:
    """Return a pose on the ground with its covariance; z, roll and pitch are known to be zero."""
    message = PoseWithCovariance()
    fill_gaussian(message, pose)
    return message


def fill_gaussian(message: PoseWithCovariance, pose: GaussianPose2) -> None:
    """Write a pose and its covariance into a message that was of a pose on the ground before."""
    fill_pose(message.pose, pose.mean)
    message.covariance[_PLANAR_FLAT] = pose.covariance.ravel()


def stamped_gaussian_message(
    pose: GaussianPose2, stamp: Time, frame: str
) -> PoseWithCovarianceStamped:
    """Return a pose with its covariance, in a frame at an instant."""
    return PoseWithCovarianceStamped(header=header(stamp, frame), pose=gaussian_message(pose))


def pose_array_message(poses: NDArray[np.float64], stamp: Time, frame: str) -> PoseArray:
    """Return poses (n, 3) of (x, y, yaw)."""
    listed = [pose_message(Pose2(*row)) for row in poses.tolist()]
    return PoseArray(header=header(stamp, frame), poses=listed)


def scan_message(scan: Scan, stamp: Time, frame: str, period_s: float = 0.0) -> LaserScan:
    """Return a scan as a message; ``period_s`` from one scan to the next, where it is known."""
    count = scan.ranges_m.size
    return LaserScan(
        header=header(stamp, frame),
        angle_min=scan.angle_min_rad,
        angle_max=scan.angle_min_rad + scan.angle_increment_rad * max(count - 1, 0),
        angle_increment=scan.angle_increment_rad,
        time_increment=scan.time_increment_s,
        scan_time=period_s,
        range_min=scan.range_min_m,
        range_max=scan.range_max_m,
        ranges=array("f", scan.ranges_m.astype(np.float32, copy=False).tobytes()),
    )


def odometry_message(
    pose: GaussianPose2, reading: Odometry, stamp: Time, frame: str, child_frame: str
) -> OdometryMessage:
    """Return the pose of a base with the speed that ``reading`` tells."""
    message = OdometryMessage(header=header(stamp, frame), child_frame_id=child_frame)
    fill_odometry(message, pose, reading)
    return message


def fill_odometry(message: OdometryMessage, pose: GaussianPose2, reading: Odometry) -> None:
    """Write a pose and a speed into a message that was of a base on the ground before."""
    fill_gaussian(message.pose, pose)
    twist = message.twist.twist
    twist.linear.x = reading.speed_mps
    twist.linear.y = reading.lateral_speed_mps
    twist.angular.z = reading.yaw_rate_radps


def transform_message(pose: Pose2, stamp: Time, frame: str, child_frame: str) -> TransformStamped:
    """Return the transform that takes ``child_frame`` into ``frame``."""
    message = TransformStamped(header=header(stamp, frame), child_frame_id=child_frame)
    message.transform.translation = Vector3(x=pose.x, y=pose.y)
    message.transform.rotation = to_quaternion(pose.yaw)
    return message


def to_grid(message: OccupancyGridMessage) -> OccupancyGrid:
    """Read a map.

    Raises:
        MapError: its cells, resolution or origin make no sense.
        MessageError: the data are not width times height, or the origin's quaternion is zero.
    """
    rows, cols = message.info.height, message.info.width
    if len(message.data) != rows * cols:
        raise MessageError(f"the map says {rows} x {cols} cells and holds {len(message.data)}")
    cells = np.frombuffer(message.data, dtype=np.int8).reshape(rows, cols)
    return OccupancyGrid(cells, message.info.resolution, to_pose(message.info.origin))


def grid_message(grid: OccupancyGrid, stamp: Time, frame: str) -> OccupancyGridMessage:
    """Return a map as a message."""
    message = OccupancyGridMessage(header=header(stamp, frame))
    message.info.map_load_time = stamp
    message.info.resolution = grid.resolution_m
    message.info.width, message.info.height = grid.cols, grid.rows
    message.info.origin = pose_message(grid.origin)
    message.data = array("b", grid.cells.tobytes())
    return message
