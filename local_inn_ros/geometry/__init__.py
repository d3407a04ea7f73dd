# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Angles, and poses and Gaussians in the plane and in space (REP-103: x forward, y left, z up).

What is in space is imported when it is first asked for (PEP 562): it brings in scipy's rotations,
which a planar robot has no use for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from local_inn_ros.geometry.angles import circular_mean, wrap_angle, wrap_angles
from local_inn_ros.geometry.gaussian import GaussianPose2
from local_inn_ros.geometry.pose import Pose2, compose_poses, transform_points
from local_inn_ros.geometry.twist import Twist2, interpolate_poses

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

# Which file each name in space is in.
_FILES = {
    "GaussianPose3": "gaussian3",
    "Pose3": "pose3",
    "Twist3": "twist3",
    "exp_twists": "se3",
    "from_ros_covariance": "ros_covariance",
    "interpolate_poses3": "twist3",
    "inverse_left_jacobian": "se3",
    "inverse_right_jacobian": "se3",
    "left_jacobian": "se3",
    "log_motions": "se3",
    "right_jacobian": "se3",
    "to_ros_covariance": "ros_covariance",
}


def __getattr__(name: str) -> object:
    """Import a name of what is in space.

    Raises:
        AttributeError: the room has no such name.
    """
    if name not in _FILES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_FILES[name]}"), name)
    globals()[name] = value
    return value
