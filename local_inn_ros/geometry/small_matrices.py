# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Symmetric matrices (3, 3) in plain numbers: elimination, and eigenvectors.

For nine numbers a library takes longer to be called than to count. What is here serves the filter,
which does without a compiler, as it stands, and compiled code by way of ``geometry.compiled``: so
each function calls none but those of ``math``. A matrix is its upper triangle, row by row.

Where a matrix is singular, plain Python raises ZeroDivisionError and compiled code goes on with
what is not a number.
"""

from __future__ import annotations

import math

Three = tuple[float, float, float]
Six = tuple[float, float, float, float, float, float]

# Each rotation looks at one pair of axes, three at a sweep; a sweep squares what is left beside the
# diagonal, so that six sweeps are enough.
_MOST_ROTATIONS = 36
# Of what stands on the diagonal; smaller is rounding.
_NEGLIGIBLE = 1e-16


def eliminated(a: float, b: float, c: float, d: float, e: float, f: float) -> Six:
    """Return D and L of a matrix ``L D L.T`` (Golub and Van Loan, Matrix Computations, 4.1.2).

    Returns:
        The three pivots, which are the diagonal D and all positive where the matrix is positive
        definite, and only there; then what stands below the diagonal of the unit lower triangle
        L: of its second row, and two of its third.
    """
    low_1, low_2 = b / a, c / a
    second = d - low_1 * b
    cross = e - low_1 * c
    low_21 = cross / second
    return a, second, f - low_2 * c - low_21 * cross, low_1, low_2, low_21


def squared_length(
    first: float,
    second: float,
    third: float,
    low_1: float,
    low_2: float,
    low_21: float,
    x: float,
    y: float,
    z: float,
) -> float:
    """Return ``v @ inverse @ v`` of a vector (x, y, z), by what ``eliminated`` returned."""
    along = y - low_1 * x
    last = z - low_2 * x - low_21 * along
    return x * x / first + along * along / second + last * last / third


def inverse(
    first: float, second: float, third: float, low_1: float, low_2: float, low_21: float
) -> Six:
    """Return the upper triangle of the inverse, by what ``eliminated`` returned."""
    # The inverse of L, below its diagonal.
    up_1, up_2, up_21 = -low_1, low_1 * low_21 - low_2, -low_21
    a, b, c = 1.0 / first, 1.0 / second, 1.0 / third
    return (
        a + b * up_1 * up_1 + c * up_2 * up_2,
        b * up_1 + c * up_21 * up_2,
        c * up_2,
        b + c * up_21 * up_21,
        c * up_21,
        c,
    )


def whitening(
    first: float, second: float, third: float, low_1: float, low_2: float, low_21: float
) -> Six:
    """Return the inverse of the Cholesky factor, by what ``eliminated`` returned.

    Returns:
        The lower triangle W with ``W.T @ W`` the inverse of the matrix, row by row.

    Raises:
        ValueError: a pivot is negative (plain Python; compiled it is not a number).
    """
    a, b, c = 1.0 / math.sqrt(first), 1.0 / math.sqrt(second), 1.0 / math.sqrt(third)
    return a, -low_1 * b, b, (low_1 * low_21 - low_2) * c, -low_21 * c, c


def diagonalized(
    a: float, b: float, c: float, d: float, e: float, f: float
) -> tuple[Three, Three, Three, Three]:
    """Return the eigenvalues of a matrix, in no order, and the eigenvector of each.

    Jacobi's rotations by cycles (Golub and Van Loan, section 8.5). The axes change their names
    after each rotation, so that the next pair is always the first two.
    """
    # Row by row, the matrix whose columns are the eigenvectors.
    g, h, i = 1.0, 0.0, 0.0
    j, k, m = 0.0, 1.0, 0.0
    n, p, q = 0.0, 0.0, 1.0
    untouched = 0
    for _ in range(_MOST_ROTATIONS):
        if abs(b) > _NEGLIGIBLE * math.sqrt(abs(a * d)):
            slope = 0.5 * (d - a) / b
            tangent = math.copysign(1.0, slope) / (abs(slope) + math.hypot(slope, 1.0))
            cosine = 1.0 / math.hypot(tangent, 1.0)
            sine = tangent * cosine
            a, b, d = a - tangent * b, 0.0, d + tangent * b
            c, e = cosine * c - sine * e, sine * c + cosine * e
            g, h = cosine * g - sine * h, sine * g + cosine * h
            j, k = cosine * j - sine * k, sine * j + cosine * k
            n, p = cosine * n - sine * p, sine * n + cosine * p
            untouched = 1
        else:
            untouched += 1
            if untouched == 3:
                break
        a, b, c, d, e, f = d, e, b, f, c, a
        g, h, i = h, i, g
        j, k, m = k, m, j
        n, p, q = p, q, n
    return (a, d, f), (g, j, n), (h, k, p), (i, m, q)
