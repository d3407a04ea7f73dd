# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Gaussian distributions over poses in space.

A pose is ``mean @ Exp(xi)`` with xi = (rho, phi) Gaussian: a perturbation on the right, in the
body's axes. Barfoot and Furgale, Associating Uncertainty with Three-Dimensional Poses for Use in
Estimation Problems (2014), who perturb on the left; Barfoot, State Estimation for Robotics (2017),
section 7.3. Everything here is of first order in xi.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation

from local_inn_ros.geometry.gaussian import CERTAIN, NOT_FINITE, GaussianPose2, semi_definite
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.geometry.se3 import exp_twists, log_motions
from local_inn_ros.geometry.twist3 import Twist3

# Where x, y and yaw stand among x, y, z, roll, pitch and yaw.
_PLANAR = np.ix_([0, 1, 5], [0, 1, 5])
# Of what the other directions leave open, a variance that is but rounding.
_CERTAIN_SHARE = 1e-13
# A mean that moves by less, in metres and radians together, has arrived.
_ARRIVED = 1e-10
_MOST_STEPS = 20
# Cosine of the pitch below which there is no yaw to speak of.
_UPRIGHT = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class GaussianPose3:
    """A pose in space with its covariance: ``mean @ Exp(xi)``.

    Attributes:
        mean: the pose.
        covariance: (6, 6) of xi = (rho, phi) in m and rad, in the axes of the body.
            Symmetric, positive semi-definite, read-only.
    """

    mean: Pose3
    covariance: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Check the covariance and freeze it.

        Raises:
            ValueError: not 6x6, not finite, not symmetric, or not positive semi-definite.
        """
        covariance = np.array(self.covariance, dtype=np.float64)
        if covariance.shape != (6, 6):
            raise ValueError(f"a pose covariance in space is 6x6, got shape {covariance.shape}")
        if not (self.mean.is_finite() and np.isfinite(covariance).all()):
            raise ValueError(NOT_FINITE)
        covariance = semi_definite(covariance)
        covariance.setflags(write=False)
        object.__setattr__(self, "covariance", covariance)

    @staticmethod
    def from_deviations(mean: Pose3, deviations: ArrayLike) -> GaussianPose3:
        """Build an uncorrelated Gaussian from six standard deviations of xi, in m and rad."""
        return GaussianPose3(mean, np.diag(np.square(np.asarray(deviations, dtype=np.float64))))

    @staticmethod
    def from_samples(samples: ArrayLike) -> GaussianPose3:
        """Fit a Gaussian to poses (n, 4, 4), n >= 2.

        The mean is the pose from which the samples' offsets add up to nothing (Barfoot, section
        7.3.2 has it for two; Pennec and Arsigny, Exponential Barycenters, 2013). Samples strewn
        over all directions have no such one: then it is as near as twenty steps came, and the
        covariance is about that.

        Raises:
            ValueError: there are too few samples, or they have another shape, or are not finite.
        """
        poses = np.asarray(samples, dtype=np.float64)
        if poses.ndim != 3 or poses.shape[1:] != (4, 4) or poses.shape[0] < 2:
            raise ValueError(f"pose samples are (n, 4, 4) with n >= 2, got shape {poses.shape}")
        if not np.isfinite(poses).all():
            raise ValueError("pose samples must be finite")
        turned = Rotation.from_matrix(poses[:, :3, :3].copy()).mean().as_matrix()
        mean = Pose3(turned, poses[:, :3, 3].mean(axis=0))
        offsets = _offsets(mean, poses)
        for _ in range(_MOST_STEPS):
            step = offsets.mean(axis=0)
            if np.linalg.norm(step) < _ARRIVED:
                break
            mean = mean @ Twist3.from_array(step).to_pose()
            offsets = _offsets(mean, poses)
        return GaussianPose3(mean, offsets.T @ offsets / (poses.shape[0] - 1))

    @staticmethod
    def from_planar(
        pose: GaussianPose2, z: float, *, z_m: float, roll_rad: float, pitch_rad: float
    ) -> GaussianPose3:
        """Lift a planar pose into space, level.

        Args:
            pose: x, y and yaw.
            z: height in metres.
            z_m: standard deviation of the height.
            roll_rad: standard deviation of the roll.
            pitch_rad: standard deviation of the pitch.
        """
        mean = Pose3.from_pose2(pose.mean, z)
        covariance = np.diag([0.0, 0.0, z_m**2, roll_rad**2, pitch_rad**2, 0.0])
        covariance[_PLANAR] = pose.covariance
        # On the level, roll, pitch and yaw are turns about the body's own axes already.
        into_body = np.eye(6)
        into_body[:3, :3] = mean.rotation.T
        return _moved(mean, into_body, covariance)

    def to_planar(self) -> GaussianPose2:
        """Project onto the plane: x, y and yaw, in the axes of the parent frame.

        Raises:
            ValueError: the body's x axis is vertical, so that it has no yaw.
        """
        rotation = self.mean.rotation
        (ahead, _, _), (across, _, _), (down, _, _) = rotation.tolist()
        level = math.hypot(ahead, across)
        if level < _UPRIGHT:
            raise ValueError("a pose whose x axis is vertical has no yaw")
        # A turn about a fixed axis changes the yaw by so much: tan(pitch) times the direction of
        # the nose on the ground, and all of it about the vertical.
        by_turns = np.array([-down * ahead / level**2, -down * across / level**2, 1.0])
        jacobian = np.zeros((3, 6))
        jacobian[:2, :3] = rotation[:2]
        jacobian[2, 3:] = by_turns @ rotation
        return GaussianPose2(self.mean.to_pose2(), jacobian @ self.covariance @ jacobian.T)

    def __matmul__(self, other: GaussianPose3) -> GaussianPose3:
        """Compose two that are independent of each other: ``a_from_b @ b_from_c``."""
        carried = other.mean.inverse().adjoint()
        covariance = carried @ self.covariance @ carried.T + other.covariance
        return GaussianPose3(self.mean @ other.mean, covariance)

    def inverse(self) -> GaussianPose3:
        """Return the distribution of the inverse pose."""
        return _moved(self.mean.inverse(), self.mean.adjoint(), self.covariance)

    def between(self, other: GaussianPose3) -> GaussianPose3:
        """Return ``other`` as seen from this pose, where the two are independent."""
        return self.inverse() @ other

    def in_parent(self, parent_from_frame: Pose3) -> GaussianPose3:
        """Return ``parent_from_frame @ pose``: the same body seen from another fixed frame."""
        return GaussianPose3(parent_from_frame @ self.mean, self.covariance)

    def of_mounted(self, body_from_mounted: Pose3) -> GaussianPose3:
        """Return ``pose @ body_from_mounted``: the pose of what is mounted on the body."""
        carried = body_from_mounted.inverse().adjoint()
        return _moved(self.mean @ body_from_mounted, carried, self.covariance)

    def deviations(self) -> NDArray[np.float64]:
        """Return the standard deviations (6,) of xi in m and rad."""
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0))

    def offset_of(self, pose: Pose3) -> NDArray[np.float64]:
        """Return xi (6,) with ``mean @ Exp(xi)`` the pose."""
        return Twist3.reaching(self.mean.between(pose)).to_array()

    def squared_mahalanobis(self, pose: Pose3) -> float:
        """Return the squared Mahalanobis distance of ``pose`` (6 degrees of freedom).

        Raises:
            LinAlgError: the covariance is certain in some direction.
        """
        return _length_of(self.offset_of(pose), self.covariance)

    def squared_distance_to(self, other: GaussianPose3) -> float:
        """Return how far two independent words on one pose are from each other.

        In units of both covariances together: chi-square with 6 degrees of freedom where both are
        right, to first order. It is the same whichever of the two is asked, and in whichever frame.

        Raises:
            LinAlgError: both are certain in some direction.
        """
        return _length_of(self.offset_of(other.mean), self.covariance + other.covariance)

    def sample(self, rng: np.random.Generator, count: int) -> NDArray[np.float64]:
        """Return ``count`` poses (count, 4, 4) drawn from it."""
        xi = rng.multivariate_normal(np.zeros(6), self.covariance, count, method="eigh")
        drawn: NDArray[np.float64] = self.mean.to_matrix() @ exp_twists(xi)
        return drawn


def _moved(
    mean: Pose3, jacobian: NDArray[np.float64], covariance: NDArray[np.float64]
) -> GaussianPose3:
    return GaussianPose3(mean, jacobian @ covariance @ jacobian.T)


def _offsets(mean: Pose3, poses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return xi (n, 6) of poses (n, 4, 4), as seen from a pose."""
    return log_motions(mean.inverse().to_matrix() @ poses)


def _length_of(offset: NDArray[np.float64], covariance: NDArray[np.float64]) -> float:
    """Return the squared Mahalanobis length of an offset (n,).

    Raises:
        LinAlgError: the covariance is certain in some direction.
    """
    deviations = np.sqrt(np.diag(covariance))
    if not deviations.all():
        raise np.linalg.LinAlgError(CERTAIN)
    # In units of the deviations, so that what is certain does not depend on metres and radians.
    try:
        root = np.linalg.cholesky(covariance / np.outer(deviations, deviations))
    except np.linalg.LinAlgError:
        raise np.linalg.LinAlgError(CERTAIN) from None
    if np.diag(root).min() ** 2 < _CERTAIN_SHARE:
        raise np.linalg.LinAlgError(CERTAIN)
    white = np.linalg.solve(root, offset / deviations)
    return float(white @ white)
