# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The outline of a region of cells."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


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
    return float(np.count_nonzero(region) / _hull_area(np.unique(corners, axis=0).tolist()))


def _hull_area(points: list[list[int]]) -> float:
    """Return the area of the convex hull of sorted points (Andrew's monotone chain, 1979)."""
    area = 0.0
    for way in (points, points[::-1]):
        chain: list[list[int]] = []
        for point in way:
            while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= 0:
                chain.pop()
            chain.append(point)
        area += sum(a[0] * b[1] - a[1] * b[0] for a, b in pairwise(chain))
    return 0.5 * area


def _turn(a: list[int], b: list[int], c: list[int]) -> int:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
