# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The outline of a region of cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull


def row_ends(region: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return (k, 2) the first and the last cell, as (row, col), of every row of a region.

    No cell lies further out in any direction, and they are few where a region has millions.
    """
    rows = np.flatnonzero(region.any(axis=1))
    first = region[rows].argmax(axis=1)
    last = region.shape[1] - 1 - region[rows, ::-1].argmax(axis=1)
    return np.concatenate([np.column_stack([rows, first]), np.column_stack([rows, last])])


def solidity_of(region: NDArray[np.bool_]) -> float:
    """Return the area of a region over that of its convex hull; 1 where it is convex."""
    ends = row_ends(region)
    corners = (ends[:, None] + np.array([[0, 0], [0, 1], [1, 0], [1, 1]])).reshape(-1, 2)
    return float(np.count_nonzero(region) / ConvexHull(corners).volume)
