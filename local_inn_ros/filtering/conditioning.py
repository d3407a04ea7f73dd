# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Poses and covariances that can be computed with, from what people and other programs tell."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.filtering.state_space import GaussianT, PoseT, StateSpace
from local_inn_ros.geometry import GaussianPose2

# No pose is known better, in any direction: a tenth of a millimetre, or of a milliradian.
_LEAST_VARIANCE = 1e-8
# Nor is one known worse that is known at all: by a kilometre, or many turns. Common signs for
# "not known" lie beyond, up to the greatest number that there is.
_LARGEST_VARIANCE = 1e6


def usable(pose: GaussianT, space: StateSpace[PoseT, GaussianT]) -> GaussianT | None:
    """Return a pose that can be computed with; None where nothing can be made of it.

    Args:
        pose: as it was told.
        space: that it is of.
    """
    if not space.is_usable(pose.mean):
        return None
    try:
        covariance = conditioned(pose.covariance)
    except (ValueError, np.linalg.LinAlgError):
        return None
    return pose if covariance is pose.covariance else space.gaussian(pose.mean, covariance)


def well_conditioned(pose: GaussianPose2) -> GaussianPose2:
    """Return a pose whose covariance is positive definite and no wider than makes sense.

    One that is neither singular nor beyond all measure is returned as it is.

    Raises:
        ValueError: a number of the covariance is not finite.
    """
    covariance = conditioned(pose.covariance)
    return pose if covariance is pose.covariance else GaussianPose2(pose.mean, covariance)


def conditioned(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a covariance (n, n) that is positive definite and no wider than makes sense.

    A singular covariance claims what nobody can know, and cannot be inverted; with one that is
    beyond all measure nothing is left of the numbers beside it. One that is neither is returned
    as it is.

    Raises:
        ValueError: a number is not finite.
    """
    if len(covariance) == 3:
        (a, b, c), (_, d, e), (_, _, f) = covariance.tolist()
        trace = a + d + f
        if a > 0.0 and a * d > b * b and trace <= _LARGEST_VARIANCE:
            determinant = a * (d * f - e * e) - b * (b * f - c * e) + c * (b * e - c * d)
            # The least eigenvalue is no smaller: the two others are at most half of the trace
            # each, on (geometric) average.
            if determinant > _LEAST_VARIANCE * 0.25 * trace * trace:
                return covariance
    scale = float(np.max(np.abs(covariance)))
    if not math.isfinite(scale):
        raise ValueError("a covariance must be finite")
    if scale == 0.0:
        return _LEAST_VARIANCE * np.eye(len(covariance))
    # Scaled first: the squares of the largest numbers cannot be written.
    variances, directions = np.linalg.eigh(covariance / scale)
    shares = np.clip(variances, _LEAST_VARIANCE / scale, _LARGEST_VARIANCE / scale)
    if np.array_equal(shares, variances):
        return covariance
    bounded = (directions * (shares * scale)) @ directions.T
    symmetric: NDArray[np.float64] = 0.5 * (bounded + bounded.T)
    return symmetric
