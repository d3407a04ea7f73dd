# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Gaussian distributions over planar poses, and what makes a matrix a covariance of any size."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from local_inn_ros.geometry.angles import circular_mean, wrap_angle, wrap_angles
from local_inn_ros.geometry.pose import Pose2
from local_inn_ros.geometry.small_matrices import eliminated, squared_length

# Of the largest magnitude: rounding leaves such differences, and such eigenvalues below zero.
_SYMMETRIC = 1e-6
_NEGATIVE_EIGENVALUE = 1e-9
_LEAST_SCALE = 1e-30

NOT_FINITE = "a pose and its covariance must be finite"
CERTAIN = "no distance is defined where a direction is certain"


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
        covariance = np.array(self.covariance, dtype=np.float64)
        if covariance.shape != (3, 3):
            raise ValueError(f"a pose covariance is 3x3, got shape {covariance.shape}")
        # In plain numbers: for nine of them, numpy takes longer to be called than to count.
        numbers = covariance.ravel().tolist()
        mean = self.mean
        if not math.isfinite(mean.x + mean.y + mean.yaw + sum(numbers)):
            raise ValueError(NOT_FINITE)
        if not _is_definite(numbers):
            covariance = semi_definite(covariance)
        covariance.setflags(write=False)
        object.__setattr__(self, "covariance", covariance)

    @staticmethod
    def from_rigid_motion(mean: Pose2, covariance: NDArray[np.float64]) -> GaussianPose2:
        """Build one without checks: of a checked one that was moved rigidly.

        Args:
            mean: the pose.
            covariance: (3, 3), symmetric to the last digit; nobody else holds it.
        """
        covariance.setflags(write=False)
        pose = object.__new__(GaussianPose2)
        object.__setattr__(pose, "mean", mean)
        object.__setattr__(pose, "covariance", covariance)
        return pose

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
        position = poses[:, :2].mean(axis=0)
        yaw = circular_mean(poses[:, 2])
        offsets = np.column_stack([poses[:, :2] - position, wrap_angles(poses[:, 2] - yaw)])
        covariance = offsets.T @ offsets / (poses.shape[0] - 1)
        return GaussianPose2(Pose2(float(position[0]), float(position[1]), yaw), covariance)

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


def _is_definite(numbers: list[float]) -> bool:
    """Tell whether nine numbers are a symmetric, positive definite matrix, row by row."""
    a, b, c, d, e, f, g, h, i = numbers
    if not (b == d and c == g and f == h):
        return False
    try:
        first, second, third, _, _, _ = eliminated(a, b, c, e, f, i)
    except ZeroDivisionError:
        return False
    return first > 0.0 and second > 0.0 and third > 0.0


def semi_definite(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a finite covariance (n, n) without what rounding made of it.

    Raises:
        ValueError: it is not symmetric, or not positive semi-definite.
    """
    scale = max(float(np.abs(covariance).max()), _LEAST_SCALE)
    if np.abs(covariance - covariance.T).max() > _SYMMETRIC * scale:
        raise ValueError("a covariance must be symmetric")
    covariance = 0.5 * (covariance + covariance.T)
    smallest = float(np.linalg.eigvalsh(covariance)[0])
    if smallest < -_NEGATIVE_EIGENVALUE * scale:
        raise ValueError(
            f"a covariance must be positive semi-definite, its least eigenvalue is {smallest:.3g}"
        )
    return covariance


def _length_of(offset: NDArray[np.float64], covariance: NDArray[np.float64]) -> float:
    """Return the squared Mahalanobis length of an offset (3,).

    Raises:
        LinAlgError: the covariance is certain in some direction.
    """
    a, b, c, _, d, e, _, _, f = covariance.ravel().tolist()
    try:
        return squared_length(*eliminated(a, b, c, d, e, f), *offset.tolist())
    except ZeroDivisionError:
        raise np.linalg.LinAlgError(CERTAIN) from None
