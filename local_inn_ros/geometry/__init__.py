# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""SE(2): angles, poses and Gaussian poses (REP-103: x forward, y left, yaw counter-clockwise)."""

from local_inn_ros.geometry.angles import circular_mean, wrap_angle, wrap_angles
from local_inn_ros.geometry.gaussian import GaussianPose2
from local_inn_ros.geometry.pose import Pose2, compose_poses, transform_points
from local_inn_ros.geometry.twist import Twist2, interpolate_poses

__all__ = [
    "GaussianPose2",
    "Pose2",
    "Twist2",
    "circular_mean",
    "compose_poses",
    "interpolate_poses",
    "transform_points",
    "wrap_angle",
    "wrap_angles",
]
