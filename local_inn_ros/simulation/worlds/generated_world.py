# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the generators of worlds return."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.world.occupancy_grid import OccupancyGrid


@dataclass(frozen=True, slots=True, eq=False)
class GeneratedWorld:
    """A map made by rule and chance, and a lap to drive on it.

    Attributes:
        grid: the map.
        route: (n, 2) closed lap in the map frame; the last point is joined to the first.
    """

    grid: OccupancyGrid
    route: NDArray[np.float64]
