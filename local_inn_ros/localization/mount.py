# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From the pose of one frame of the robot to the pose of another, covariance included."""

from __future__ import annotations

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.motion_model import motion_jacobian


def pose_of_mounted(base: GaussianPose2, mount: Pose2) -> GaussianPose2:
    """Return the pose of what is mounted on the base.

    Args:
        base: the base in the map frame.
        mount: the mounted frame in the base frame, known exactly.
    """
    # Turning the base swings the mounted frame round it: yaw leaks into position.
    jacobian = motion_jacobian(base.mean, mount)
    return GaussianPose2(base.mean @ mount, jacobian @ base.covariance @ jacobian.T)


def pose_of_base(mounted: GaussianPose2, mount: Pose2) -> GaussianPose2:
    """Return the pose of the base that carries ``mounted``; undoes ``pose_of_mounted``."""
    return pose_of_mounted(mounted, mount.inverse())
