# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What compiled code calls of this room: its formulas in plain numbers, and matrices (3, 3).

For nine numbers a library takes longer to be called than to count, and numba takes seconds to
compile its own linear algebra.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from local_inn_ros.geometry import angles, small_matrices, turning

# Any, since the type that numba gives loses what a function is generic in.
_compile: Callable[[object], Any] = numba.njit(cache=True, nogil=True, error_model="numpy")

wrap_angle = _compile(angles.wrap_angle)
turned_by = _compile(turning.turned_by)
swung = _compile(turning.swung)
eliminated = _compile(small_matrices.eliminated)
inverse = _compile(small_matrices.inverse)
diagonalized = _compile(small_matrices.diagonalized)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def is_definite(matrix, least):  # type: ignore[no-untyped-def]
    """Tell whether every eigenvalue of a symmetric matrix (3, 3) exceeds ``least``."""
    first, second, third, _, _, _ = eliminated(
        matrix[0, 0] - least,
        matrix[0, 1],
        matrix[0, 2],
        matrix[1, 1] - least,
        matrix[1, 2],
        matrix[2, 2] - least,
    )
    return first > 0.0 and second > 0.0 and third > 0.0


@numba.njit(cache=True, nogil=True, error_model="numpy")
def inverse_of_definite(matrix):  # type: ignore[no-untyped-def]
    """Return the inverse of a positive definite matrix (3, 3), by its elimination."""
    a, b, c, d, e, f = inverse(*eliminated(*triangle(matrix)))
    return symmetric(a, b, c, d, e, f)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def triangle(matrix):  # type: ignore[no-untyped-def]
    """Return the upper triangle of a matrix (3, 3), row by row."""
    return matrix[0, 0], matrix[0, 1], matrix[0, 2], matrix[1, 1], matrix[1, 2], matrix[2, 2]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def symmetric(a, b, c, d, e, f):  # type: ignore[no-untyped-def]
    """Return the symmetric matrix (3, 3) of an upper triangle."""
    # A list of lists would be made as such first.
    matrix = np.empty((3, 3))
    matrix[0, 0], matrix[1, 1], matrix[2, 2] = a, d, f
    matrix[0, 1] = matrix[1, 0] = b
    matrix[0, 2] = matrix[2, 0] = c
    matrix[1, 2] = matrix[2, 1] = e
    return matrix


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
    """Return the eigenvalues (3,) of a symmetric matrix (3, 3), and eigenvectors as columns."""
    values, first, second, third = diagonalized(*triangle(matrix))
    eigenvalues, vectors = np.empty(3), np.empty((3, 3))
    for k in range(3):
        eigenvalues[k] = values[k]
        vectors[k, 0], vectors[k, 1], vectors[k, 2] = first[k], second[k], third[k]
    return eigenvalues, vectors


@numba.njit(cache=True, nogil=True, error_model="numpy")
def solved(matrix, vector):  # type: ignore[no-untyped-def]
    """Solve a positive definite system (n, n), which is overwritten, by Cholesky's root."""
    count = len(vector)
    for row in range(count):
        for col in range(row + 1):
            rest = matrix[row, col]
            for k in range(col):
                rest -= matrix[row, k] * matrix[col, k]
            matrix[row, col] = math.sqrt(rest) if row == col else rest / matrix[col, col]
    solution = vector.copy()
    for row in range(count):
        for k in range(row):
            solution[row] -= matrix[row, k] * solution[k]
        solution[row] /= matrix[row, row]
    for row in range(count - 1, -1, -1):
        for k in range(row + 1, count):
            solution[row] -= matrix[k, row] * solution[k]
        solution[row] /= matrix[row, row]
    return solution
