# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Ray casting: what a planar laser would measure anywhere on a map."""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from local_inn_ros.geometry import compose_poses
from local_inn_ros.world.occupancy_grid import OCCUPIED, OccupancyGrid
from local_inn_ros.world.tiles import tiles

# Below this many rays a second thread costs more than it saves.
_RAYS_WORTH_A_THREAD = 20_000
# Gaps are kept in bytes, in steps of so many cells. From one cell on they are worth a jump.
_STEP_CELLS = 0.25
_MOST_STEPS = 255
_FAR_STEPS = 1 + round(1.0 / _STEP_CELLS)


class RayCaster:
    """Casts beams through a map, exact to the faces of its occupied cells.

    A beam stops at the first occupied cell. Unknown cells, and cells of a probability between
    free and occupied, let it pass: nothing is known there that could stop it. A beam that leaves
    the grid meets nothing more.

    The kernel releases the interpreter lock, and an instance may be used from several threads.
    """

    def __init__(self, grid: OccupancyGrid, threads: int | None = None) -> None:
        """Prepare a map.

        Args:
            grid: the map.
            threads: how many threads share a large cast; every core this process may use where
                left out.
        """
        self.grid = grid
        self._grid_from_map = grid.origin.inverse().to_array()
        self._gap = _free_gap(grid)
        self._threads = len(os.sched_getaffinity(0)) if threads is None else max(1, threads)

    def cast(
        self, poses: ArrayLike, angles_rad: ArrayLike, max_range_m: float
    ) -> NDArray[np.float32]:
        """Measure the map from many poses.

        Args:
            poses: (n, 3) sensor poses (x, y, yaw) in the map frame, m and rad.
            angles_rad: (b,) beam angles in the sensor frame, counter-clockwise from ahead.
            max_range_m: beams see no further than this.

        Returns:
            (n, b) ranges in m to the near face of the first occupied cell; +inf where there is
            none within ``max_range_m``; 0 where the sensor stands in an occupied cell.

        Raises:
            ValueError: shapes do not fit, or a pose is not finite.
        """
        sensors = np.asarray(poses, dtype=np.float64)
        angles = np.ascontiguousarray(angles_rad, dtype=np.float64)
        if sensors.ndim != 2 or sensors.shape[1] != 3 or angles.ndim != 1:
            raise ValueError(
                f"cast needs poses (n, 3) and angles (b,), got {sensors.shape} and {angles.shape}"
            )
        if not (np.all(np.isfinite(sensors)) and np.all(np.isfinite(angles))):
            raise ValueError("cast needs finite poses and angles")
        cell = self.grid.resolution_m
        starts = compose_poses(self._grid_from_map, sensors)
        starts[:, :2] /= cell
        ranges = np.empty((len(sensors), len(angles)), dtype=np.float32)
        parts = min(self._threads, len(sensors), 1 + ranges.size // _RAYS_WORTH_A_THREAD)
        if parts <= 1:
            _cast_kernel(self._gap, starts, angles, max_range_m / cell, cell, ranges)
            return ranges
        with ThreadPoolExecutor(parts) as pool:
            jobs = [
                pool.submit(_cast_kernel, self._gap, part, angles, max_range_m / cell, cell, out)
                for part, out in zip(
                    np.array_split(starts, parts), np.array_split(ranges, parts), strict=True
                )
            ]
            for job in jobs:
                job.result()
        return ranges


def _free_gap(grid: OccupancyGrid) -> NDArray[np.uint8]:
    """Return (rows, cols): how far any point of a cell may move without a hit, in a byte.

    0 in occupied cells; elsewhere one more than the gap in steps of ``_STEP_CELLS``, rounded down,
    at most what a byte holds. Two cells that are (i, j) apart have a gap of
    hypot(max(i - 1, 0), max(j - 1, 0)) between their squares; the nearest such gap is the
    distance between centres to the occupied region grown by one cell all round.
    """
    gaps = np.full(grid.cells.shape, _MOST_STEPS, dtype=np.uint8)
    farthest = math.ceil(_MOST_STEPS * _STEP_CELLS) + 2
    for tile in tiles((grid.rows, grid.cols), farthest):
        occupied = grid.cells[tile.outer] == OCCUPIED
        if not occupied.any():
            continue
        grown = ndimage.binary_dilation(occupied, np.ones((3, 3), dtype=bool))
        steps = ndimage.distance_transform_edt(~grown)[tile.within] / _STEP_CELLS + 1.0
        steps[occupied[tile.within]] = 0.0
        gaps[tile.inner] = np.minimum(steps, _MOST_STEPS)
    return gaps


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _cast_kernel(gap, starts, angles, max_cells, cell_m, ranges):  # type: ignore[no-untyped-def]
    """Fill ranges (n, b): march each ray by the free gap, cell by cell where there is none."""
    rows, cols = gap.shape
    for i in range(starts.shape[0]):
        x0, y0, yaw = starts[i, 0], starts[i, 1], starts[i, 2]
        for j in range(angles.shape[0]):
            dx, dy = math.cos(yaw + angles[j]), math.sin(yaw + angles[j])
            step_x = 1 if dx > 0.0 else -1
            step_y = 1 if dy > 0.0 else -1
            # Crossing of the face ahead of column c is at (c + ahead_x - x0) / dx.
            ahead_x = 1.0 if dx > 0.0 else 0.0
            ahead_y = 1.0 if dy > 0.0 else 0.0
            inverse_x = 1.0 / dx if dx != 0.0 else np.inf
            inverse_y = 1.0 / dy if dy != 0.0 else np.inf
            col, row = math.floor(x0), math.floor(y0)
            t = 0.0
            hit = np.inf
            while t <= max_cells:
                if col < 0 or col >= cols or row < 0 or row >= rows:
                    break
                steps = gap[row, col]
                if steps == 0:
                    hit = t * cell_m
                    break
                if steps >= _FAR_STEPS:
                    t += (steps - 1) * _STEP_CELLS
                    col = math.floor(x0 + t * dx)
                    row = math.floor(y0 + t * dy)
                    continue
                to_x = (col + ahead_x - x0) * inverse_x if dx != 0.0 else np.inf
                to_y = (row + ahead_y - y0) * inverse_y if dy != 0.0 else np.inf
                if to_x < to_y:
                    t = max(t, to_x)
                    col += step_x
                else:
                    t = max(t, to_y)
                    row += step_y
            ranges[i, j] = hit
