# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Poses in space, as the filter computes with them: errors on the right, in the axes of the body.

The same model of motion and noise as in the plane, which it becomes where all motion is planar.
Jacobians on the right: Sola, Deray and Atchuthan, A micro Lie theory for state estimation in
robotics (2018), section II.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from local_inn_ros.filtering.motion_model import MotionNoise
from local_inn_ros.geometry import (
    GaussianPose3,
    Pose2,
    Pose3,
    Twist3,
    inverse_right_jacobian,
    right_jacobian,
)
from local_inn_ros.sensing.odometry import FARTHEST

_WAY, _TURN = slice(0, 3), slice(3, 6)
_AHEAD = np.array([1.0, 0.0, 0.0])


class SpatialSpace:
    """Poses in space: a ``StateSpace`` whose errors are xi = (rho, phi) with ``pose @ Exp(xi)``."""

    dof = 6

    def __init__(self, noise: MotionNoise) -> None:
        """Set up; ``noise`` is how fast the odometry's error grows.

        To all sides it is that "across", about all axes that of the yaw.
        """
        self._noise = noise

    def gaussian(self, mean: Pose3, covariance: NDArray[np.float64]) -> GaussianPose3:
        """Return a pose with its covariance (6, 6)."""
        return GaussianPose3(mean, covariance)

    def is_usable(self, pose: Pose3) -> bool:
        """Tell whether all numbers of a pose are finite, and none is beyond all measure."""
        return pose.is_finite() and float(np.abs(pose.translation).max()) < FARTHEST

    def moved(
        self, pose: Pose3, scales: tuple[float, float], increment: Pose3, duration_s: float
    ) -> tuple[Pose3, NDArray[np.float64], NDArray[np.float64]]:
        """Return the pose after an odometry increment, its derivative (6, 8) and noise (6, 6)."""
        distance_scale, turn_scale = scales
        turn = Rotation.from_matrix(increment.rotation.copy()).as_rotvec()
        # The path bends with the turn: a turn larger by some angle leans the chord by half of it.
        leaning = _turned(0.5 * turn_scale * turn)
        chord = leaning @ increment.translation
        way = (1.0 + distance_scale) * chord
        whole = (1.0 + turn_scale) * turn
        motion = Pose3.from_rigid_motion(_turned(whole), way)
        back = motion.inverse()
        jacobian = np.zeros((6, 8))
        jacobian[:, :6] = back.adjoint()
        jacobian[_WAY, 6] = back.rotation @ chord
        jacobian[_WAY, 7] = back.rotation @ (0.5 * np.cross(turn, way))
        jacobian[_TURN, 7] = turn
        return pose @ motion, jacobian, self._motion_noise(way, whole, duration_s)

    def _motion_noise(
        self, way: NDArray[np.float64], turn: NDArray[np.float64], duration_s: float
    ) -> NDArray[np.float64]:
        """Return (6, 6) what a motion adds, in the axes of the body after it."""
        metres, radians = float(np.linalg.norm(way)), float(np.linalg.norm(turn))
        straight = self._noise.body_covariance(Pose2(metres, 0.0, radians), duration_s)
        ahead, aside, about = np.diag(straight).tolist()
        # It arises half way through the turn on average: in the axes of then, seen from the end.
        direction = _turned(-0.5 * turn) @ (way / metres if metres > 0.0 else _AHEAD)
        noise = np.diag([aside, aside, aside, about, about, about])
        noise[_WAY, _WAY] += (ahead - aside) * np.outer(direction, direction)
        return noise

    def seen(
        self, origin: Pose3, measured: GaussianPose3
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return (6,) the error that leads to a measured pose, and (6, 6) its covariance."""
        offset = Twist3.reaching(origin.between(measured.mean)).to_array()
        # The covariance is in the axes of the measured pose.
        jacobian = inverse_right_jacobian(offset)
        return offset, jacobian @ measured.covariance @ jacobian.T

    def shifted(self, origin: Pose3, offset: NDArray[np.float64]) -> Pose3:
        """Return the pose that an error (6,) leads to."""
        return origin @ Twist3.from_array(offset).to_pose()

    def from_shifted(self, offset: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (6, 6) of an error seen from where an offset (6,) led by the same from before it.

        Mueller, Hehn and D'Andrea, Covariance Correction Step for Kalman Filtering with an Attitude
        (2017).
        """
        return right_jacobian(offset)

    def apart(self, first: Pose3, second: Pose3) -> tuple[float, float]:
        """Return the way in m and the turn in rad from one pose to another."""
        return first.distance_to(second), first.angle_to(second)

    def root(self, origin: Pose3, covariance: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (6, 6) an error by six numbers that belong to the axes of the map.

        The symmetric root, so that it turns as the covariance does; its numbers then turn back.
        """
        variances, axes = np.linalg.eigh(covariance)
        root = (axes * np.sqrt(np.maximum(variances, 0.0))) @ axes.T
        into_body = np.zeros((6, 6))
        into_body[_WAY, _WAY] = into_body[_TURN, _TURN] = origin.rotation.T
        numbers: NDArray[np.float64] = root @ into_body
        return numbers

    def whitening(self, covariance: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the lower triangle W (6, 6) with ``W.T @ W`` the inverse of a covariance (6, 6).

        Raises:
            LinAlgError: the covariance is certain in some direction.
        """
        whitening: NDArray[np.float64] = np.linalg.inv(np.linalg.cholesky(covariance))
        return whitening


def _turned(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rotation (3, 3) that a rotation vector (3,) leads to."""
    rotation: NDArray[np.float64] = Rotation.from_rotvec(vector).as_matrix()
    return rotation
