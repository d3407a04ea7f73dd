# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Ray casting against line segments: walls that no grid rounds."""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

_BUCKET_M = 0.1
# Two segments that share an end let nothing through between them.
_JOINT = 1e-9


class SegmentCaster:
    """Casts beams against line segments, exactly.

    Segments lie in square buckets; a beam jumps from bucket to bucket by the room that there is
    round each. The kernel releases the interpreter lock, and an instance may be used from several
    threads.
    """

    def __init__(self, segments: NDArray[np.float64]) -> None:
        """Sort segments (n, 4), as (x, y, x, y) in m in the map frame, into buckets."""
        ends = segments.reshape(-1, 2)
        low = (ends.min(axis=0) if len(ends) else np.zeros(2)) - _BUCKET_M
        high = (ends.max(axis=0) if len(ends) else np.zeros(2)) + _BUCKET_M
        cols, rows = np.ceil((high - low) / _BUCKET_M).astype(int) + 1
        self._corner = low
        self._segments = (segments - np.tile(low, 2)) / _BUCKET_M
        begins, ends = self._segments[:, :2], self._segments[:, 2:]
        first = np.floor(np.minimum(begins, ends) - _JOINT).astype(np.int64)
        last = np.floor(np.maximum(begins, ends) + _JOINT).astype(np.int64)
        self._starts, self._members = _bucketed(first, last, rows, cols)
        counts = np.diff(self._starts).reshape(rows, cols)
        self._gap = _room(counts > 0)

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
        starts = np.array(poses, dtype=np.float64).reshape(-1, 3)
        angles = np.ascontiguousarray(angles_rad, dtype=np.float64)
        starts[:, :2] = (starts[:, :2] - self._corner) / _BUCKET_M
        ranges = np.empty((len(starts), len(angles)), dtype=np.float32)
        _cast_kernel(
            self._gap,
            self._starts,
            self._members,
            self._segments,
            starts,
            angles,
            max_range_m / _BUCKET_M,
            _BUCKET_M,
            ranges,
        )
        return ranges


def _room(filled: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return (rows, cols): how far, in buckets, any point of one may move without a segment.

    -1 in buckets with segments; the reasoning is that of the grid's own ray casting.
    """
    room = ndimage.distance_transform_edt(
        ~ndimage.binary_dilation(filled, np.ones((3, 3), dtype=bool))
    )
    return np.where(filled, -1.0, room).astype(np.float32)


@numba.njit(cache=True)
def _bucketed(first, last, rows, cols):  # type: ignore[no-untyped-def]
    """Return where each bucket's segments begin (rows * cols + 1,), and the segments (m,)."""
    starts = np.zeros(rows * cols + 1, np.int64)
    for k in range(first.shape[0]):
        for row in range(first[k, 1], last[k, 1] + 1):
            for col in range(first[k, 0], last[k, 0] + 1):
                starts[row * cols + col + 1] += 1
    starts = np.cumsum(starts)
    filled = starts.copy()
    members = np.empty(starts[-1], np.int64)
    for k in range(first.shape[0]):
        for row in range(first[k, 1], last[k, 1] + 1):
            for col in range(first[k, 0], last[k, 0] + 1):
                members[filled[row * cols + col]] = k
                filled[row * cols + col] += 1
    return starts, members


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
        if share < -_JOINT or share > 1.0 + _JOINT:
            continue
        t = (ax * ey - ay * ex) / across
        if 0.0 <= t < nearest:
            nearest = t
    return nearest


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _entered(x0, y0, dx, dy, cols, rows):  # type: ignore[no-untyped-def]
    """Return how far along a beam the buckets begin; 0 for one that starts within them."""
    if 0.0 <= x0 < cols and 0.0 <= y0 < rows:
        return 0.0
    to_x = ((0.0 if dx > 0.0 else cols) - x0) / dx if dx != 0.0 else -np.inf
    to_y = ((0.0 if dy > 0.0 else rows) - y0) / dy if dy != 0.0 else -np.inf
    # There is room all round the segments, so that rounding loses none.
    return max(to_x, to_y, 0.0) + _JOINT


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
            t, hit = _entered(x0, y0, dx, dy, cols, rows), np.inf
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
