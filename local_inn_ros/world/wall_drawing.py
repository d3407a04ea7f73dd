# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How the walls of a map were drawn, and where in their cells that puts the surfaces.

A map that was drawn as solids, by hand or from a plan, has its surfaces on the faces of occupied
cells. One that was made of a laser's end points (gmapping, Cartographer, slam_toolbox) has them
inside the cells that the end points fell into: somewhere, so in the middle. The thickness of what
is occupied tells these apart: a laser never fills what lies behind a surface, and no solid is
thinner than a cell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from local_inn_ros.world.occupancy_grid import OccupancyGrid

# What is occupied to more than this, behind a surface, is filled.
_THICKEST_DRAWN_CELLS = 3
# So much of what is seen is filled on maps of solids; stacked boxes and pillars fill less.
_FILLED_SHARE = 0.1
# So many walls of a single cell are no chance where walls are drawn from end points.
_SINGLE_SHARE = 0.2
_MIDDLE_CELLS = -0.5
# Of a surface that may lie anywhere within a cell; and where a mapping put its end points, which
# has errors of its own, as large again and more (the poses that it took the scans to be from).
_WITHIN_A_CELL = 1.0 / math.sqrt(12.0)
_AS_MAPPED = 0.5
# Cells that are looked at, evenly spread: more tell nothing more.
_MOST_FACES = 50_000


@dataclass(frozen=True, slots=True)
class WallDrawing:
    """Where a map's surfaces lie within its cells, as far as the map itself tells.

    Attributes:
        surface_offset_m: from the faces of occupied cells; negative is behind them.
        deviation_m: how far from there a wall's surface may be, as a standard deviation.
        from_end_points: whether walls were drawn from end points, not as solids.
        decided: whether the map tells faces from middles; the offset is between them otherwise.
    """

    surface_offset_m: float
    deviation_m: float
    from_end_points: bool
    decided: bool

    def words(self) -> str:
        """Say it to a person."""
        offset_cm = abs(100.0 * self.surface_offset_m)
        if not self.decided:
            return (
                "walls are two or three cells thick, which does not tell where in them the "
                f"surfaces lie: taken {offset_cm:.1f} cm behind the faces, to "
                f"{100.0 * self.deviation_m:.1f} cm; `local-inn calibrate BUNDLE --bag BAG` finds "
                "out on a drive"
            )
        if self.from_end_points:
            return (
                "walls were drawn from end points: surfaces are taken in the middle of the first "
                f"cell, {offset_cm:.1f} cm behind its face"
            )
        return "walls were drawn as solids: surfaces are taken on the faces of occupied cells"


def wall_drawing(grid: OccupancyGrid) -> WallDrawing:
    """Tell how a map's walls were drawn, from how thick they are behind what is free.

    A map without walls, or without free space before them, has its surfaces on the faces.
    """
    cell_m = grid.resolution_m
    thickness = _thickness_cells(grid)
    filled = float(np.mean(thickness > _THICKEST_DRAWN_CELLS)) if len(thickness) else 1.0
    if filled >= _FILLED_SHARE:
        return WallDrawing(0.0, _WITHIN_A_CELL * cell_m, False, True)
    if float(np.mean(thickness == 1)) >= _SINGLE_SHARE:
        return WallDrawing(_MIDDLE_CELLS * cell_m, _AS_MAPPED * cell_m, True, True)
    # On the faces or in the middle, as likely as not.
    doubt = math.hypot(_AS_MAPPED, 0.5 * _MIDDLE_CELLS)
    return WallDrawing(0.5 * _MIDDLE_CELLS * cell_m, doubt * cell_m, True, False)


def front_cells(grid: OccupancyGrid) -> NDArray[np.int64]:
    """Return the occupied cells (n, 2), as (row, col), that lie beside free ones."""
    beside = ndimage.binary_dilation(grid.free_mask(), ndimage.generate_binary_structure(2, 1))
    return np.argwhere(grid.occupied_mask() & beside)


def _thickness_cells(grid: OccupancyGrid) -> NDArray[np.int64]:
    """Return for occupied cells (n,) beside free ones how thick what they belong to is.

    The shorter of the runs along rows and columns, counted to one more than matters. At the map's
    edge what is occupied goes on: nobody drew it thinner.
    """
    occupied, faces = grid.occupied_mask(), front_cells(grid)
    faces = faces[:: -(-len(faces) // _MOST_FACES) or 1]
    runs = [
        1 + _steps_within(occupied, faces, step) + _steps_within(occupied, faces, -step)
        for step in (np.array([1, 0]), np.array([0, 1]))
    ]
    thinner: NDArray[np.int64] = np.minimum(*runs)
    return thinner


def _steps_within(
    occupied: NDArray[np.bool_], cells: NDArray[np.int64], step: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Count the occupied cells (n,) that follow on each cell (n, 2) in one direction."""
    count = np.zeros(len(cells), dtype=np.int64)
    going = np.ones(len(cells), dtype=bool)
    for number in range(1, _THICKEST_DRAWN_CELLS + 1):
        at = cells + number * step
        outside = np.any((at < 0) | (at >= occupied.shape), axis=1)
        row, col = np.clip(at, 0, np.array(occupied.shape) - 1).T
        going &= occupied[row, col] | outside
        count += going
    return count
