# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a matrix must be to be a covariance."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Of the largest magnitude: rounding leaves such differences, and such eigenvalues below zero.
_SYMMETRIC = 1e-6
_NEGATIVE_EIGENVALUE = 1e-9
_LEAST_SCALE = 1e-30

NOT_FINITE = "a pose and its covariance must be finite"
CERTAIN = "no distance is defined where a direction is certain"


def square_of(covariance: ArrayLike, size: int) -> NDArray[np.float64]:
    """Return a copy of a covariance (size, size).

    Raises:
        ValueError: it has another shape.
    """
    copied = np.array(covariance, dtype=np.float64)
    if copied.shape != (size, size):
        raise ValueError(f"a pose covariance is {size}x{size}, got shape {copied.shape}")
    return copied


def semi_definite(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a finite covariance (n, n) without what rounding made of it.

    Raises:
        ValueError: it is not symmetric, or not positive semi-definite.
    """
    scale = max(float(np.abs(covariance).max()), _LEAST_SCALE)
    if np.abs(covariance - covariance.T).max() > _SYMMETRIC * scale:
        raise ValueError("a covariance must be symmetric")
    covariance = 0.5 * (covariance + covariance.T)
    smallest = float(np.linalg.eigvalsh(covariance)[0])
    if smallest < -_NEGATIVE_EIGENVALUE * scale:
        raise ValueError(
            f"a covariance must be positive semi-definite, its least eigenvalue is {smallest:.3g}"
        )
    return covariance
