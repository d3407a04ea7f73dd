# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The world that a robot drives in, which need not be the map that it knows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage
from scipy.spatial import KDTree

from local_inn_ros.simulation.sensors import Caster
from local_inn_ros.simulation.worlds.segment_caster import SegmentCaster
from local_inn_ros.simulation.worlds.wall_outlines import (
    WallOutlines,
    cell_outlines,
    smooth_outlines,
)
from local_inn_ros.world import OccupancyGrid, RayCaster
from local_inn_ros.world.occupancy_grid import OCCUPIED

# What stands free on a map and is no larger than this is taken for furniture. A quarter of it was
# moved away, but no more than this share of all outlines: on maps of real places broken walls look
# like furniture.
_FURNITURE_M2 = 0.6
_GONE_SHARE = 0.25
_MOST_GONE = 0.03
# So many boxes stand in the world that the map lacks.
_BOXES_PER_M2 = 1.0 / 40.0
_BOX_M = ((0.25, 0.7), (0.2, 0.5))
# They leave this much room on both sides of the lap.
_LANE_M = 0.75


class WorldKind(str, Enum):
    """What a simulated robot drives in.

    Attributes:
        SMOOTH: walls without stairs and furniture that was moved, which the map was drawn from.
        OWN: the map itself, stairs and all: what the robot knows is exact.
    """

    SMOOTH = "smooth"
    OWN = "own"


@dataclass(frozen=True, slots=True, eq=False)
class DrivenWorld:
    """What a robot drives in.

    Attributes:
        grid: where there is room to drive, in the map frame.
        caster: how far a beam goes.
        smooth: outlines of all that stands there; None where these are the faces of the grid's
            occupied cells.
    """

    grid: OccupancyGrid
    caster: Caster
    smooth: WallOutlines | None = None

    def outlines(self) -> WallOutlines:
        """Return the outlines of all that stands there."""
        return cell_outlines(self.grid) if self.smooth is None else self.smooth


def driven_world(
    kind: WorldKind,
    grid: OccupancyGrid,
    route: ArrayLike,
    rng: np.random.Generator | None,
    surface_offset_m: float = 0.0,
) -> DrivenWorld:
    """Return the world of a kind that a map is of.

    Args:
        kind: what is wanted.
        grid: the map that the robot knows.
        route: (n, 2) lap in the map frame; nothing stands in its way.
        rng: draws what has changed since the map was made; nothing has where left out.
        surface_offset_m: how far before the faces of occupied cells the map has its surfaces.
    """
    if kind is WorldKind.OWN:
        return DrivenWorld(grid, RayCaster(grid, threads=1))
    boxes: list[_Box] = []
    kept = grid.occupied_mask()
    if rng is not None:
        boxes = _new_boxes(grid, np.asarray(route, dtype=np.float64), rng)
        kept = _without_some_furniture(grid, rng)
    walls = smooth_outlines(grid, kept, surface_offset_m)
    outlines = WallOutlines.joined([walls, *(_outline(box) for box in boxes)])
    cells = grid.cells.copy()
    for box in boxes:
        cells[_covered(grid, box)] = OCCUPIED
    known = OccupancyGrid(cells, grid.resolution_m, grid.origin)
    return DrivenWorld(known, SegmentCaster(outlines.segments), outlines)


@dataclass(frozen=True, slots=True)
class _Box:
    x: float
    y: float
    yaw: float
    length: float
    depth: float


def _new_boxes(
    grid: OccupancyGrid, route: NDArray[np.float64], rng: np.random.Generator
) -> list[_Box]:
    """Put boxes into free space, clear of the lap."""
    rows, cols = np.nonzero(grid.free_mask())
    lap = KDTree(route)
    boxes = []
    for _ in range(rng.poisson(_BOXES_PER_M2 * grid.free_area_m2)):
        cell = int(rng.integers(len(rows)))
        length, depth = (float(rng.uniform(*size)) for size in _BOX_M)
        yaw = float(rng.uniform(-math.pi, math.pi))
        ((x, y),) = grid.cell_to_world([[rows[cell], cols[cell]]]).tolist()
        away_m, _ = lap.query((x, y))
        if away_m > _LANE_M + 0.5 * math.hypot(length, depth):
            boxes.append(_Box(x, y, yaw, length, depth))
    return boxes


def _outline(box: _Box) -> WallOutlines:
    """Return the four sides of a box."""
    cosine, sine = math.cos(box.yaw), math.sin(box.yaw)
    corners = 0.5 * np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * [box.length, box.depth]
    placed = corners @ np.array([[cosine, sine], [-sine, cosine]]) + [box.x, box.y]
    return WallOutlines.of_polygon(placed)


def _covered(grid: OccupancyGrid, box: _Box) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows and columns of the cells that a box may touch."""
    reach = 0.5 * math.hypot(box.length, box.depth) + grid.resolution_m
    count = math.ceil(reach / grid.resolution_m)
    (centre,) = grid.world_to_cell([[box.x, box.y]])
    span = np.arange(-count, count + 1)
    near = centre + np.stack(np.meshgrid(span, span), axis=-1).reshape(-1, 2)
    near = near[grid.contains_cells(near)]
    offset = grid.cell_to_world(near) - [box.x, box.y]
    cosine, sine = math.cos(box.yaw), math.sin(box.yaw)
    along = np.abs(cosine * offset[:, 0] + sine * offset[:, 1])
    across = np.abs(cosine * offset[:, 1] - sine * offset[:, 0])
    margin = grid.resolution_m
    inside = (along < 0.5 * box.length + margin) & (across < 0.5 * box.depth + margin)
    return near[inside, 0], near[inside, 1]


def _without_some_furniture(grid: OccupancyGrid, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return (rows, cols) the occupied cells, without some of what stands free."""
    occupied = grid.occupied_mask()
    labels, count = ndimage.label(occupied, np.ones((3, 3)))
    cells = np.bincount(labels.ravel(), minlength=count + 1)
    small = cells * grid.resolution_m**2 <= _FURNITURE_M2
    small[0] = False
    faces = np.bincount(labels[occupied & ~ndimage.binary_erosion(occupied)], minlength=count + 1)
    order = rng.permutation(np.flatnonzero(small & (rng.random(count + 1) < _GONE_SHARE)))
    few = np.cumsum(faces[order]) <= _MOST_GONE * faces.sum()
    gone = np.zeros(count + 1, dtype=bool)
    gone[order[few]] = True
    kept: NDArray[np.bool_] = occupied & ~gone[labels]
    return kept
