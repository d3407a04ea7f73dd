# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From the planar pose of the base to that of what is mounted on it, and back; compiled."""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.geometry.compiled import swung, symmetric, triangle, turned_by, wrap_angle


def pose_of_mounted(base: GaussianPose2, mount: Pose2) -> GaussianPose2:
    """Return the pose of what is mounted on the base.

    Args:
        base: the base in the map frame.
        mount: the mounted frame in the base frame, known exactly.
    """
    mean = base.mean
    x, y, yaw, covariance = _mounted(
        mean.x, mean.y, mean.yaw, base.covariance, mount.x, mount.y, mount.yaw
    )
    return GaussianPose2.from_rigid_motion(Pose2(x, y, yaw), covariance)


def pose_of_base(mounted: GaussianPose2, mount: Pose2) -> GaussianPose2:
    """Return the pose of the base that carries ``mounted``; undoes ``pose_of_mounted``."""
    return pose_of_mounted(mounted, mount.inverse())


def poses_of_mounted(bases: NDArray[np.float64], mount: Pose2) -> NDArray[np.float64]:
    """Return the poses (n, 3) of what is mounted on bases of poses (n, 3)."""
    poses: NDArray[np.float64] = _composed(bases, mount.x, mount.y, mount.yaw)
    return poses


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _composed(poses, x, y, yaw):  # type: ignore[no-untyped-def]
    """Return poses (n, 3), each followed by one more; yaw in [-pi, pi)."""
    composed = np.empty(poses.shape)
    for i in range(poses.shape[0]):
        ahead, aside = turned_by(math.cos(poses[i, 2]), math.sin(poses[i, 2]), x, y)
        composed[i, 0], composed[i, 1] = poses[i, 0] + ahead, poses[i, 1] + aside
        composed[i, 2] = wrap_angle(poses[i, 2] + yaw)
    return composed


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _mounted(x, y, yaw, covariance, mount_x, mount_y, mount_yaw):  # type: ignore[no-untyped-def]
    """Return pose and covariance (3, 3) of what is mounted on a base; yaw is not wrapped."""
    ahead, aside = turned_by(math.cos(yaw), math.sin(yaw), mount_x, mount_y)
    a, b, c, d, e, f = triangle(covariance)
    moved = symmetric(*swung(a, b, c, d, e, f, ahead, aside))
    return x + ahead, y + aside, yaw + mount_yaw, moved
