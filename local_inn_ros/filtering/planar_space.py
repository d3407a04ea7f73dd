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
from local_inn_ros.geometry.symmetric_root import symmetric_root


class PlanarSpace:
    """Poses (x, y, yaw); an error is a difference of these three numbers."""

    dof = 3

    def __init__(self, noise: MotionNoise) -> None:
        """Set up; ``noise`` is how fast the odometry's error grows."""
        self._noise = noise

    def moved(
        self, pose: Pose2, scales: tuple[float, float], increment: Pose2, duration_s: float
    ) -> tuple[Pose2, NDArray[np.float64], NDArray[np.float64]]:
        """Return the pose after an odometry increment, its derivative and the added covariance.

        Args:
            pose: before.
            scales: by which shares distance and turn are larger than the odometry says.
            increment: what the odometry says, in the axes of the body.
            duration_s: how long it took.

        Returns:
            The pose, (3, 5) its derivative by the state before, and (3, 3) its noise.
        """
        motion = scaled_motion(increment, scales)
        # Half way through the turn is where it arises on average.
        noise = self._noise.map_covariance(motion, duration_s, pose.yaw + 0.5 * motion.yaw)
        return pose @ motion, motion_jacobian(pose, increment, scales), noise

    def offset(self, origin: Pose2, pose: Pose2) -> NDArray[np.float64]:
        """Return (3,) the error that leads from one pose to another."""
        return np.array([pose.x - origin.x, pose.y - origin.y, wrap_angle(pose.yaw - origin.yaw)])

    def shifted(self, origin: Pose2, offset: NDArray[np.float64]) -> Pose2:
        """Return the pose that an error (3,) leads to."""
        x, y, yaw = offset.tolist()
        return Pose2(origin.x + x, origin.y + y, wrap_angle(origin.yaw + yaw))

    def apart(self, first: Pose2, second: Pose2) -> tuple[float, float]:
        """Return the way in m and the turn in rad from one pose to another."""
        return first.distance_to(second), abs(wrap_angle(second.yaw - first.yaw))

    def root(self, measured: GaussianPose2) -> NDArray[np.float64]:
        """Return (3, 3) the error of a measured pose by three numbers of unit variance.

        The numbers belong to the axes of the map: those that the error of a map has.
        """
        return symmetric_root(measured.covariance)

    def whitening(self, covariance: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the lower triangle W (3, 3) with ``W.T @ W`` the inverse of a covariance (3, 3).

        It is the inverse of the Cholesky factor.

        Raises:
            LinAlgError: the covariance is certain in some direction.
        """
        (a, _, _), (b, d, _), (c, e, f) = covariance.tolist()
        try:
            first = 1.0 / math.sqrt(a)
            b, c = b * first, c * first
            second = 1.0 / math.sqrt(d - b * b)
            e = (e - b * c) * second
            third = 1.0 / math.sqrt(f - c * c - e * e)
        except (ValueError, ZeroDivisionError):
            raise np.linalg.LinAlgError("the covariance is not positive definite") from None
        below = -b * first * second
        return np.array(
            [
                [first, 0.0, 0.0],
                [below, second, 0.0],
                [-(c * first + e * below) * third, -e * second * third, third],
            ]
        )
