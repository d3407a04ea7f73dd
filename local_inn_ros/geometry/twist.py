# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Motion along a circle arc: the exponential map of SE(2) and its inverse.

Sola, Deray and Atchuthan, A micro Lie theory for state estimation in robotics (2018), example 3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from local_inn_ros.geometry.pose import Pose2

# Below this turn the series is exact to rounding, and the closed form divides by nearly zero.
_SMALL_TURN_RAD = 1e-4


@dataclass(frozen=True, slots=True)
class Twist2:
    """A constant planar velocity times the time it lasts, in the axes of the moving body.

    Attributes:
        ahead_m: arc length forward.
        left_m: arc length to the left.
        turn_rad: angle turned, counter-clockwise; not wrapped.
    """

    ahead_m: float
    left_m: float
    turn_rad: float

    def scaled(self, share: float) -> Twist2:
        """Return the same velocity kept up for ``share`` of the time."""
        return Twist2(self.ahead_m * share, self.left_m * share, self.turn_rad * share)

    def to_pose(self) -> Pose2:
        """Return the pose that the body reaches, seen from where it started (Exp)."""
        turn = self.turn_rad
        if abs(turn) < _SMALL_TURN_RAD:
            sine_share, cosine_share = 1.0 - turn * turn / 6.0, 0.5 * turn
        else:
            sine_share, cosine_share = math.sin(turn) / turn, (1.0 - math.cos(turn)) / turn
        return Pose2(
            sine_share * self.ahead_m - cosine_share * self.left_m,
            cosine_share * self.ahead_m + sine_share * self.left_m,
            turn,
        )

    @staticmethod
    def reaching(pose: Pose2) -> Twist2:
        """Return the twist that leads to ``pose``, turning by half a turn at most (Log)."""
        turn = pose.yaw
        half = 0.5 * turn
        small = abs(turn) < _SMALL_TURN_RAD
        along = 1.0 - turn * turn / 12.0 if small else half / math.tan(half)
        return Twist2(along * pose.x + half * pose.y, along * pose.y - half * pose.x, turn)


def interpolate_poses(start: Pose2, end: Pose2, share: float) -> Pose2:
    """Return the pose a ``share`` of the way from start (0) to end (1), along one circle arc."""
    return start @ Twist2.reaching(start.between(end)).scaled(share).to_pose()
