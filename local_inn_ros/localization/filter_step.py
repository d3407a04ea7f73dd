# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One prediction or one correction of the pose filter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from filterpy.kalman import ExtendedKalmanFilter  # type: ignore[import-untyped]
from numpy.typing import NDArray

from local_inn_ros.geometry import GaussianPose2, Pose2, wrap_angle
from local_inn_ros.localization.motion_model import MotionNoise, in_map_axes, motion_jacobian

_IDENTITY = np.eye(3)


@dataclass(frozen=True, slots=True)
class Fusion:
    """What became of a fix.

    Attributes:
        accepted: whether the filter used it.
        squared_mahalanobis: squared distance from the pose predicted, in units of both
            covariances together; chi-square with 3 degrees of freedom for right fixes. NaN where
            there was nothing to compare with.
        reason: why it was refused; empty where it was not.
    """

    accepted: bool
    squared_mahalanobis: float
    reason: str = ""

    @staticmethod
    def refused(reason: str) -> Fusion:
        """Return the answer to a fix that was not even compared."""
        return Fusion(False, float("nan"), reason)


@dataclass(frozen=True, slots=True, eq=False)
class Belief:
    """What the filter believes at an instant.

    Attributes:
        state: (3,) of x, y, yaw in the map frame.
        covariance: (3, 3), symmetric, positive semi-definite.
        refusals: fixes refused in a row up to here.
    """

    state: NDArray[np.float64]
    covariance: NDArray[np.float64]
    refusals: int = 0

    @staticmethod
    def of(pose: GaussianPose2) -> Belief:
        """Return the belief that is just this pose."""
        return Belief(pose.mean.to_array(), pose.covariance)

    def to_pose(self) -> Pose2:
        """Return the mean."""
        return Pose2(float(self.state[0]), float(self.state[1]), float(self.state[2]))

    def to_gaussian(self) -> GaussianPose2:
        """Return mean and covariance."""
        return GaussianPose2(self.to_pose(), self.covariance)


class FilterStep:
    """The extended Kalman filter's two steps, from one belief to the next."""

    def __init__(self, noise: MotionNoise, gate: float) -> None:
        """Set up.

        Args:
            noise: how fast the odometry's error grows.
            gate: fixes with a larger squared Mahalanobis distance are refused.
        """
        self._noise = noise
        self._gate = gate
        self._kalman = _PoseKalman(dim_x=3, dim_z=3)

    def predict(self, belief: Belief, increment: Pose2, duration_s: float) -> Belief:
        """Move a belief by an odometry increment, given in the axes of the body."""
        pose = belief.to_pose()
        kalman = self._kalman
        kalman.x, kalman.P = belief.state, belief.covariance
        kalman.F = motion_jacobian(pose, increment)
        # Fixes refused one after another tell that the odometry is worse than it should be.
        noise = (1 + belief.refusals) * self._noise.body_covariance(increment, duration_s)
        # Half way through the turn is where it arises on average.
        kalman.Q = in_map_axes(noise, pose.yaw + 0.5 * increment.yaw)
        kalman.predict(increment)
        return Belief(kalman.x, _symmetric(kalman.P), belief.refusals)

    def update(self, belief: Belief, measurement: GaussianPose2) -> tuple[Belief, Fusion]:
        """Correct a belief by a measured pose, unless the gate refuses it."""
        offset = _pose_residual(measurement.mean.to_array(), belief.state)
        spread = belief.covariance + measurement.covariance
        try:
            distance = float(offset @ np.linalg.solve(spread, offset))
        except np.linalg.LinAlgError:
            # Both are certain in some direction: there is nothing to correct, and no scale.
            return belief, Fusion.refused("the covariances are singular")
        if not distance <= self._gate:
            refused = Belief(belief.state, belief.covariance, belief.refusals + 1)
            return refused, Fusion(
                False, distance, f"squared Mahalanobis distance {distance:.1f} > {self._gate:.1f}"
            )
        kalman = self._kalman
        kalman.x, kalman.P = belief.state, belief.covariance
        kalman.update(
            measurement.mean.to_array(),
            HJacobian=lambda state: _IDENTITY,
            Hx=lambda state: state,
            R=measurement.covariance,
            residual=_pose_residual,
        )
        state = kalman.x.copy()
        state[2] = wrap_angle(float(state[2]))
        return Belief(state, _symmetric(kalman.P)), Fusion(True, distance)


class _PoseKalman(ExtendedKalmanFilter):  # type: ignore[misc]
    """filterpy's filter with the composition of poses as its motion."""

    x: NDArray[np.float64]

    def predict_x(self, u: Pose2) -> None:
        """Move the state by an increment in the axes of the body."""
        self.x = (Pose2.from_array(self.x) @ u).to_array()


def _pose_residual(
    measured: NDArray[np.float64], expected: NDArray[np.float64]
) -> NDArray[np.float64]:
    residual = measured - expected
    residual[2] = wrap_angle(float(residual[2]))
    return residual


def _symmetric(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    symmetric: NDArray[np.float64] = 0.5 * (matrix + matrix.T)
    return symmetric
