# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Covariances that can be computed with, from those that people and other programs tell."""

from __future__ import annotations

import numpy as np

from local_inn_ros.geometry import GaussianPose2

# No pose is known better, in any direction: a tenth of a millimetre, or of a milliradian.
_LEAST_VARIANCE = 1e-8
# Nor is one known worse that is known at all: by a kilometre, or many turns. Common signs for
# "not known" lie beyond, up to the greatest number that there is.
_LARGEST_VARIANCE = 1e6


def well_conditioned(pose: GaussianPose2) -> GaussianPose2:
    """Return a pose whose covariance is positive definite and no wider than makes sense.

    A singular covariance claims what nobody can know, and cannot be inverted; with one that is
    beyond all measure nothing is left of the numbers beside it. One that is neither is returned
    as it is.
    """
    (a, b, c), (_, d, e), (_, _, f) = pose.covariance.tolist()
    trace = a + d + f
    if trace <= _LARGEST_VARIANCE:
        determinant = a * (d * f - e * e) - b * (b * f - c * e) + c * (b * e - c * d)
        # The least eigenvalue is no smaller: the two others are at most half of the trace each,
        # on (geometric) average.
        if determinant > _LEAST_VARIANCE * 0.25 * trace * trace:
            return pose
    scale = float(np.max(np.abs(pose.covariance)))
    if scale == 0.0:
        return GaussianPose2(pose.mean, _LEAST_VARIANCE * np.eye(3))
    # Scaled first: the squares of the largest numbers cannot be written.
    variances, directions = np.linalg.eigh(pose.covariance / scale)
    shares = np.clip(variances, _LEAST_VARIANCE / scale, _LARGEST_VARIANCE / scale)
    covariance = (directions * (shares * scale)) @ directions.T
    return GaussianPose2(pose.mean, 0.5 * (covariance + covariance.T))
