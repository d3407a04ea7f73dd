# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One reading of the odometry in space, free of ROS types."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from local_inn_ros.geometry import Pose3, Twist3, interpolate_poses3
from local_inn_ros.sensing.odometry import FARTHEST

_ORIGIN, _NO_TURN = Pose3.identity(), np.eye(3)


@dataclass(frozen=True, slots=True, eq=False)
class Odometry3:
    """One reading of the odometry in space, as nav_msgs/Odometry carries it.

    Attributes:
        stamp_s: when it was valid, in seconds.
        pose: the base in the odometry frame (continuous, drifts: REP-105).
        velocity: of the base for one second, in the base frame; None where it is not known.
    """

    stamp_s: float
    pose: Pose3
    velocity: Twist3 | None = None

    def is_usable(self) -> bool:
        """Tell whether all numbers are finite, and none is beyond all measure."""
        numbers = self.pose.translation
        if self.velocity is not None:
            numbers = np.concatenate([numbers, self.velocity.to_array()])
        finite = np.isfinite(self.pose.rotation).all() and math.isfinite(self.stamp_s)
        return bool(np.abs(numbers).max() < FARTHEST and finite)

    def from_origin(self) -> tuple[float, float]:
        """Return the way in m and the turn in rad from where an odometry begins, 0 there."""
        turn = 0.0 if (self.pose.rotation == _NO_TURN).all() else self.pose.angle_to(_ORIGIN)
        return float(np.linalg.norm(self.pose.translation)), turn

    def speeds(self) -> tuple[float, float]:
        """Return how fast the base moves and turns by the twist, without sign (m/s, rad/s)."""
        if self.velocity is None:
            return 0.0, 0.0
        rho, phi = self.velocity.rho, self.velocity.phi
        return math.sqrt(rho @ rho), math.sqrt(phi @ phi)

    def carried_on(self, duration_s: float) -> Pose3:
        """Return the base so much later, if its velocity stays."""
        if self.velocity is None:
            return self.pose
        return self.pose @ self.velocity.scaled(duration_s).to_pose()

    def towards(self, later: Odometry3, share: float) -> Pose3:
        """Return the base a share of the way to a later reading, along a screw."""
        return interpolate_poses3(self.pose, later.pose, share)

    def off_course(self, later: Odometry3) -> tuple[float, float]:
        """Return how far (m, rad) a later reading is from where the speeds of both lead."""
        half_s = 0.5 * (later.stamp_s - self.stamp_s)
        led = replace(self, pose=self.carried_on(half_s))
        return led.apart(replace(later, pose=later.carried_on(-half_s)))

    def apart(self, other: Odometry3) -> tuple[float, float]:
        """Return the way in m and the turn in rad from one reading to another."""
        return self.pose.distance_to(other.pose), self.pose.angle_to(other.pose)
