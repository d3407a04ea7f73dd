# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Outlines of what stands in a world, as segments that know their outside and their neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from local_inn_ros.geometry import transform_points
from local_inn_ros.simulation.worlds.wall_chains import WallChains, wall_chains
from local_inn_ros.simulation.worlds.wall_smoothing import smooth_walls
from local_inn_ros.world.occupancy_grid import OccupancyGrid


@dataclass(frozen=True, slots=True, eq=False)
class WallOutlines:
    """Segments, chain by chain; each chain is closed and runs on to the right of who faces it.

    Attributes:
        segments: (n, 4) as (x, y, x, y) in the map frame, in m; none has length 0.
        outward: (n, 2) unit vectors in the map frame, away from what stands there.
        chain: (n,) which outline a segment is of; segments of one follow each other.
        solid: (n,) which thing a segment is of; a hollow one has several outlines.
    """

    segments: NDArray[np.float64]
    outward: NDArray[np.float64]
    chain: NDArray[np.int64]
    solid: NDArray[np.int64]

    @staticmethod
    def joined(parts: list[WallOutlines]) -> WallOutlines:
        """Return several outlines as one, in their order; at least one."""
        chains = np.cumsum([0] + [int(one.chain.max(initial=-1)) + 1 for one in parts])
        solids = np.cumsum([0] + [int(one.solid.max(initial=-1)) + 1 for one in parts])
        return WallOutlines(
            np.vstack([one.segments for one in parts]),
            np.vstack([one.outward for one in parts]),
            np.concatenate([one.chain + at for one, at in zip(parts, chains, strict=False)]),
            np.concatenate([one.solid + at for one, at in zip(parts, solids, strict=False)]),
        )

    @staticmethod
    def of_polygon(corners: NDArray[np.float64]) -> WallOutlines:
        """Return the outline of one convex thing with corners (n, 2), in either direction."""
        after = np.roll(corners, -1, axis=0)
        normal = _right_of(after - corners)
        middle = 0.5 * (corners + after)
        outward = (
            normal * np.sign(np.sum(normal * (middle - corners.mean(axis=0)), axis=1))[:, None]
        )
        none = np.zeros(len(corners), np.int64)
        return _to_the_right(np.hstack([corners, after]), _unit(outward), none, none)


def smooth_outlines(
    grid: OccupancyGrid, occupied: NDArray[np.bool_], surface_offset_m: float
) -> WallOutlines:
    """Return the outlines of occupied cells as walls without stairs; see ``smooth_walls``.

    Args:
        grid: the map.
        occupied: (rows, cols) its occupied cells, or some of them.
        surface_offset_m: how far before the faces of occupied cells the surfaces lie.
    """
    cell = grid.resolution_m
    chains = wall_chains(occupied)
    ends = cell * smooth_walls(chains, surface_offset_m / cell)
    segments = np.hstack([transform_points(grid.origin, ends[:, k : k + 2]) for k in (0, 2)])
    normal = _right_of(segments[:, 2:] - segments[:, :2])
    outside = _turned(grid, chains.outward + chains.outward[chains.following()])
    side = np.sign(np.sum(normal * outside, axis=1, keepdims=True))
    return _of_chains(segments, _unit(normal * np.where(side == 0.0, 1.0, side)), chains, occupied)


def cell_outlines(grid: OccupancyGrid) -> WallOutlines:
    """Return the faces of a map's occupied cells; those that lie in one line are one segment."""
    occupied = grid.occupied_mask()
    chains = wall_chains(occupied)
    tangent = -_right_of(chains.outward)
    after = chains.following()
    step = chains.points[after] - chains.points
    ahead = np.sign(np.sum(tangent * step, axis=1))[:, None] * tangent
    in_line = np.all(chains.outward == chains.outward[after], axis=1)
    ends = np.flatnonzero(
        ~in_line | (np.abs(step).sum(axis=1) > 1.0) | (after < np.arange(len(after)))
    )
    begins = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
    points = np.hstack(
        [chains.points[begins] - 0.5 * ahead[begins], chains.points[ends] + 0.5 * ahead[ends]]
    )
    cell = grid.resolution_m
    segments = np.hstack(
        [transform_points(grid.origin, cell * points[:, k : k + 2]) for k in (0, 2)]
    )
    runs = WallChains(
        chains.points[begins],
        chains.outward[begins],
        np.searchsorted(begins, chains.starts).astype(np.int64),
    )
    return _of_chains(segments, _turned(grid, runs.outward), runs, occupied)


def _of_chains(
    segments: NDArray[np.float64],
    outward: NDArray[np.float64],
    chains: WallChains,
    occupied: NDArray[np.bool_],
) -> WallOutlines:
    """Return segments, one for each point of chains, with what they are of."""
    labels, _ = ndimage.label(occupied, np.ones((3, 3)))
    inside = np.floor(chains.points - 0.5 * chains.outward).astype(np.int64)
    solid = labels[inside[:, 1], inside[:, 0]].astype(np.int64) - 1
    chain = np.repeat(np.arange(len(chains.starts) - 1), np.diff(chains.starts))
    kept = np.any(segments[:, :2] != segments[:, 2:], axis=1)
    return _to_the_right(segments[kept], outward[kept], chain[kept], solid[kept])


def _to_the_right(
    segments: NDArray[np.float64],
    outward: NDArray[np.float64],
    chain: NDArray[np.int64],
    solid: NDArray[np.int64],
) -> WallOutlines:
    """Turn the chains round that run to the left of who faces them."""
    right = np.sum((segments[:, 2:] - segments[:, :2]) * -_right_of(outward), axis=1)
    count = int(chain.max(initial=-1)) + 1
    left_handed = np.bincount(chain, right, count) < 0.0
    turned = left_handed[chain]
    segments = np.where(turned[:, None], segments[:, [2, 3, 0, 1]], segments)
    order = np.arange(len(chain))
    firsts = np.searchsorted(chain, np.arange(count))
    lasts = np.searchsorted(chain, np.arange(count), side="right") - 1
    order = np.where(turned, firsts[chain] + lasts[chain] - order, order)
    return WallOutlines(segments[order], outward[order], chain[order], solid[order])


def _right_of(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return vectors (n, 2) turned by a quarter, clockwise."""
    return np.column_stack([vectors[:, 1], -vectors[:, 0]])


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: NDArray[np.float64] = vectors / np.where(length > 0.0, length, 1.0)
    return unit


def _turned(grid: OccupancyGrid, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return directions (n, 2) of the grid frame in the map frame, as unit vectors."""
    moved = transform_points(grid.origin, vectors) - transform_points(grid.origin, 0.0 * vectors)
    return _unit(moved)
