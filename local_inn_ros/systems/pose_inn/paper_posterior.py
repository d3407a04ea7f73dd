# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What draws of PoseINN as published are worth: covariances, and the quality of a pose.

The published network is trained so that the best of its draws is near the truth; nothing makes the
spread of all of them true. So it is fitted to pictures that were held out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from local_inn_ros.geometry.gaussian3 import GaussianPose3
from local_inn_ros.geometry.se3 import exp_twists, log_motions
from local_inn_ros.systems.pose_inn.config import POSE
from local_inn_ros.systems.pose_inn.quality import likeness

# Draws that agree entirely have no covariance to speak of, in m and rad.
_LEAST_DEVIATION = 1e-4
# Errors that no covariance explains are of other places: their share, and how likely each of them
# is, anywhere within metres and turned any way.
_ASTRAY_SHARE, _ASTRAY_M = 0.02, 4.0
_LOG_ASTRAY = math.log(_ASTRAY_SHARE / (1.0 - _ASTRAY_SHARE)) - math.log(
    _ASTRAY_M**3 * 8.0 * math.pi**2
)
# Logarithms of scales, and of floors in m and rad.
_SCALES, _FLOORS = (-3.0, 3.0), (-8.0, 1.0)
_TINY = 1e-3


@dataclass(frozen=True, slots=True)
class DrawSpread:
    """How far off the mean of draws is, by how far they are spread.

    Attributes:
        scale: (6,) what their deviations are multiplied by, in each direction of xi.
        floor: (6,) deviations that are there besides, in m and rad.
    """

    scale: tuple[float, ...]
    floor: tuple[float, ...]

    def covariances(self, told: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the covariances (..., 6, 6) of errors, by those (..., 6, 6) of draws."""
        scaled = told * np.outer(self.scale, self.scale)
        true: NDArray[np.float64] = scaled + np.diag(np.square(self.floor))
        return true

    def spread(self, poses: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return draws (s, 4, 4) as far apart as their mean is off; it stays where it is."""
        told = told_by(poses)
        mean = told.mean.to_matrix()
        offsets = log_motions(told.mean.inverse().to_matrix() @ poses)
        roots = np.linalg.cholesky(np.array([told.covariance, self.covariances(told.covariance)]))
        moved = roots[1] @ np.linalg.solve(roots[0], offsets.T)
        far: NDArray[np.float64] = mean @ exp_twists(moved.T)
        return far


def told_by(poses: NDArray[np.float64]) -> GaussianPose3:
    """Return the Gaussian of draws (s, 4, 4) as they are, certain in no direction."""
    found = GaussianPose3.from_samples(poses)
    return GaussianPose3(found.mean, found.covariance + _LEAST_DEVIATION**2 * np.eye(POSE))


def fitted_spread(covariances: NDArray[np.float64], errors: NDArray[np.float64]) -> DrawSpread:
    """Return the spread under which errors are most likely, a few of them gone astray.

    Args:
        covariances: (n, 6, 6) of draws.
        errors: (n, 6) of the truth from their means, as xi.
    """
    usual = 1.4826 * np.median(np.abs(errors), axis=0) + _LEAST_DEVIATION
    start = np.concatenate([np.zeros(POSE), np.clip(np.log(usual), *_FLOORS)])

    def surprise(numbers: NDArray[np.float64]) -> float:
        spread = _spread_of(numbers)
        modelled = spread.covariances(covariances)
        lengths = np.sum(errors * np.linalg.solve(modelled, errors[..., None])[..., 0], axis=1)
        volumes = np.linalg.slogdet(2.0 * math.pi * modelled)[1]
        return -float(np.mean(np.logaddexp(-0.5 * (lengths + volumes), _LOG_ASTRAY)))

    bounds = [_SCALES] * POSE + [_FLOORS] * POSE
    found = minimize(surprise, start, method="L-BFGS-B", bounds=bounds)
    return _spread_of(found.x)


def _spread_of(numbers: NDArray[np.float64]) -> DrawSpread:
    scale, floor = np.exp(numbers).reshape(2, POSE).tolist()
    return DrawSpread(tuple(scale), tuple(floor))


def pose_features(
    seen: NDArray[np.float32],
    latent: NDArray[np.float32],
    expected: NDArray[np.float32],
    expected_latent: NDArray[np.float32],
) -> NDArray[np.float64]:
    """Return (3,) what the log-odds of a pose are linear in.

    How alike the picture is to what the forward pass draws at the pose, and how far its latent is
    from that of the pose.

    Args:
        seen: (channels, 128, 128) picture.
        latent: (60,) of it.
        expected: (channels, 128, 128) that the forward pass draws.
        expected_latent: (60,) of the pose.
    """
    off = float(np.linalg.norm(latent - expected_latent))
    return np.array([1.0, likeness(seen, expected), math.log(off + _TINY)])


def matrices_of(rows: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return poses (n, 12), positions and rotations row by row, as (n, 4, 4)."""
    poses = np.zeros((len(rows), 4, 4))
    poses[:, :3, 3], poses[:, :3, :3] = rows[:, :3], rows[:, 3:].reshape(-1, 3, 3)
    poses[:, 3, 3] = 1.0
    return poses


def errors_of(
    draws: Sequence[NDArray[np.float64]], truths: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return covariances (n, 6, 6) of draws (s, 4, 4) of n pictures, and errors (n, 6) as xi.

    Args:
        draws: of each picture.
        truths: (n, 4, 4) poses that they were taken at.
    """
    told = [told_by(one) for one in draws]
    errors = [
        log_motions(one.mean.inverse().to_matrix() @ truth)
        for one, truth in zip(told, truths, strict=True)
    ]
    return np.array([one.covariance for one in told]), np.array(errors)
