# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The map that a network holds: how near its forward pass comes to the map it learned from."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from local_inn_ros.errors import BundleError
from local_inn_ros.geometry import compose_poses
from local_inn_ros.localization.forward_pass import ForwardPass
from local_inn_ros.sensing import LaserSpec
from local_inn_ros.world import OccupancyGrid, RayCaster

_FloatArray = NDArray[np.float64]
# One beam alone says little of a cell: this many more passed through, for all that is known.
_DOUBT = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class ForwardPasses:
    """What a network expects to see from poses, and how far off that is.

    Attributes:
        poses: (n, 3) poses of the sensor in the map frame.
        angles_rad: (b,) angles of the beams in the sensor frame.
        ranges_m: (n, b) float32 what the network expects.
        errors_m: (n, b) float32 how far, without sign, that is from ray casting in the map; no
            noise. Where the map has nothing within reach, the reach counts as the true range.
        hits: (n, b) bool where the network expects to see something within reach.
    """

    poses: _FloatArray
    angles_rad: _FloatArray
    ranges_m: NDArray[np.float32]
    errors_m: NDArray[np.float32]
    hits: NDArray[np.bool_]

    def figures(self) -> dict[str, float]:
        """Return mean, median and the 90th percentile of the errors of all beams, in m."""
        errors = self.errors_m.astype(np.float64)
        return {
            "mean_m": float(errors.mean()),
            "median_m": float(np.median(errors)),
            "p90_m": float(np.percentile(errors, 90.0)),
        }

    def end_points(self) -> _FloatArray:
        """Return where the beams that hit something end (k, 2), in the map frame."""
        heading = self.poses[:, 2:] + self.angles_rad
        x = self.poses[:, :1] + self.ranges_m * np.cos(heading)
        y = self.poses[:, 1:2] + self.ranges_m * np.sin(heading)
        return np.stack([x, y], axis=-1)[self.hits]

    def map_drawn(self, canvas: OccupancyGrid) -> _FloatArray:
        """Draw a map from these forward passes, on the cells of another map.

        The counting model of a reflection map (Haehnel et al., "Map building with mobile robots
        in dynamic environments", ICRA 2003): how many of the beams that reached a cell ended in
        it. A beam ends on the face of a cell, and counts for the cell behind that face.

        Returns:
            (rows, cols) share from 0, all passed, to 1, all ended; NaN where no beam came.
        """
        starts = compose_poses(canvas.origin.inverse().to_array(), self.poses)
        starts[:, :2] /= canvas.resolution_m
        reach = self.ranges_m / np.float32(canvas.resolution_m)
        passed = np.zeros(canvas.cells.shape, dtype=np.int64)
        ended = np.zeros(canvas.cells.shape, dtype=np.int64)
        _count_kernel(starts, self.angles_rad, reach, self.hits, passed, ended)
        reached = passed + ended
        return np.where(reached > 0, ended / (reached + _DOUBT), np.nan)


def forward_passes(
    forward: ForwardPass, grid: OccupancyGrid, sensor: LaserSpec, poses: _FloatArray
) -> ForwardPasses:
    """Run the forward pass at poses (n, 3) of the sensor, and compare it with ray casting.

    Raises:
        BundleError: the network answers with something that is not a number.
    """
    angles, reach = sensor.network_angles_rad(), np.float32(sensor.range_max_m)
    # Networks take float32; rays are cast from the same places, to the last digit.
    given = poses.astype(np.float32)
    expected = forward.expected_ranges(given)
    if not np.isfinite(expected).all():
        raise BundleError(
            "the forward pass answered with something that is not a number: the bundle is "
            "damaged, train it again"
        )
    true = np.minimum(RayCaster(grid).cast(given, angles, sensor.range_max_m), reach)
    # What comes within the noise of the farthest range is as good as nothing there.
    hits = expected < reach - 3.0 * sensor.noise_std_m
    return ForwardPasses(given.astype(np.float64), angles, expected, np.abs(expected - true), hits)


@numba.njit(cache=True, nogil=True)
def _count_kernel(starts, angles, reach, hits, passed, ended):  # type: ignore[no-untyped-def]
    """Count for every cell the beams that pass through it and those that end in it."""
    rows, cols = passed.shape
    for i in range(starts.shape[0]):
        for j in range(angles.shape[0]):
            heading = starts[i, 2] + angles[j]
            dx, dy = math.cos(heading), math.sin(heading)
            last = reach[i, j] + 0.5
            end_col = math.floor(starts[i, 0] + last * dx)
            end_row = math.floor(starts[i, 1] + last * dy)
            for step in range(int(reach[i, j])):
                col = math.floor(starts[i, 0] + (step + 0.5) * dx)
                row = math.floor(starts[i, 1] + (step + 0.5) * dy)
                on_map = 0 <= col < cols and 0 <= row < rows
                if on_map and not (col == end_col and row == end_row):
                    passed[row, col] += 1
            if hits[i, j] and 0 <= end_col < cols and 0 <= end_row < rows:
                ended[end_row, end_col] += 1
