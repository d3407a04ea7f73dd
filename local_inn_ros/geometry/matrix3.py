# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Matrices (3, 3), compiled.

For nine numbers a library takes longer to be called than to count, and numba takes seconds to
compile its own linear algebra.
"""

from __future__ import annotations

import math

import numba
import numpy as np

# Sweeps over the three elements off the diagonal; they shrink with the square of themselves.
_SWEEPS = 12
_NOTHING = 1e-300


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
def product(first, second):  # type: ignore[no-untyped-def]
    """Return the product of two matrices (3, 3)."""
    found = np.zeros((3, 3))
    for i in range(3):
        for j in range(3):
            for k in range(3):
                found[i, j] += first[i, k] * second[k, j]
    return found


@numba.njit(cache=True, nogil=True, error_model="numpy")
def turned(matrix, axes):  # type: ignore[no-untyped-def]
    """Return ``axes @ matrix @ axes.T`` of matrices (3, 3)."""
    found, half = np.zeros((3, 3)), product(axes, matrix)
    for i in range(3):
        for j in range(3):
            for k in range(3):
                found[i, j] += half[i, k] * axes[j, k]
    return found


@numba.njit(cache=True, nogil=True, error_model="numpy")
def moved(matrix, vector):  # type: ignore[no-untyped-def]
    """Return the product of a matrix (3, 3) and a vector (3,)."""
    found = np.zeros(3)
    for i in range(3):
        for k in range(3):
            found[i] += matrix[i, k] * vector[k]
    return found


@numba.njit(cache=True, nogil=True, error_model="numpy")
def eigen_of_symmetric(matrix):  # type: ignore[no-untyped-def]
    """Return the eigenvalues (3,) of a symmetric matrix (3, 3), and eigenvectors as columns.

    Jacobi's rotations, by cycles (Golub and Van Loan, Matrix Computations, section 8.5).
    """
    rest, vectors = matrix.copy(), np.eye(3)
    for _ in range(_SWEEPS):
        off = abs(rest[0, 1]) + abs(rest[0, 2]) + abs(rest[1, 2])
        if not off > _NOTHING:
            break
        for p in range(2):
            for q in range(p + 1, 3):
                if rest[p, q] == 0.0:
                    continue
                slope = (rest[q, q] - rest[p, p]) / (2.0 * rest[p, q])
                tangent = math.copysign(1.0, slope) / (abs(slope) + math.hypot(1.0, slope))
                cosine = 1.0 / math.hypot(1.0, tangent)
                sine = tangent * cosine
                for k in range(3):
                    a, b = rest[k, p], rest[k, q]
                    rest[k, p], rest[k, q] = cosine * a - sine * b, sine * a + cosine * b
                for k in range(3):
                    a, b = rest[p, k], rest[q, k]
                    rest[p, k], rest[q, k] = cosine * a - sine * b, sine * a + cosine * b
                    a, b = vectors[k, p], vectors[k, q]
                    vectors[k, p], vectors[k, q] = cosine * a - sine * b, sine * a + cosine * b
                rest[p, q] = rest[q, p] = 0.0
    return np.array([rest[0, 0], rest[1, 1], rest[2, 2]]), vectors
