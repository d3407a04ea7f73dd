# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The poses of a planar robot, as the filter computes with them: errors in the axes of the map.

In plain numbers: for three of them, a library takes longer to be called than to count.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.filtering.motion_model import MotionNoise, motion_jacobian, scaled_motion
from local_inn_ros.geometry import GaussianPose2, Pose2, wrap_angle
from local_inn_ros.geometry.small_matrices import eliminated, whitening
from local_inn_ros.geometry.symmetric_root import symmetric_root
from local_inn_ros.sensing.odometry import FARTHEST


class PlanarSpace:
    """Poses (x, y, yaw): a ``StateSpace`` whose errors are differences of these three numbers."""

    dof = 3

    def __init__(self, noise: MotionNoise) -> None:
        """Set up; ``noise`` is how fast the odometry's error grows."""
        self._noise = noise

    def gaussian(self, mean: Pose2, covariance: NDArray[np.float64]) -> GaussianPose2:
        """Return a pose with its covariance (3, 3)."""
        return GaussianPose2(mean, covariance)

    def is_usable(self, pose: Pose2) -> bool:
        """Tell whether all numbers of a pose are finite, and none is beyond all measure."""
        return abs(pose.x) + abs(pose.y) < FARTHEST and math.isfinite(pose.yaw)

    def moved(
        self, pose: Pose2, scales: tuple[float, float], increment: Pose2, duration_s: float
    ) -> tuple[Pose2, NDArray[np.float64], NDArray[np.float64]]:
        """Return the pose after an odometry increment, its derivative (3, 5) and noise (3, 3)."""
        motion = scaled_motion(increment, scales)
        # Half way through the turn is where it arises on average.
        noise = self._noise.map_covariance(motion, duration_s, pose.yaw + 0.5 * motion.yaw)
        return pose @ motion, motion_jacobian(pose, increment, scales), noise

    def seen(
        self, origin: Pose2, measured: GaussianPose2
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return (3,) the error that leads to a measured pose, and (3, 3) its covariance."""
        mean = measured.mean
        turn = wrap_angle(mean.yaw - origin.yaw)
        return np.array([mean.x - origin.x, mean.y - origin.y, turn]), measured.covariance

    def shifted(self, origin: Pose2, offset: NDArray[np.float64]) -> Pose2:
        """Return the pose that an error (3,) leads to."""
        x, y, yaw = offset.tolist()
        return Pose2(origin.x + x, origin.y + y, origin.yaw + yaw)

    def from_shifted(self, offset: NDArray[np.float64]) -> None:
        """Return None: the axes of the map are the same everywhere."""

    def apart(self, first: Pose2, second: Pose2) -> tuple[float, float]:
        """Return the way in m and the turn in rad from one pose to another."""
        return first.distance_to(second), abs(wrap_angle(second.yaw - first.yaw))

    def root(self, origin: Pose2, covariance: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (3, 3) an error by three numbers that belong to the axes of the map."""
        return symmetric_root(covariance)

    def whitening(self, covariance: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the lower triangle W (3, 3) with ``W.T @ W`` the inverse of a covariance (3, 3).

        It is the inverse of the Cholesky factor.

        Raises:
            LinAlgError: the covariance is certain in some direction.
        """
        (a, b, c), (_, d, e), (_, _, f) = covariance.tolist()
        try:
            xx, yx, yy, tx, ty, tt = whitening(*eliminated(a, b, c, d, e, f))
        except (ValueError, ZeroDivisionError):
            raise np.linalg.LinAlgError("the covariance is not positive definite") from None
        return np.array([[xx, 0.0, 0.0], [yx, yy, 0.0], [tx, ty, tt]])
