# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What was believed before a reading, what the reading says by itself, and both together."""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from local_inn_ros.filtering.widest import WIDEST_M, WIDEST_RAD
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.geometry.compiled import (
    eigen_of_symmetric,
    inverse_of_definite,
    is_definite,
    moved,
    product,
    turned,
)

__all__ = ["WIDEST_M", "WIDEST_RAD", "covariance_of", "fused", "without_prior"]

_LEAST_INFORMATION = np.diag([WIDEST_M**-2, WIDEST_M**-2, WIDEST_RAD**-2])

# More than the prior is taken out: what a covariance estimated from samples seems to know beyond
# the prior may be chance. Where the samples are far narrower than the prior it changes nothing.
_PRIOR_TAKEN_OUT = 1.5
_LEAST_SHARE = 1e-12
# Where reading and prior say about as much, the reading's mean is found by moving at most this
# much further from the prior than the posterior did.
_FARTHEST_EXTRAPOLATION = 2.0


def covariance_of(information: NDArray[np.float64]) -> NDArray[np.float64]:
    """Invert pose information (3, 3) that may be singular: nothing known becomes very wide."""
    covariance: NDArray[np.float64] = inverted(information)
    return covariance


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
    offset = prior.offset_of(posterior.mean)
    moved, covariance = taken_out(posterior.covariance, prior.covariance, offset)
    mean = prior.mean
    return GaussianPose2(
        Pose2.from_array([mean.x + moved[0], mean.y + moved[1], mean.yaw + moved[2]]), covariance
    )


def fused(prior: GaussianPose2, measurement: GaussianPose2) -> GaussianPose2:
    """Return what two independent words on one pose say together."""
    offset = prior.offset_of(measurement.mean)
    moved, covariance = put_together(prior.covariance, measurement.covariance, offset)
    mean = prior.mean
    return GaussianPose2(
        Pose2.from_array([mean.x + moved[0], mean.y + moved[1], mean.yaw + moved[2]]), covariance
    )


@numba.njit(cache=True, nogil=True, error_model="numpy")
def inverted(information):  # type: ignore[no-untyped-def]
    """Return the covariance (3, 3) of what is known, and of next to nothing in each direction."""
    return inverse_of_definite(information + _LEAST_INFORMATION)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def taken_out(posterior, prior, offset):  # type: ignore[no-untyped-def]
    """Take a prior's covariance (3, 3) out of a posterior's; see ``without_prior``.

    Returns:
        What the reading's mean is off the prior's (3,), where the posterior's is off by
        ``offset``; its covariance (3, 3).
    """
    wide, narrow = 0.5 * prior - posterior, posterior - _LEAST_SHARE * prior
    if is_definite(wide, 0.0) and is_definite(narrow, 0.0):
        # As usual no direction meets a limit, and none need be looked at by itself.
        information = inverse_of_definite(posterior)
        information -= _PRIOR_TAKEN_OUT * inverse_of_definite(prior)
        shift = moved(prior, moved(inverse_of_definite(prior - posterior), offset))
        return shift, inverted(information)
    # The prior's own axes, in which it is one: its eigenvectors, each as long as its deviation.
    variances, root = eigen_of_symmetric(prior)
    to_unit = np.empty((3, 3))
    for i in range(3):
        for j in range(3):
            to_unit[j, i] = root[i, j] / math.sqrt(variances[j])
    shares, directions = eigen_of_symmetric(turned(posterior, to_unit))
    shift, information = np.zeros(3), np.zeros((3, 3))
    for k in range(3):
        # More certain than this is not certainty but too few samples.
        share = max(shares[k], _LEAST_SHARE)
        known = max(1.0 / share - _PRIOR_TAKEN_OUT, 0.0)
        axis = moved(to_unit.T, directions[:, k])
        further = min(1.0 / max(1.0 - share, _LEAST_SHARE), _FARTHEST_EXTRAPOLATION)
        for i in range(3):
            shift[i] += (
                further
                * (axis[0] * offset[0] + axis[1] * offset[1] + axis[2] * offset[2])
                * axis[i]
            )
            for j in range(3):
                information[i, j] += known * axis[i] * axis[j]
    return moved(prior, shift), inverted(information)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def put_together(prior, measurement, offset):  # type: ignore[no-untyped-def]
    """Fuse two covariances (3, 3); see ``fused``.

    Returns:
        What the fused mean is off the prior's (3,), where the measurement's is off by ``offset``;
        the fused covariance (3, 3).
    """
    gain = product(prior, inverse_of_definite(prior + measurement))
    # Joseph's form stays positive semi-definite whatever rounding does.
    covariance = turned(prior, np.eye(3) - gain) + turned(measurement, gain)
    return moved(gain, offset), 0.5 * (covariance + covariance.T)
