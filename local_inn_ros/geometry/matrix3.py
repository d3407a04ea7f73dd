# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Matrices (3, 3), compiled: for nine numbers a library takes longer to be called than to count."""

from __future__ import annotations

import math

import numba
import numpy as np

FINE, NOT_FINITE, NOT_SYMMETRIC, NOT_DEFINITE = 0, 1, 2, 3

# Of the largest magnitude: rounding leaves such differences, and such eigenvalues below zero.
_SYMMETRIC = 1e-6
SEMI_DEFINITE = 1e-9
_LEAST_SCALE = 1e-30


@numba.njit(cache=True, nogil=True, error_model="numpy")
def made_symmetric(matrix, symmetric):  # type: ignore[no-untyped-def]
    """Fill ``symmetric`` with the symmetric part of a matrix (3, 3).

    Returns:
        FINE; or what is wrong with it as a covariance. NOT_DEFINITE is told by the pivots of its
        elimination: where one of them is nearly zero, rounding may deceive.
    """
    scale, skew, total = _LEAST_SCALE, 0.0, 0.0
    for i in range(3):
        for j in range(3):
            total += abs(matrix[i, j])
            scale = max(scale, abs(matrix[i, j]))
            skew = max(skew, abs(matrix[i, j] - matrix[j, i]))
            symmetric[i, j] = 0.5 * (matrix[i, j] + matrix[j, i])
    if not math.isfinite(total):
        return NOT_FINITE
    if skew > _SYMMETRIC * scale:
        return NOT_SYMMETRIC
    return FINE if is_definite(symmetric, -SEMI_DEFINITE * scale) else NOT_DEFINITE


@numba.njit(cache=True, nogil=True, error_model="numpy")
def is_definite(matrix, least):  # type: ignore[no-untyped-def]
    """Tell whether every eigenvalue of a symmetric matrix (3, 3) exceeds ``least``."""
    first = matrix[0, 0] - least
    if not first > 0.0:
        return False
    second = matrix[1, 1] - least - matrix[0, 1] * matrix[0, 1] / first
    if not second > 0.0:
        return False
    cross = matrix[1, 2] - matrix[0, 1] * matrix[0, 2] / first
    third = matrix[2, 2] - least - matrix[0, 2] * matrix[0, 2] / first
    return third - cross * cross / second > 0.0


@numba.njit(cache=True, nogil=True, error_model="numpy")
def inverse_of_definite(matrix):  # type: ignore[no-untyped-def]
    """Return the inverse of a positive definite matrix (3, 3), by its elimination."""
    a = 1.0 / matrix[0, 0]
    below_1, below_2 = a * matrix[0, 1], a * matrix[0, 2]
    b = 1.0 / (matrix[1, 1] - below_1 * matrix[0, 1])
    cross = matrix[1, 2] - below_1 * matrix[0, 2]
    below_21 = b * cross
    c = 1.0 / (matrix[2, 2] - below_2 * matrix[0, 2] - below_21 * cross)
    # The inverse of the unit lower triangle, below its diagonal.
    up_1, up_21 = -below_1, -below_21
    up_2 = below_1 * below_21 - below_2
    inverse = np.empty((3, 3))
    inverse[2, 2] = c
    inverse[1, 2] = inverse[2, 1] = c * up_21
    inverse[0, 2] = inverse[2, 0] = c * up_2
    inverse[1, 1] = b + c * up_21 * up_21
    inverse[0, 1] = inverse[1, 0] = b * up_1 + c * up_21 * up_2
    inverse[0, 0] = a + b * up_1 * up_1 + c * up_2 * up_2
    return inverse


@numba.njit(cache=True, nogil=True, error_model="numpy")
def squared_length(covariance, x, y, z):  # type: ignore[no-untyped-def]
    """Return the squared Mahalanobis length of (x, y, z); not finite where none is defined."""
    a = x
    below_1, below_2 = covariance[0, 1] / covariance[0, 0], covariance[0, 2] / covariance[0, 0]
    b = y - below_1 * x
    second = covariance[1, 1] - below_1 * covariance[0, 1]
    cross = covariance[1, 2] - below_1 * covariance[0, 2]
    c = z - below_2 * x - cross / second * b
    third = covariance[2, 2] - below_2 * covariance[0, 2] - cross * cross / second
    return a * a / covariance[0, 0] + b * b / second + c * c / third
