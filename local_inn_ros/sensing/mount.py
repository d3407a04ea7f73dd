# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How a sensor sits on the robot, and from the pose of the one to that of the other."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from local_inn_ros.errors import SensorError
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.geometry.compiled import swung, symmetric, triangle, turned_by, wrap_angle
from local_inn_ros.sensing import Scan

# A laser that leans further sees floor and ceiling, and walls at wrong distances.
_MOST_LEAN_RAD = math.radians(5.0)
# No robot is so large: it is not in metres, or not a mount.
_FARTHEST_M = 1000.0


@dataclass(frozen=True, slots=True)
class SensorMount:
    """How a planar laser sits on the base.

    Attributes:
        pose: the sensor frame in the base frame, seen from above; its x axis gives the yaw.
        upside_down: whether the sensor frame's z axis points down, so that its angles run
            clockwise as seen from above.
    """

    pose: Pose2
    upside_down: bool = False

    @staticmethod
    def from_matrix(base_from_sensor: NDArray[np.float64], base: str, sensor: str) -> SensorMount:
        """Read a mount out of a transform (4, 4).

        Args:
            base_from_sensor: takes points of the sensor frame into the base frame.
            base: name of the base frame, for people.
            sensor: name of the sensor frame, for people.

        Raises:
            SensorError: the sensor leans out of the plane by more than 5 degrees, or the transform
                is no mount.
        """
        position = base_from_sensor[:3, 3]
        if not np.all(np.abs(base_from_sensor) < _FARTHEST_M):
            raise SensorError(
                f"the sensor frame '{sensor}' is mounted at {position.tolist()} m from '{base}': "
                "that is on no robot; correct the transform"
            )
        up = float(base_from_sensor[2, 2])
        lean_rad = math.acos(min(abs(up), 1.0))
        if lean_rad > _MOST_LEAN_RAD:
            raise SensorError(
                f"the sensor frame '{sensor}' leans by {math.degrees(lean_rad):.1f} degrees "
                f"against '{base}': only a laser that scans level, to "
                f"{math.degrees(_MOST_LEAN_RAD):.0f} degrees, can be used; it may hang upside down"
            )
        yaw = math.atan2(float(base_from_sensor[1, 0]), float(base_from_sensor[0, 0]))
        return SensorMount(Pose2.from_array([position[0], position[1], yaw]), up < 0.0)

    def righted(self, scan: Scan) -> Scan:
        """Return a scan of the sensor frame in that of ``pose``, which looks up.

        The two differ by half a turn about their x axis, if at all: this takes a scan of the frame
        that looks up back into the sensor's own, too.
        """
        return scan.mirrored() if self.upside_down else scan


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
