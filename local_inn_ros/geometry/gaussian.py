# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Gaussian distributions over planar poses."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from local_inn_ros.geometry.angles import circular_mean, wrap_angles
from local_inn_ros.geometry.pose import Pose2

# Rounding leaves eigenvalues of this size, relative to the largest, on either side of zero.
_NEGATIVE_EIGENVALUE_TOLERANCE = 1e-9


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
        scale = _scale_of_symmetric(covariance)
        if not (self.mean.is_finite() and math.isfinite(scale)):
            raise ValueError("a pose and its covariance must be finite")
        covariance = 0.5 * (covariance + covariance.T)
        tolerance = _NEGATIVE_EIGENVALUE_TOLERANCE * scale
        if not _is_positive_definite(covariance, tolerance):
            # Rounding of the pivots may deceive: what counts is the eigenvalue.
            smallest = float(np.linalg.eigvalsh(covariance)[0])
            if smallest < -tolerance:
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
        offset = pose.to_array() - self.mean.to_array()
        offset[2] = wrap_angles(offset[2])
        return offset

    def squared_distance_to(self, other: GaussianPose2) -> float:
        """Return how far two independent words on one pose are from each other.

        The squared Mahalanobis distance, in units of both covariances together: chi-square with 3
        degrees of freedom where both are right.

        Raises:
            LinAlgError: both are certain in some direction.
        """
        offset = self.offset_of(other.mean)
        return float(offset @ np.linalg.solve(self.covariance + other.covariance, offset))

    def squared_mahalanobis(self, pose: Pose2) -> float:
        """Return the squared Mahalanobis distance of ``pose`` (3 degrees of freedom)."""
        offset = self.offset_of(pose)
        return float(offset @ np.linalg.solve(self.covariance, offset))


def _scale_of_symmetric(matrix: NDArray[np.float64]) -> float:
    """Return the largest magnitude in a matrix (3, 3), at least 1e-30.

    In plain numbers: for nine of them, numpy takes longer to be called than to count.

    Raises:
        ValueError: not symmetric. What is not finite is returned as such.
    """
    a, b, c, d, e, f, g, h, i = _numbers_of(matrix)
    total = abs(a) + abs(b) + abs(c) + abs(d) + abs(e) + abs(f) + abs(g) + abs(h) + abs(i)
    if not math.isfinite(total):
        return math.nan
    scale = max(abs(a), abs(b), abs(c), abs(d), abs(e), abs(f), abs(g), abs(h), abs(i), 1e-30)
    if max(abs(b - d), abs(c - g), abs(f - h)) > 1e-6 * scale:
        raise ValueError("a covariance must be symmetric")
    return scale


def _is_positive_definite(matrix: NDArray[np.float64], added: float) -> bool:
    """Tell whether a symmetric matrix (3, 3) is, with a number added to its diagonal.

    By the pivots of its elimination, which are all positive then and only then.
    """
    a, b, c, _, e, f, _, _, i = _numbers_of(matrix)
    first = a + added
    if not first > 0.0:
        return False
    second = e + added - b * b / first
    if not second > 0.0:
        return False
    cross = f - b * c / first
    return i + added - c * c / first - cross * cross / second > 0.0


def _numbers_of(matrix: NDArray[np.float64]) -> list[float]:
    numbers: list[float] = matrix.ravel().tolist()
    return numbers
