# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Doubts about a map that can be read, but perhaps not as it was meant."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.world.occupancy_grid import OccupancyGrid

# Share of the border that is free on a map whose outside reads as free.
_FREE_BORDER_SHARE = 0.5
# A level that this share of a map has was painted, not measured.
_PAINTED_SHARE = 0.2
# Free space painted on purpose is at least this near to pure free, in occupancy.
_PLAINLY_FREE = 0.05


class MapWarning(UserWarning):
    """A map can be read, but something about it looks wrong."""


def doubts_about(
    grid: OccupancyGrid, occupancy: NDArray[np.float64], free_thresh: float
) -> list[str]:
    """Name what looks wrong about a map, in sentences for the person who made it.

    Args:
        grid: the map as it was read.
        occupancy: (rows, cols), in the order of the grid's cells: how occupied, in 0 to 1, each
            pixel said it was before the thresholds.
        free_thresh: the threshold below which a cell was taken as free.
    """
    doubts = []
    free = grid.free_mask()
    levels, counts = np.unique(np.round(occupancy[free] * 255.0), return_counts=True)
    for level, count in zip(levels, counts, strict=True):
        share = count / grid.cells.size
        if share > _PAINTED_SHARE and level / 255.0 > _PLAINLY_FREE and len(levels) > 1:
            doubts.append(
                f"{share:.0%} of the image has grey level {255 - level:.0f}, which reads as free "
                f"under free_thresh {free_thresh:g} though the image has brighter free space; if "
                f"it means unknown, lower free_thresh below {level / 255.0:.3f}"
            )
    border = np.concatenate([free[0], free[-1], free[1:-1, 0], free[1:-1, -1]])
    if border.mean() > _FREE_BORDER_SHARE:
        doubts.append(
            f"{border.mean():.0%} of the map's border is free, so the outside of its walls reads "
            "as free space"
        )
    return doubts
