# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Matrices (3, 3), compiled: for nine numbers a library takes longer to be called than to count."""

from __future__ import annotations

import numba
import numpy as np


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
