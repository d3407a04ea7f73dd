# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a network has learned of a place, read from its grids; compiled."""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray


class FeatureGrids(NamedTuple):
    """Grids of features over the map, the finest first (``flows.feature_map``).

    Attributes:
        nodes: (all nodes, channels) float32, row by row, one grid after the other.
        starts: (grids,) where in ``nodes`` each grid begins.
        shapes: (grids, 2) rows and columns.
        lows: (grids, 2) x and y of each grid's first node in the map frame, m.
        per_m: (grids, 2) nodes a metre along x and y.
    """

    nodes: NDArray[np.float32]
    starts: NDArray[np.int64]
    shapes: NDArray[np.int64]
    lows: NDArray[np.float64]
    per_m: NDArray[np.float64]


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def read_features(grids, points, features):  # type: ignore[no-untyped-def]
    """Fill the first grids * channels features of each row (n, ...) at its point (n, 2).

    A point beyond a grid reads its edge.
    """
    channels = grids.nodes.shape[1]
    for level in range(grids.starts.shape[0]):
        rows, columns = grids.shapes[level, 0], grids.shapes[level, 1]
        start, first = grids.starts[level], level * channels
        low_x, low_y = grids.lows[level, 0], grids.lows[level, 1]
        per_x, per_y = grids.per_m[level, 0], grids.per_m[level, 1]
        for i in range(points.shape[0]):
            u, v = (points[i, 0] - low_x) * per_x, (points[i, 1] - low_y) * per_y
            # Written so that NaN, which a damaged network may lead to, reads the edge too.
            u = u if u > 0.0 else 0.0
            v = v if v > 0.0 else 0.0
            u, v = min(u, columns - 1.0), min(v, rows - 1.0)
            column, row = min(int(u), columns - 2), min(int(v), rows - 2)
            right, up = np.float32(u - column), np.float32(v - row)
            low = start + row * columns + column
            high = low + columns
            both = right * up
            a, b = np.float32(1.0) - right - up + both, right - both
            c = up - both
            for channel in range(channels):
                features[i, first + channel] = (
                    a * grids.nodes[low, channel]
                    + b * grids.nodes[low + 1, channel]
                    + c * grids.nodes[high, channel]
                    + both * grids.nodes[high + 1, channel]
                )
