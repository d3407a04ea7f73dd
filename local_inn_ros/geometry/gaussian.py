# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Gaussian distributions over planar poses."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from local_inn_ros.geometry.angles import wrap_angle
from local_inn_ros.geometry.matrix3 import (
    NOT_DEFINITE,
    NOT_FINITE,
    NOT_SYMMETRIC,
    SEMI_DEFINITE,
    made_symmetric,
    squared_length,
)
from local_inn_ros.geometry.pose import Pose2


@dataclass(frozen=True, slots=True, eq=False)
class GaussianPose2:
    """A pose with its covariance.

    Attributes:
        mean: the pose.
        covariance: (3, 3) of (x, y, yaw) in m and rad, in the axes of the frame that ``mean``
            is given in (not the robot's own axes), as geometry_msgs/PoseWithCovariance has it.
            Symmetric, positive semi-definite, read-only.
    """

    mean: Pose2
    covariance: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Check the covariance and freeze it.

        Raises:
            ValueError: not 3x3, not finite, not symmetric, or not positive semi-definite.
        """
        given = np.ascontiguousarray(self.covariance, dtype=np.float64)
        if given.shape != (3, 3):
            raise ValueError(f"a pose covariance is 3x3, got shape {given.shape}")
        covariance = np.empty((3, 3))
        fault = made_symmetric(given, covariance)
        if fault == NOT_FINITE or not self.mean.is_finite():
            raise ValueError("a pose and its covariance must be finite")
        if fault == NOT_SYMMETRIC:
            raise ValueError("a covariance must be symmetric")
        if fault == NOT_DEFINITE:
            # Rounding of the pivots may deceive: what counts is the eigenvalue.
            smallest = float(np.linalg.eigvalsh(covariance)[0])
            if smallest < -SEMI_DEFINITE * float(np.abs(covariance).max()):
                raise ValueError(
                    "a covariance must be positive semi-definite, "
                    f"its least eigenvalue is {smallest:.3g}"
                )
        covariance.setflags(write=False)
        object.__setattr__(self, "covariance", covariance)

    @staticmethod
    def from_deviations(mean: Pose2, x_m: float, y_m: float, yaw_rad: float) -> GaussianPose2:
        """Build an uncorrelated Gaussian from three standard deviations."""
        return GaussianPose2(mean, np.diag([x_m**2, y_m**2, yaw_rad**2]))

    @staticmethod
    def from_samples(samples: ArrayLike) -> GaussianPose2:
        """Fit a Gaussian to pose samples (n, 3), n >= 2; yaw is averaged on the circle."""
        poses = np.asarray(samples, dtype=np.float64)
        if poses.ndim != 2 or poses.shape[1] != 3 or poses.shape[0] < 2:
            raise ValueError(f"pose samples are (n, 3) with n >= 2, got shape {poses.shape}")
        mean, covariance = _fitted(np.ascontiguousarray(poses))
        return GaussianPose2(Pose2.from_array(mean), covariance)

    def deviations(self) -> NDArray[np.float64]:
        """Return the standard deviations of (x, y, yaw) in m and rad."""
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0))

    def offset_of(self, pose: Pose2) -> NDArray[np.float64]:
        """Return ``pose`` minus the mean as (x, y, yaw), in the mean's parent axes, yaw wrapped."""
        mean = self.mean
        return np.array([pose.x - mean.x, pose.y - mean.y, wrap_angle(pose.yaw - mean.yaw)])

    def squared_distance_to(self, other: GaussianPose2) -> float:
        """Return how far two independent words on one pose are from each other.

        The squared Mahalanobis distance, in units of both covariances together: chi-square with 3
        degrees of freedom where both are right.

        Raises:
            LinAlgError: both are certain in some direction.
        """
        offset = self.offset_of(other.mean)
        return _length_of(offset, self.covariance + other.covariance)

    def squared_mahalanobis(self, pose: Pose2) -> float:
        """Return the squared Mahalanobis distance of ``pose`` (3 degrees of freedom)."""
        offset = self.offset_of(pose)
        return _length_of(offset, self.covariance)


def _length_of(offset: NDArray[np.float64], covariance: NDArray[np.float64]) -> float:
    """Return a squared Mahalanobis length.

    Raises:
        LinAlgError: the covariance is certain in some direction.
    """
    x, y, yaw = offset.tolist()
    length = float(squared_length(covariance, x, y, yaw))
    if not math.isfinite(length):
        raise np.linalg.LinAlgError("no distance is defined where a direction is certain")
    return length


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _fitted(poses):  # type: ignore[no-untyped-def]
    """Return the mean (3,) of poses (n, 3), by direction for yaw, and their covariance (3, 3)."""
    count = poses.shape[0]
    x, y, sine, cosine = 0.0, 0.0, 0.0, 0.0
    for i in range(count):
        x += poses[i, 0]
        y += poses[i, 1]
        sine += math.sin(poses[i, 2])
        cosine += math.cos(poses[i, 2])
    mean = np.array([x / count, y / count, math.atan2(sine, cosine)])
    covariance, off = np.zeros((3, 3)), np.empty(3)
    for i in range(count):
        off[0], off[1] = poses[i, 0] - mean[0], poses[i, 1] - mean[1]
        off[2] = (poses[i, 2] - mean[2] + math.pi) % (2.0 * math.pi) - math.pi
        for j in range(3):
            for k in range(3):
                covariance[j, k] += off[j] * off[k]
    return mean, covariance / (count - 1)
