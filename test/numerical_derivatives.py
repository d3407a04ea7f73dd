# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Derivatives by central differences, to compare Jacobians with."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

# The error is of the order of the step's square (6e-11 of the third derivative), plus the rounding
# of the values over the step (1e-11 of them).
STEP = 2e-5


def numerical_jacobian(
    function: Callable[[NDArray[np.float64]], ArrayLike], at: ArrayLike, step: float = STEP
) -> NDArray[np.float64]:
    """Return the derivative (m, n) of a function from (n,) to (m,) at a point (n,).

    Values that live on a circle or a group must be told as offsets from the value at the point, so
    that no seam lies between them.
    """
    point = np.asarray(at, dtype=np.float64)
    columns = []
    for axis in range(point.size):
        aside = np.zeros(point.size)
        aside[axis] = step
        ahead, behind = (np.asarray(function(point + sign * aside)) for sign in (1.0, -1.0))
        columns.append((ahead - behind) / (2.0 * step))
    return np.stack(columns, axis=-1)
