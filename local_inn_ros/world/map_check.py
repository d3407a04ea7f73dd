# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Doubts about a map that can be read, but perhaps not as it was meant."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.world.occupancy_grid import FREE, OccupancyGrid

# Share of the border that is free on a map whose outside reads as free.
_FREE_BORDER_SHARE = 0.5
# A level that this share of a map has was painted, not measured.
_PAINTED_SHARE = 0.2
# Free space painted on purpose is at least this near to pure free, in occupancy.
_PLAINLY_FREE = 0.05


class MapWarning(UserWarning):
    """A map can be read, but something about it looks wrong."""


def doubts_about(
    grid: OccupancyGrid, free_levels: NDArray[np.int64], free_thresh: float
) -> list[str]:
    """Name what looks wrong about a map, in sentences for the person who made it.

    Args:
        grid: the map as it was read.
        free_levels: (256,) how many free cells had each occupancy, in steps of 1 / 255, before
            the thresholds.
        free_thresh: the threshold below which a cell was taken as free.
    """
    doubts = []
    present = np.flatnonzero(free_levels)
    for level in present:
        share = free_levels[level] / grid.cells.size
        if share > _PAINTED_SHARE and level / 255.0 > _PLAINLY_FREE and len(present) > 1:
            doubts.append(
                f"{share:.0%} of the image has grey level {255 - level}, which reads as free "
                f"under free_thresh {free_thresh:g} though the image has brighter free space; if "
                f"it means unknown, lower free_thresh below {level / 255.0:.3f}"
            )
    cells = grid.cells
    border = np.concatenate([cells[0], cells[-1], cells[1:-1, 0], cells[1:-1, -1]]) == FREE
    if border.mean() > _FREE_BORDER_SHARE:
        doubts.append(
            f"{border.mean():.0%} of the map's border is free, so the outside of its walls reads "
            "as free space"
        )
    return doubts
