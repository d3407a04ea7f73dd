# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One reading of the odometry, free of ROS types."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from local_inn_ros.geometry import Pose2, Twist2, interpolate_poses, wrap_angle

FARTHEST = 1e9
"""Farther and faster than anything goes: with larger numbers metres are lost to rounding."""


@dataclass(frozen=True, slots=True)
class Odometry:
    """One reading of the odometry, as nav_msgs/Odometry carries it.

    Attributes:
        stamp_s: when it was valid, in seconds.
        pose: the base in the odometry frame (continuous, drifts: REP-105).
        speed_mps: forward speed in the base frame; negative in reverse.
        lateral_speed_mps: speed to the left in the base frame.
        yaw_rate_radps: rate of turn, counter-clockwise.
    """

    stamp_s: float
    pose: Pose2
    speed_mps: float = 0.0
    lateral_speed_mps: float = 0.0
    yaw_rate_radps: float = 0.0

    def is_usable(self) -> bool:
        """Tell whether all numbers are finite, and none is beyond all measure."""
        pose, speed = self.pose, abs(self.speed_mps) + abs(self.lateral_speed_mps)
        most = abs(pose.x) + abs(pose.y) + speed + abs(self.yaw_rate_radps)
        return most < FARTHEST and math.isfinite(pose.yaw + self.stamp_s)

    def from_origin(self) -> tuple[float, float]:
        """Return the way in m and the turn in rad from where an odometry begins, 0 there."""
        return math.hypot(self.pose.x, self.pose.y), abs(wrap_angle(self.pose.yaw))

    def speeds(self) -> tuple[float, float]:
        """Return how fast the base moves and turns by the twist, without sign (m/s, rad/s)."""
        return math.hypot(self.speed_mps, self.lateral_speed_mps), abs(self.yaw_rate_radps)

    def carried_on(self, duration_s: float) -> Pose2:
        """Return the base so much later, if its speed stays."""
        speed = Twist2(self.speed_mps, self.lateral_speed_mps, self.yaw_rate_radps)
        return self.pose @ speed.scaled(duration_s).to_pose()

    def towards(self, later: Odometry, share: float) -> Pose2:
        """Return the base a share of the way to a later reading, along a circle's arc."""
        return interpolate_poses(self.pose, later.pose, share)

    def off_course(self, later: Odometry) -> tuple[float, float]:
        """Return how far (m, rad) a later reading is from where the speeds of both lead."""
        half_s = 0.5 * (later.stamp_s - self.stamp_s)
        led = replace(self, pose=self.carried_on(half_s))
        return led.apart(replace(later, pose=later.carried_on(-half_s)))

    def apart(self, other: Odometry) -> tuple[float, float]:
        """Return the way in m and the turn in rad from one reading to another."""
        turn = abs(wrap_angle(other.pose.yaw - self.pose.yaw))
        return self.pose.distance_to(other.pose), turn
