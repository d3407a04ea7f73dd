# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Shortest paths over free space that keep to the middle of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import KDTree

from local_inn_ros.errors import MapError
from local_inn_ros.world.distance_field import clearance_of
from local_inn_ros.world.free_space import FreeSpace
from local_inn_ros.world.occupancy_grid import OccupancyGrid

# Nodes of the graph lie about this far apart.
_NODE_SPACING_M = 0.1
# More clearance than this is worth nothing.
_AMPLE_CLEARANCE_M = 1.5
# Nor is it measured farther than this.
_MOST_CLEARANCE_M = 5.0
# On large maps they lie farther apart.
_MOST_NODES = 400_000
_NO_NODE = -9999


@dataclass(frozen=True, slots=True, eq=False)
class PlanningGraph:
    """Places on a map and the steps between them.

    Attributes:
        points: (n, 2) places in the map frame, a lattice over the free space.
        clearance_m: (n,) distance of each from all that is not free.
        starts: (e,) node from which an edge starts; each edge is listed once.
        ends: (e,) node where it ends.
        costs: (e,) its length, times more the nearer it passes to what is not free.
        spacing_m: distance between neighbours along an axis.
    """

    points: NDArray[np.float64]
    clearance_m: NDArray[np.float64]
    starts: NDArray[np.intp]
    ends: NDArray[np.intp]
    costs: NDArray[np.float64]
    spacing_m: float

    @staticmethod
    def over(space: FreeSpace) -> PlanningGraph:
        """Lay a lattice over a free space.

        Raises:
            MapError: it is too small.
        """
        grid = space.grid
        spacing_m = max(_NODE_SPACING_M, math.sqrt(space.area_m2 / _MOST_NODES))
        stride = max(1, round(spacing_m / grid.resolution_m))
        window, corner = _window_round(space, stride)
        mask = space.mask[window][::stride, ::stride]
        if not mask.any():
            raise MapError("the map's free space is too small to plan a path in")
        near = clearance_of(grid.cells[window], _MOST_CLEARANCE_M / grid.resolution_m)
        clearance = near[::stride, ::stride][mask].astype(np.float64) * grid.resolution_m
        number = np.full(mask.shape, -1, dtype=np.intp)
        number[mask] = np.arange(np.count_nonzero(mask))
        dearness = (_AMPLE_CLEARANCE_M / np.clip(clearance, 0.05, _AMPLE_CLEARANCE_M)) ** 2
        starts, ends, costs = [], [], []
        for row_step, col_step in ((0, 1), (1, 0), (1, 1), (1, -1)):
            start, end = _neighbours(number, row_step, col_step)
            length_m = stride * grid.resolution_m * float(np.hypot(row_step, col_step))
            starts.append(start)
            ends.append(end)
            costs.append(length_m * 0.5 * (dearness[start] + dearness[end]))
        return PlanningGraph(
            points=grid.cell_to_world(np.argwhere(mask) * stride + corner),
            clearance_m=clearance,
            starts=np.concatenate(starts),
            ends=np.concatenate(ends),
            costs=np.concatenate(costs),
            spacing_m=stride * grid.resolution_m,
        )


class PathsToRoute:
    """The best way from anywhere in the free space to a route, found once for all places."""

    def __init__(self, grid: OccupancyGrid, route: ArrayLike, clearance_m: float) -> None:
        """Search outward from the route.

        Args:
            grid: the map.
            route: (k, 2) points in the map frame.
            clearance_m: paths keep this clear of all that is not free.

        Raises:
            MapError: the map has no room, or the route does not lie in it.
        """
        graph = PlanningGraph.over(FreeSpace(grid, clearance_m))
        self._points = graph.points
        self._nodes = KDTree(graph.points)
        away, nearest = self._nodes.query(np.asarray(route, dtype=np.float64))
        near = np.asarray(away) <= 2.0 * max(_NODE_SPACING_M, graph.spacing_m)
        on_route = np.unique(np.asarray(nearest)[near])
        if len(on_route) == 0:
            raise MapError("the route does not lie in the free space of the map")
        count = len(graph.points)
        matrix = sparse.csr_matrix((graph.costs, (graph.starts, graph.ends)), shape=(count, count))
        _, self._next, _ = csgraph.dijkstra(
            matrix, directed=False, indices=on_route, return_predecessors=True, min_only=True
        )

    def path_from(self, x: float, y: float) -> NDArray[np.float64]:
        """Return points (k, 2), k >= 1, that lead from the place nearest to (x, y) to the route."""
        _, node = self._nodes.query([x, y])
        path = [int(node)]
        while self._next[path[-1]] != _NO_NODE:
            path.append(int(self._next[path[-1]]))
        return self._points[path]


def _window_round(space: FreeSpace, stride: int) -> tuple[tuple[slice, slice], NDArray[np.intp]]:
    """Return the rows and columns that matter to a free space, and the first of each."""
    margin = math.ceil(_MOST_CLEARANCE_M / space.grid.resolution_m) + 1
    low_row, low_col, high_row, high_col = space.cell_box
    # Whole strides from the map's corner: a lattice over all of the map would have these nodes.
    row, col = (max(low - margin, 0) // stride * stride for low in (low_row, low_col))
    window = (slice(row, high_row + margin), slice(col, high_col + margin))
    return window, np.array([row, col], dtype=np.intp)


def _neighbours(
    number: NDArray[np.intp], row_step: int, col_step: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the nodes that have a neighbour in this direction, and those neighbours."""
    rows, cols = number.shape
    low, high = max(0, -col_step), cols - max(0, col_step)
    start = number[: rows - row_step, low:high]
    end = number[row_step:, low + col_step : high + col_step]
    both = (start >= 0) & (end >= 0)
    return start[both], end[both]
