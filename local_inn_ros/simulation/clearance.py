# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How much room there is round places."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.world import OccupancyGrid
from local_inn_ros.world.distance_field import distance_within


class Clearance:
    """Tells how far places are from all that is not free."""

    def __init__(self, grid: OccupancyGrid) -> None:
        """Measure it all over a map."""
        self._grid = grid
        self._clearance_m = distance_within(grid.free_mask()) * grid.resolution_m

    def at(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (n,) the distance of points (n, 2) from all that is not free; 0 off the map."""
        cells = self._grid.world_to_cell(points)
        inside = self._grid.contains_cells(cells)
        clearances = np.zeros(len(points))
        clearances[inside] = self._clearance_m[cells[inside, 0], cells[inside, 1]]
        return clearances
