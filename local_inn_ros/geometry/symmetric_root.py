# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The symmetric square root of a covariance, in plain numbers.

Jacobi's rotations (Golub and Van Loan, Matrix Computations, 4th edition, section 8.5): for three
dimensions a library takes longer to be called than this takes to count, the more so where it has
not been called just before. Compiled code has its own (``matrix3``): the filter does without a
compiler.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

# Each squares what is left beside the diagonal: six are enough.
_MOST_SWEEPS = 12
# Of what stands on the diagonal; smaller is rounding.
_NEGLIGIBLE = 1e-16
# Which two axes a rotation mixes, and which one is left.
_PLANES = ((0, 1, 2), (0, 2, 1), (1, 2, 0))


def symmetric_root(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the symmetric matrix (3, 3) whose square is a covariance (3, 3).

    It changes smoothly with the covariance, and turns as that turns. Eigenvalues that rounding has
    left below zero count as zero.
    """
    matrix: list[list[float]] = covariance.tolist()
    axes = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    for _ in range(_MOST_SWEEPS):
        rotated = [_rotate(matrix, axes, *plane) for plane in _PLANES]
        if not any(rotated):
            break
    first, second, third = (math.sqrt(max(matrix[k][k], 0.0)) for k in range(3))
    (a, b, c), (d, e, f), (g, h, i) = axes
    xy = first * a * d + second * b * e + third * c * f
    xt = first * a * g + second * b * h + third * c * i
    yt = first * d * g + second * e * h + third * f * i
    xx = first * a * a + second * b * b + third * c * c
    yy = first * d * d + second * e * e + third * f * f
    tt = first * g * g + second * h * h + third * i * i
    return np.array([[xx, xy, xt], [xy, yy, yt], [xt, yt, tt]])


def _rotate(
    matrix: list[list[float]], axes: list[list[float]], first: int, second: int, third: int
) -> bool:
    """Turn two axes so that nothing is left between them; tell whether anything was."""
    between = matrix[first][second]
    one, two = matrix[first][first], matrix[second][second]
    if abs(between) <= _NEGLIGIBLE * math.sqrt(abs(one * two)):
        return False
    slope = 0.5 * (two - one) / between
    tangent = math.copysign(1.0, slope) / (abs(slope) + math.hypot(slope, 1.0))
    cosine = 1.0 / math.hypot(tangent, 1.0)
    sine = tangent * cosine
    matrix[first][first], matrix[second][second] = one - tangent * between, two + tangent * between
    matrix[first][second] = matrix[second][first] = 0.0
    a, b = matrix[third][first], matrix[third][second]
    matrix[third][first] = matrix[first][third] = cosine * a - sine * b
    matrix[third][second] = matrix[second][third] = sine * a + cosine * b
    for axis in axes:
        a, b = axis[first], axis[second]
        axis[first], axis[second] = cosine * a - sine * b, sine * a + cosine * b
    return True
