# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Angles, and poses and Gaussians in the plane and in space (REP-103: x forward, y left, z up).

What is in space is imported when it is first asked for (PEP 562): most of it brings in scipy's
rotations, which a planar robot has no use for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_inn_ros.geometry.angles import circular_mean, wrap_angle, wrap_angles
from local_inn_ros.geometry.gaussian import GaussianPose2
from local_inn_ros.geometry.pose import Pose2, compose_poses, transform_points
from local_inn_ros.geometry.twist import Twist2, interpolate_poses
from local_inn_ros.late_names import late_names

if TYPE_CHECKING:
    from local_inn_ros.geometry.gaussian3 import GaussianPose3
    from local_inn_ros.geometry.pose3 import Pose3
    from local_inn_ros.geometry.ros_covariance import from_ros_covariance, to_ros_covariance
    from local_inn_ros.geometry.se3 import (
        exp_twists,
        inverse_left_jacobian,
        inverse_right_jacobian,
        left_jacobian,
        log_motions,
        right_jacobian,
    )
    from local_inn_ros.geometry.twist3 import Twist3, interpolate_poses3

__all__ = [
    "GaussianPose2",
    "GaussianPose3",
    "Pose2",
    "Pose3",
    "Twist2",
    "Twist3",
    "circular_mean",
    "compose_poses",
    "exp_twists",
    "from_ros_covariance",
    "interpolate_poses",
    "interpolate_poses3",
    "inverse_left_jacobian",
    "inverse_right_jacobian",
    "left_jacobian",
    "log_motions",
    "right_jacobian",
    "to_ros_covariance",
    "transform_points",
    "wrap_angle",
    "wrap_angles",
]

__getattr__ = late_names(
    __name__,
    {
        "gaussian3": ("GaussianPose3",),
        "pose3": ("Pose3",),
        "ros_covariance": ("from_ros_covariance", "to_ros_covariance"),
        "se3": (
            "exp_twists",
            "inverse_left_jacobian",
            "inverse_right_jacobian",
            "left_jacobian",
            "log_motions",
            "right_jacobian",
        ),
        "twist3": ("Twist3", "interpolate_poses3"),
    },
)
