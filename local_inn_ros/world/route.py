# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A lap to drive on a map that came without one."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse import csgraph

from local_inn_ros.errors import MapError
from local_inn_ros.world.closed_path import ClosedPath
from local_inn_ros.world.free_space import FreeSpace
from local_inn_ros.world.occupancy_grid import OccupancyGrid
from local_inn_ros.world.path_planning import PlanningGraph

# The lap's corners are rounded by this much at most, less where it would come near a wall.
_SMOOTHING_M = (1.2, 0.8, 0.5, 0.3, 0.15)
_STEP_M = 0.1
# Islands are looked for on a coarser map where it has more cells than this.
_ISLAND_CELLS = 1_500_000


def plan_lap(
    grid: OccupancyGrid, clearance_m: float = 0.3, inside: Sequence[tuple[float, float]] = ()
) -> NDArray[np.float64]:
    """Find a closed lap round the map's largest obstacle, in the middle of the free space.

    Args:
        grid: a map whose free space goes round something, as on a race track or a ring corridor.
        clearance_m: the lap keeps this clear of all that is not free.
        inside: points in the parts of the map where the robot drives (``FreeSpace``).

    Returns:
        (n, 2) points in the map frame, about 0.1 m apart, counter-clockwise; the last is joined
        to the first.

    Raises:
        MapError: the free space goes round nothing, or is too narrow.
    """
    space = FreeSpace(grid, clearance_m, inside)
    middle = _middle_of_largest_island(space)
    graph = PlanningGraph.over(space)
    lap = graph.points[_cycle_round(graph, middle)]
    for smoothing_m in _SMOOTHING_M:
        smooth = ClosedPath.through(_smoothed(lap, smoothing_m), _STEP_M).points
        if np.all(space.contains(smooth)):
            return smooth
    return ClosedPath.through(lap, _STEP_M).points


def _middle_of_largest_island(space: FreeSpace) -> NDArray[np.float64]:
    """Return a point (2,) of the map frame inside the largest obstacle that one can go round."""
    low_row, low_col, high_row, high_col = space.cell_box
    within = space.mask[low_row:high_row, low_col:high_col]
    stride = max(1, math.ceil(math.sqrt(within.size / _ISLAND_CELLS)))
    region = within[::stride, ::stride]
    islands, count = ndimage.label(
        ndimage.binary_fill_holes(region) & ~region, np.ones((3, 3), dtype=int)
    )
    if count == 0:
        raise MapError(
            "the free space of the map goes round nothing, so there is no lap to plan; give a route"
        )
    # By extent, not by area: the wall between two straights is long and thin.
    extents = [
        np.hypot(rows.stop - rows.start, cols.stop - cols.start)
        for rows, cols in ndimage.find_objects(islands)
    ]
    cells = np.argwhere(islands == int(np.argmax(extents)) + 1)
    inmost = cells[np.argmin(np.sum((cells - cells.mean(axis=0)) ** 2, axis=1))]
    cell = stride * inmost + np.array([low_row, low_col])
    return space.grid.cell_to_world(cell[None]).ravel()


def _cycle_round(graph: PlanningGraph, middle: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the nodes of the cheapest cycle that goes once, counter-clockwise, round a point.

    A half-line from the point to the right cuts the plane. The graph is taken twice, as two
    floors; whoever crosses the half-line upward changes from the lower floor to the upper. A path
    from a node on the lower floor to the same node on the upper has gone round once.
    """
    ahead, y = graph.points[:, 0] > middle[0], graph.points[:, 1]
    # A node on the half-line counts as above it, for all its edges alike.
    above = y >= middle[1]
    right = ahead[graph.starts] & ahead[graph.ends]
    up = right & ~above[graph.starts] & above[graph.ends]
    down = right & above[graph.starts] & ~above[graph.ends]
    level = ~(up | down)
    count = len(graph.points)
    s, e, c = graph.starts, graph.ends, graph.costs
    low = [s[level], e[level], s[level] + count, e[level] + count, s[up], e[down]]
    high = [e[level], s[level], e[level] + count, s[level] + count, e[up] + count, s[down] + count]
    cost = [c[level], c[level], c[level], c[level], c[up], c[down]]
    floors = sparse.csr_matrix(
        (np.concatenate(cost), (np.concatenate(low), np.concatenate(high))),
        shape=(2 * count, 2 * count),
    )
    gates = np.unique(np.concatenate([s[up], e[down]]))
    if len(gates) == 0:
        raise MapError("no lap goes round the map's largest obstacle")
    gate = int(gates[np.argmax(graph.clearance_m[gates])])
    _, trees = csgraph.dijkstra(floors, indices=np.array([gate]), return_predecessors=True)
    previous = trees[0]
    cycle = []
    node = int(previous[gate + count])
    while node != gate:
        if node < 0:
            raise MapError("no lap goes round the map's largest obstacle")
        cycle.append(node % count)
        node = int(previous[node])
    return np.array([*cycle, gate][::-1], dtype=np.intp)


def _smoothed(points: NDArray[np.float64], width_m: float) -> NDArray[np.float64]:
    """Round the corners of a closed line with a Gaussian of this standard deviation."""
    ring = np.vstack([points, points[:1]])
    travelled = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(ring, axis=0), axis=1))])
    at = np.arange(0.0, travelled[-1], _STEP_M)
    even = np.column_stack([np.interp(at, travelled, ring[:, axis]) for axis in (0, 1)])
    smooth: NDArray[np.float64] = ndimage.gaussian_filter1d(
        even, width_m / _STEP_M, axis=0, mode="wrap"
    )
    # Half a metre between the points that the spline goes through keeps it from wiggling.
    return smooth[:: max(1, round(0.5 / _STEP_M))]
