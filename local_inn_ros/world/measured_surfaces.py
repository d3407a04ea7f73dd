# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the surfaces of a map lie within its cells, told by end points of posed scans.

A cell says that a surface passes somewhere through it. Many end points say where: their mean is
known far better than any of them, and the way they spread tells which way the surface faces
(a point-to-line map, as the normal distributions of Biber and Strasser 2003, drawn as distances).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from local_inn_ros.geometry import transform_points
from local_inn_ros.world.distance_field import signed_distance
from local_inn_ros.world.occupancy_grid import OccupancyGrid

# Cells of the field along one cell of the map.
FINER = 2
# How wide end points are averaged for the place of a surface, and for the way it faces, in cells
# of the map: wide enough to level the laser's noise, narrow enough to keep door frames.
_PLACE_CELLS = 1.0
_FACING_CELLS = 2.0
# Fewer end points than this about a place are chance.
_LEAST_POINTS = 2.0
# The map says where surfaces are: what was met farther than this from any was not there to stay.
_FARTHEST_CELLS = 3.0


def measured_distances(
    grid: OccupancyGrid,
    end_points: ArrayLike,
    surface_offset_m: float,
    weights: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """Return the distance to the nearest surface, finer than the cells of the map.

    Args:
        grid: the map.
        end_points: (k, 2) end points of scans in the map frame.
        surface_offset_m: where the surface lies, from the faces of occupied cells, of which no
            end point tells anything (``LikelihoodField``).
        weights: (k,) how many end points each of them counts as; one where left out.

    Returns:
        (rows x FINER, cols x FINER) distance at the centres of the finer cells, in m. Not signed:
        walls one cell thick are met from both sides.
    """
    occupied = grid.occupied_mask()
    if not occupied.any():
        return np.repeat(np.repeat(signed_distance(grid), FINER, 0), FINER, 1)
    points = np.asarray(end_points, dtype=np.float64)
    counts = np.ones(len(points)) if weights is None else np.asarray(weights, dtype=np.float64)
    lines = _lines(grid, points, counts)
    near = ndimage.distance_transform_edt(~_finer(occupied)) <= _FARTHEST_CELLS * FINER
    known = near & (lines.support >= _LEAST_POINTS)
    rest = occupied & (ndimage.distance_transform_edt(~known) > _FARTHEST_CELLS * FINER).reshape(
        grid.rows, FINER, grid.cols, FINER
    ).all(axis=(1, 3))
    distances = _grid_distances(grid, rest, surface_offset_m)
    if known.any():
        distances = np.minimum(distances, _line_distances(lines, known, _fine_m(grid)))
    return distances


@dataclass(frozen=True, slots=True, eq=False)
class _Lines:
    """A line through each finer cell, in the axes of the grid.

    Attributes:
        support: (rows, cols) about how many end points tell of it.
        x_m: (rows, cols) where it passes.
        y_m: (rows, cols) the same.
        normal_x: (rows, cols) which way it faces; either sign.
        normal_y: (rows, cols) the same.
    """

    support: NDArray[np.float64]
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    normal_x: NDArray[np.float64]
    normal_y: NDArray[np.float64]


def _lines(
    grid: OccupancyGrid, end_points: NDArray[np.float64], counts: NDArray[np.float64]
) -> _Lines:
    shape = (grid.rows * FINER, grid.cols * FINER)
    points = transform_points(grid.origin.inverse(), end_points)
    cells = np.floor(points[:, ::-1] / _fine_m(grid)).astype(np.int64)
    inside = ((cells >= 0) & (cells < shape)).all(axis=1)
    x, y = points[inside].T
    index = np.ravel_multi_index((cells[inside, 0], cells[inside, 1]), shape)

    weight_of = counts[inside]

    def smoothed(values: NDArray[np.float64], width_cells: float) -> NDArray[np.float64]:
        total = np.bincount(index, values * weight_of, minlength=shape[0] * shape[1])
        spread: NDArray[np.float64] = ndimage.gaussian_filter(
            total.astype(np.float64).reshape(shape),
            width_cells * FINER,
            mode="constant",
            truncate=3.0,
        )
        return spread

    count = smoothed(np.ones(len(x)), _PLACE_CELLS)
    # A Gaussian of this width counts a point as much as its density; undone, it counts points.
    support = count * 2.0 * np.pi * (_PLACE_CELLS * FINER) ** 2
    weight = np.maximum(count, 1e-12)
    wide = np.maximum(smoothed(np.ones(len(x)), _FACING_CELLS), 1e-12)
    mean_x, mean_y = smoothed(x, _FACING_CELLS) / wide, smoothed(y, _FACING_CELLS) / wide
    xx = smoothed(x * x, _FACING_CELLS) / wide - mean_x**2
    xy = smoothed(x * y, _FACING_CELLS) / wide - mean_x * mean_y
    yy = smoothed(y * y, _FACING_CELLS) / wide - mean_y**2
    # Points spread along a surface; across it is the way that it faces.
    facing = 0.5 * np.arctan2(2.0 * xy, xx - yy) + 0.5 * np.pi
    return _Lines(
        support,
        smoothed(x, _PLACE_CELLS) / weight,
        smoothed(y, _PLACE_CELLS) / weight,
        np.cos(facing),
        np.sin(facing),
    )


def _line_distances(lines: _Lines, known: NDArray[np.bool_], fine_m: float) -> NDArray[np.float64]:
    """Return the distance from each finer cell's centre to the line of the nearest known one."""
    row, col = ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
    y_m, x_m = (np.indices(known.shape) + 0.5) * fine_m
    ahead, aside = x_m - lines.x_m[row, col], y_m - lines.y_m[row, col]
    normal_x, normal_y = lines.normal_x[row, col], lines.normal_y[row, col]
    across = normal_x * ahead + normal_y * aside
    along = normal_x * aside - normal_y * ahead
    # A line is one only within its cell: past that, its end is what is near.
    past = np.maximum(np.abs(along) - fine_m, 0.0)
    distances: NDArray[np.float64] = np.hypot(across, past)
    return distances


def _grid_distances(
    grid: OccupancyGrid, rest: NDArray[np.bool_], surface_offset_m: float
) -> NDArray[np.float64]:
    """Return the distance to the cells of which no end point tells, at the finer centres."""
    left = OccupancyGrid(
        np.where(rest, grid.cells, 0).astype(np.int8), grid.resolution_m, grid.origin
    )
    distances = np.abs(signed_distance(left) - surface_offset_m)
    rows, cols = (
        np.clip((np.arange(count * FINER) + 0.5) / FINER - 0.5, 0.0, count - 1.0)
        for count in distances.shape
    )
    fine: NDArray[np.float64] = ndimage.map_coordinates(
        distances, np.meshgrid(rows, cols, indexing="ij"), order=1
    )
    return fine


def _finer(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.repeat(np.repeat(mask, FINER, axis=0), FINER, axis=1)


def _fine_m(grid: OccupancyGrid) -> float:
    return grid.resolution_m / FINER
