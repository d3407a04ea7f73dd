# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Planar poses: the group SE(2)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from local_inn_ros.geometry.angles import wrap_angle, wrap_angles
from local_inn_ros.geometry.turning import turned_by

# Names of this file are found faster than attributes of `math`, and poses are made by the thousand.
_LEAST_YAW, _YAW_END = -math.pi, math.pi


@dataclass(frozen=True, slots=True)
class Pose2:
    """A planar pose, or the transform from the frame it is the pose of.

    ``map_from_base @ base_from_laser`` is ``map_from_laser``.

    Attributes:
        x: metres ahead of the parent frame.
        y: metres to its left.
        yaw: radians turned counter-clockwise, in [-pi, pi): any other angle is wrapped. One that
            is not finite becomes NaN, which ``is_finite`` tells.
    """

    x: float
    y: float
    yaw: float

    def __post_init__(self) -> None:
        """Wrap the yaw, if it is not in its range already."""
        if not _LEAST_YAW <= self.yaw < _YAW_END:
            object.__setattr__(self, "yaw", wrap_angle(self.yaw))

    @staticmethod
    def identity() -> Pose2:
        """Return the pose that changes nothing."""
        return Pose2(0.0, 0.0, 0.0)

    @staticmethod
    def from_array(values: ArrayLike) -> Pose2:
        """Read (x, y, yaw) from anything with three numbers."""
        x, y, yaw = np.asarray(values, dtype=np.float64).tolist()
        return Pose2(x, y, yaw)

    def to_array(self) -> NDArray[np.float64]:
        """Return (x, y, yaw) as a float64 array."""
        return np.array([self.x, self.y, self.yaw])

    def __matmul__(self, other: Pose2) -> Pose2:
        """Compose: ``a_from_b @ b_from_c`` is ``a_from_c``."""
        x, y = turned_by(math.cos(self.yaw), math.sin(self.yaw), other.x, other.y)
        return Pose2(self.x + x, self.y + y, self.yaw + other.yaw)

    def inverse(self) -> Pose2:
        """Return the pose that undoes this one."""
        x, y = turned_by(math.cos(self.yaw), -math.sin(self.yaw), self.x, self.y)
        return Pose2(-x, -y, -self.yaw)

    def between(self, other: Pose2) -> Pose2:
        """Return ``other`` as seen from this pose: ``self @ self.between(other) == other``."""
        return self.inverse() @ other

    def distance_to(self, other: Pose2) -> float:
        """Return the distance between the two positions, in metres."""
        return math.hypot(other.x - self.x, other.y - self.y)

    def is_finite(self) -> bool:
        """Tell whether all three numbers are finite."""
        return math.isfinite(self.x) and math.isfinite(self.y) and math.isfinite(self.yaw)


def compose_poses(left: ArrayLike, right: ArrayLike) -> NDArray[np.float64]:
    """Compose arrays of poses (..., 3) with (..., 3), broadcast against each other."""
    a = np.asarray(left, dtype=np.float64)
    b = np.asarray(right, dtype=np.float64)
    x, y = turned_by(np.cos(a[..., 2]), np.sin(a[..., 2]), b[..., 0], b[..., 1])
    yaw = wrap_angles(a[..., 2] + b[..., 2])
    return np.stack([a[..., 0] + x, a[..., 1] + y, yaw], axis=-1)


def transform_points(pose: Pose2, points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Move points (n, 2) from the frame of the pose into the frame the pose is given in."""
    cosine, sine = math.cos(pose.yaw), math.sin(pose.yaw)
    rotation = np.array([[cosine, sine], [-sine, cosine]])
    moved: NDArray[np.float64] = points @ rotation + np.array([pose.x, pose.y])
    return moved
