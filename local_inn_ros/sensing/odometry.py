# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One reading of the odometry, free of ROS types."""

from __future__ import annotations

from dataclasses import dataclass

from local_inn_ros.geometry import Pose2


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
