# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which way the surfaces of a map face, apart from the stairs that cells make of slanted walls."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from local_inn_ros.world.occupancy_grid import OccupancyGrid

# Wide enough to level the stairs of one cell, narrow enough to keep door frames and boxes.
_SMOOTHING_CELLS = 4.0
_GATHERING_CELLS = 3.0


def surface_directions(grid: OccupancyGrid) -> NDArray[np.float32]:
    """Return how much each place sees of surfaces that face each way.

    The structure tensor (Forstner and Gulch 1987) of the smoothed occupancy, scaled to trace one:
    the outer product of the normal with itself along a wall, about half the identity at a pole or
    a corner. It has no sign, so that thin walls have a direction too.

    Returns:
        (rows, cols, 3) of the tensor's xx, xy and yy, in the axes of the grid; zero far from any
        surface.
    """
    occupied = grid.occupied_mask().astype(np.float32)
    slope_x = ndimage.gaussian_filter(occupied, _SMOOTHING_CELLS, order=(0, 1), mode="nearest")
    slope_y = ndimage.gaussian_filter(occupied, _SMOOTHING_CELLS, order=(1, 0), mode="nearest")
    tensor = np.stack(
        [
            ndimage.gaussian_filter(product, _GATHERING_CELLS, mode="nearest")
            for product in (slope_x * slope_x, slope_x * slope_y, slope_y * slope_y)
        ],
        axis=-1,
    )
    trace = tensor[..., 0] + tensor[..., 2]
    seen = trace > 1e-6 * max(float(trace.max()), 1e-30)
    directions: NDArray[np.float32] = np.where(
        seen[..., None], tensor / np.where(seen, trace, 1.0)[..., None], 0.0
    ).astype(np.float32)
    return np.ascontiguousarray(directions)
