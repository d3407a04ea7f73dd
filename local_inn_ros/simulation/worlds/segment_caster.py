# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Ray casting against line segments: walls that no grid rounds."""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from local_inn_ros.simulation.worlds.segment_buckets import JOINT, SegmentBuckets, entered

_BUCKET_M = 0.1


class SegmentCaster:
    """Casts beams against line segments, exactly.

    Segments lie in square buckets; a beam jumps from bucket to bucket by the room that there is
    round each. The kernel releases the interpreter lock, and an instance may be used from several
    threads.
    """

    def __init__(self, segments: NDArray[np.float64]) -> None:
        """Sort segments (n, 4), as (x, y, x, y) in m in the map frame, into buckets."""
        self._buckets = SegmentBuckets.of(segments, _BUCKET_M)

    def cast(
        self, poses: ArrayLike, angles_rad: ArrayLike, max_range_m: float
    ) -> NDArray[np.float32]:
        """Measure the walls from many poses.

        Args:
            poses: (n, 3) sensor poses (x, y, yaw) in the map frame, m and rad.
            angles_rad: (b,) beam angles in the sensor frame, counter-clockwise from ahead.
            max_range_m: beams see no further than this.

        Returns:
            (n, b) ranges in m to the first wall; +inf where there is none within ``max_range_m``.
        """
        buckets = self._buckets
        starts = np.array(poses, dtype=np.float64).reshape(-1, 3)
        angles = np.ascontiguousarray(angles_rad, dtype=np.float64)
        starts[:, :2] = (starts[:, :2] - buckets.corner) / _BUCKET_M
        ranges = np.empty((len(starts), len(angles)), dtype=np.float32)
        _cast_kernel(
            buckets.room,
            buckets.firsts,
            buckets.members,
            buckets.segments,
            starts,
            angles,
            max_range_m / _BUCKET_M,
            _BUCKET_M,
            ranges,
        )
        return ranges


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _met(segments, members, x0, y0, dx, dy):  # type: ignore[no-untyped-def]
    """Return how far along a beam the first of some segments is; inf where it meets none."""
    nearest = np.inf
    for k in members:
        ax, ay = segments[k, 0] - x0, segments[k, 1] - y0
        ex, ey = segments[k, 2] - segments[k, 0], segments[k, 3] - segments[k, 1]
        across = dx * ey - dy * ex
        if across == 0.0:
            continue
        share = (dx * ay - dy * ax) / -across
        if share < -JOINT or share > 1.0 + JOINT:
            continue
        t = (ax * ey - ay * ex) / across
        if 0.0 <= t < nearest:
            nearest = t
    return nearest


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _cast_kernel(  # type: ignore[no-untyped-def]
    gap, firsts, members, segments, starts, angles, most, bucket_m, ranges
):
    """Fill ranges (n, b): march each ray by the free gap, bucket by bucket where there is none."""
    rows, cols = gap.shape
    for i in range(starts.shape[0]):
        x0, y0, yaw = starts[i, 0], starts[i, 1], starts[i, 2]
        for j in range(angles.shape[0]):
            dx, dy = math.cos(yaw + angles[j]), math.sin(yaw + angles[j])
            step_x, ahead_x = (1, 1.0) if dx > 0.0 else (-1, 0.0)
            step_y, ahead_y = (1, 1.0) if dy > 0.0 else (-1, 0.0)
            t, hit = entered(x0, y0, dx, dy, cols, rows), np.inf
            col, row = math.floor(x0 + t * dx), math.floor(y0 + t * dy)
            while t <= most and 0 <= col < cols and 0 <= row < rows:
                free = gap[row, col]
                if free >= 1.0:
                    t += free
                    col, row = math.floor(x0 + t * dx), math.floor(y0 + t * dy)
                    continue
                to_x = (col + ahead_x - x0) / dx if dx != 0.0 else np.inf
                to_y = (row + ahead_y - y0) / dy if dy != 0.0 else np.inf
                if free < 0.0:
                    at = row * cols + col
                    within = members[firsts[at] : firsts[at + 1]]
                    met = _met(segments, within, x0, y0, dx, dy)
                    if met <= min(to_x, to_y) + 1e-6:
                        hit = met
                        break
                if to_x < to_y:
                    t = max(t, to_x)
                    col += step_x
                else:
                    t = max(t, to_y)
                    row += step_y
            ranges[i, j] = hit * bucket_m if hit <= most else np.inf
