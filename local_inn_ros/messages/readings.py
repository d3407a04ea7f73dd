# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From a message to a reading, or to the reason why it is none.

Nodes, doctor, `evaluate`, `train` and `calibrate` take readings through these functions. Messages
are told by their fields alone: those of rclpy and those of a bag have the same.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.messages.unused import MessageError, Unused
from local_inn_ros.sensing import LaserSpec, Odometry, Scan
from local_inn_ros.sensing.laser.beam_times import first_beam_s, time_increment_of

# Where x, y and yaw stand in the 6x6 covariance of geometry_msgs/PoseWithCovariance.
_PLANAR = np.ix_([0, 1, 5], [0, 1, 5])
_LEAST_QUATERNION = 1e-6
# More than twice round the Earth: farther than any frame's origin, not so far that sums lose all
# their digits.
_FARTHEST_M = 1e8
# No robot drives (m/s) or turns (rad/s) so fast.
_FASTEST = 1e4
_JUST_BEGUN_S = 0.5


def frame_name(name: str) -> str:
    """Return a frame's name as tf2 has it, without the leading slash of ROS 1."""
    return name.lstrip("/")


def to_seconds(stamp: Any) -> float:
    """Return a builtin_interfaces/Time in seconds."""
    return float(stamp.sec) + 1e-9 * float(stamp.nanosec)


def check_stamp(stamp_s: float, now_s: float) -> None:
    """See whether a driver filled in a stamp.

    A stamp of 0 is an instant only where time itself has just begun, as a simulator's does.

    Args:
        stamp_s: of a reading.
        now_s: the time of those who read it: of the node, or of a recording's newest reading.

    Raises:
        MessageError: it was not filled in.
    """
    if stamp_s <= 0.0 and now_s > _JUST_BEGUN_S:
        raise MessageError(f"the stamp is {stamp_s:g}: it was not filled in", Unused.UNSTAMPED)


def check_frame(what: str, frame: str, wanted: str) -> None:
    """See whether something is told in the one frame that it can be used in.

    Args:
        what: it is, for people.
        frame: of the message.
        wanted: the frame.

    Raises:
        MessageError: it is in another.
    """
    if frame_name(frame) != frame_name(wanted):
        raise MessageError(f"the {what} is in frame '{frame}', not in '{wanted}'", Unused.FRAME)


def to_scan(message: Any, laser: LaserSpec | None = None, period_s: float = math.nan) -> Scan:
    """Read a sensor_msgs/LaserScan; its ranges stay as they came.

    Whether angles and limits make sense, the laser's own checks say (``sensing.laser``).

    Args:
        message: the scan.
        laser: description of the laser, which says what the message is silent about.
        period_s: time from the stamp of one scan to that of the next; NaN where it is not known.
    """
    # An array and a numpy array pass as buffers; a list of ranges would cost thirty times as much
    # (rclpy #763).
    ranges_m = np.asarray(message.ranges, dtype=np.float32)
    return Scan(
        stamp_s=first_beam_s(to_seconds(message.header.stamp), laser),
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
            period_s,
        ),
    )


def to_odometry(message: Any) -> Odometry:
    """Read a nav_msgs/Odometry.

    Raises:
        MessageError: a number is not finite, the quaternion is zero, or no robot is there or moves
            like that.
    """
    twist = message.twist.twist
    reading = Odometry(
        stamp_s=to_seconds(message.header.stamp),
        pose=to_pose(message.pose.pose),
        speed_mps=float(twist.linear.x),
        lateral_speed_mps=float(twist.linear.y),
        yaw_rate_radps=float(twist.angular.z),
    )
    for speed in (reading.speed_mps, reading.lateral_speed_mps, reading.yaw_rate_radps):
        if not abs(speed) <= _FASTEST:
            raise MessageError(
                f"the odometry's speed, {speed:g} in its twist, is none of a robot",
                Unused.TOO_FAST if math.isfinite(speed) else Unused.NOT_FINITE,
            )
    return reading


def to_speed_deviations(message: Any) -> tuple[float, float]:
    """Read from a geometry_msgs/TwistWithCovariance how far its speeds may be off.

    Returns:
        The deviations of the speed ahead, in m/s, and of the rate of turn, in rad/s; 0 for
        what the message does not tell.
    """
    ahead, turn = message.covariance[0], message.covariance[35]
    return math.sqrt(max(ahead, 0.0)), math.sqrt(max(turn, 0.0))


def to_yaw(rotation: Any) -> float:
    """Return the yaw of a quaternion of any length but zero (REP-103).

    Raises:
        MessageError: it is zero or not finite.
    """
    x, y, z, w = rotation.x, rotation.y, rotation.z, rotation.w
    norm = math.sqrt(x * x + y * y + z * z + w * w)
    if not math.isfinite(norm) or norm < _LEAST_QUATERNION:
        raise MessageError(
            f"the quaternion (x {x}, y {y}, z {z}, w {w}) is not a rotation", Unused.NO_ROTATION
        )
    x, y, z, w = x / norm, y / norm, z / norm, w / norm
    return math.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))


def to_pose(message: Any) -> Pose2:
    """Project a geometry_msgs/Pose onto the plane.

    Raises:
        MessageError: a number is not finite, the quaternion is zero, or the position is nowhere
            on Earth.
    """
    x, y = float(message.position.x), float(message.position.y)
    pose = Pose2(x, y, to_yaw(message.orientation))
    if not pose.is_finite():
        raise MessageError(f"the position ({pose.x}, {pose.y}) is not finite", Unused.NOT_FINITE)
    if max(abs(pose.x), abs(pose.y)) > _FARTHEST_M:
        raise MessageError(
            f"the position ({pose.x:g}, {pose.y:g}) m is farther off than any place on Earth",
            Unused.NOWHERE,
        )
    return pose


def to_gaussian(message: Any) -> GaussianPose2:
    """Read a planar pose with its covariance (geometry_msgs/PoseWithCovariance).

    Raises:
        MessageError: the pose is no pose, or the covariance is not finite, not symmetric, or not
            positive semi-definite.
    """
    covariance = np.asarray(message.covariance, dtype=np.float64).reshape(6, 6)[_PLANAR]
    try:
        return GaussianPose2(to_pose(message.pose), covariance)
    except ValueError as error:
        raise MessageError(str(error), Unused.NO_COVARIANCE) from None


def to_told_pose(message: Any) -> GaussianPose2:
    """Read a pose that somebody tells; one without covariance is set by hand, as AMCL takes it.

    Raises:
        MessageError: as for ``to_gaussian``.
    """
    pose = to_gaussian(message)
    return pose if pose.covariance.any() else hand_set(pose.mean)


def hand_set(pose: Pose2) -> GaussianPose2:
    """Return a pose with AMCL's default deviations for one that is set by hand."""
    return GaussianPose2.from_deviations(pose, 0.5, 0.5, math.pi / 12.0)
