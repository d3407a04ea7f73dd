# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What was believed before a reading, what the reading says by itself, and both together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry import GaussianPose2, Pose2

# A pose that nothing is known of, as a filter is told it.
WIDEST_M = 10.0
WIDEST_RAD = np.pi
_LEAST_INFORMATION = np.diag([WIDEST_M**-2, WIDEST_M**-2, WIDEST_RAD**-2])

# More than the prior is taken out: what a covariance estimated from samples seems to know beyond
# the prior may be chance. Where the samples are far narrower than the prior it changes nothing.
_PRIOR_TAKEN_OUT = 1.5
# Where reading and prior say about as much, the reading's mean is found by moving at most this
# much further from the prior than the posterior did.
_FARTHEST_EXTRAPOLATION = 2.0


def covariance_of(information: NDArray[np.float64]) -> NDArray[np.float64]:
    """Invert pose information (3, 3) that may be singular: nothing known becomes very wide."""
    covariance = np.linalg.inv(information + _LEAST_INFORMATION)
    symmetric: NDArray[np.float64] = 0.5 * (covariance + covariance.T)
    return symmetric


def without_prior(posterior: GaussianPose2, prior: GaussianPose2) -> GaussianPose2:
    """Take the prior's share out of a posterior.

    In the directions in which the two covariances are diagonal together, with the prior's
    variance as one, the posterior of variance c is made of a reading of information 1/c - 1.

    Args:
        posterior: what was answered.
        prior: what it was told before, of positive definite covariance.

    Returns:
        What the reading by itself says; very wide where the posterior is no narrower than the
        prior.
    """
    root = np.linalg.cholesky(prior.covariance)
    inverse_root = np.linalg.inv(root)
    shares, directions = np.linalg.eigh(inverse_root @ posterior.covariance @ inverse_root.T)
    # More certain than this is not certainty but too few samples.
    shares = np.maximum(shares, 1e-12)
    information = np.maximum(1.0 / shares - _PRIOR_TAKEN_OUT, 0.0)
    to_unit = directions.T @ inverse_root
    covariance = covariance_of(to_unit.T @ (information[:, None] * to_unit))
    moved = to_unit @ prior.offset_of(posterior.mean)
    moved *= np.minimum(1.0 / np.maximum(1.0 - shares, 1e-12), _FARTHEST_EXTRAPOLATION)
    mean = prior.mean.to_array() + root @ (directions @ moved)
    return GaussianPose2(Pose2.from_array(mean), covariance)


def fused(prior: GaussianPose2, measurement: GaussianPose2) -> GaussianPose2:
    """Return what two independent words on one pose say together."""
    spread = prior.covariance + measurement.covariance
    gain: NDArray[np.float64] = np.linalg.solve(spread, prior.covariance).T
    mean = prior.mean.to_array() + gain @ prior.offset_of(measurement.mean)
    rest = np.eye(3) - gain
    # Joseph's form stays positive semi-definite whatever rounding does.
    covariance = rest @ prior.covariance @ rest.T + gain @ measurement.covariance @ gain.T
    return GaussianPose2(Pose2.from_array(mean), 0.5 * (covariance + covariance.T))
