# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The symmetric square root of a covariance."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry.small_matrices import diagonalized


def symmetric_root(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the symmetric matrix (3, 3) whose square is a covariance (3, 3).

    It changes smoothly with the covariance, and turns as that turns. Eigenvalues that rounding has
    left below zero count as zero.
    """
    (xx, xy, xt), (_, yy, yt), (_, _, tt) = covariance.tolist()
    variances, (a, d, g), (b, e, h), (c, f, i) = diagonalized(xx, xy, xt, yy, yt, tt)
    first, second, third = (math.sqrt(max(variance, 0.0)) for variance in variances)
    xy = first * a * d + second * b * e + third * c * f
    xt = first * a * g + second * b * h + third * c * i
    yt = first * d * g + second * e * h + third * f * i
    xx = first * a * a + second * b * b + third * c * c
    yy = first * d * d + second * e * e + third * f * f
    tt = first * g * g + second * h * h + third * i * i
    return np.array([[xx, xy, xt], [xy, yy, yt], [xt, yt, tt]])
