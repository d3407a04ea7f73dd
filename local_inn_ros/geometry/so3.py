# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Rotation vectors, and the Jacobian of the exponential map of SO(3).

Barfoot, State Estimation for Robotics (2017), section 7.1. All functions take any leading axes.
"""

from __future__ import annotations

from math import factorial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# Below this squared angle the series is used. The closed forms divide differences by as much as
# the fifth power of the angle; from one radian on that costs them two digits at most.
_SERIES_BELOW = 1.0
# The first term left out is 1e-18 of the sum there.
_TERMS = 9
_POWERS = np.arange(_TERMS)
# (terms, 4): the factors of ascending powers of the squared angle, for each of `Shares`.
_SERIES = np.array(
    [
        [
            (-1.0) ** k / factorial(2 * k + 2),
            (-1.0) ** k / factorial(2 * k + 3),
            (-1.0) ** k / factorial(2 * k + 4),
            (-1.0) ** k * (k + 1) / factorial(2 * k + 5),
        ]
        for k in range(_TERMS)
    ]
)


class Shares(NamedTuple):
    """Functions of an angle ``t`` that the Jacobians are sums with; smooth, also at 0.

    Attributes:
        one: (1 - cos t) / t^2.
        two: (t - sin t) / t^3.
        three: (t^2 + 2 cos t - 2) / (2 t^4).
        four: (2 t - 3 sin t + t cos t) / (2 t^5).
    """

    one: NDArray[np.float64]
    two: NDArray[np.float64]
    three: NDArray[np.float64]
    four: NDArray[np.float64]


def shares(phi: NDArray[np.float64]) -> Shares:
    """Return the functions of the angle of rotation vectors (..., 3), shaped (..., 1, 1)."""
    squared = np.sum(phi * phi, axis=-1)[..., None, None]
    small = squared < _SERIES_BELOW
    near = np.where(small, squared, 0.0) ** _POWERS @ _SERIES
    square = np.where(small, 1.0, squared)
    angle = np.sqrt(square)
    one = (1.0 - np.cos(angle)) / square
    two = (angle - np.sin(angle)) / (square * angle)
    far = np.concatenate([one, two, (0.5 - one) / square, (1.5 * two - 0.5 * one) / square], -1)
    chosen = np.where(small, near, far)
    return Shares(*(chosen[..., k : k + 1] for k in range(4)))


def skew(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the matrices (..., 3, 3) that do what the cross product with vectors (..., 3) does."""
    matrices = np.zeros((*vectors.shape, 3))
    x, y, z = vectors[..., 0], vectors[..., 1], vectors[..., 2]
    matrices[..., 0, 1], matrices[..., 0, 2], matrices[..., 1, 2] = -z, y, -x
    matrices[..., 1, 0], matrices[..., 2, 0], matrices[..., 2, 1] = z, -y, x
    return matrices


def rotation_left_jacobian(phi: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return J (..., 3, 3) with ``Exp(phi + d) = Exp(J d) Exp(phi)`` for small d."""
    share, cross = shares(phi), skew(phi)
    jacobian: NDArray[np.float64] = np.eye(3) + share.one * cross + share.two * (cross @ cross)
    return jacobian


def inverse_rotation_left_jacobian(phi: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the inverse (..., 3, 3) of the above, which exists for angles below a whole turn."""
    share, cross = shares(phi), skew(phi)
    # 1/t^2 - (1 + cos t) / (2 t sin t), which by itself would lose its digits near 0 and near pi.
    squared = (0.5 * share.two - share.three) / share.one
    inverse: NDArray[np.float64] = np.eye(3) - 0.5 * cross + squared * (cross @ cross)
    return inverse
