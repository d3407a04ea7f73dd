# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Line segments sorted into square buckets, so that rays find those in their way."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

# Two segments that share an end let nothing through between them.
JOINT = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class SegmentBuckets:
    """Segments, and which of them each bucket holds.

    Attributes:
        corner: (2,) outer corner of bucket (0, 0) in the map frame, in m.
        side_m: side of a bucket.
        segments: (n, 4) as (x, y, x, y), in buckets from the corner.
        firsts: (rows * cols + 1,) where each bucket's segments begin among the members.
        members: (m,) numbers of segments, bucket by bucket.
        room: (rows, cols) how far, in buckets, any point of a bucket may move without a segment;
            -1 in buckets with segments.
    """

    corner: NDArray[np.float64]
    side_m: float
    segments: NDArray[np.float64]
    firsts: NDArray[np.int64]
    members: NDArray[np.int64]
    room: NDArray[np.float32]

    @staticmethod
    def of(segments: NDArray[np.float64], side_m: float) -> SegmentBuckets:
        """Sort segments (n, 4), as (x, y, x, y) in m in the map frame, into buckets."""
        ends = segments.reshape(-1, 2)
        low = (ends.min(axis=0) if len(ends) else np.zeros(2)) - side_m
        high = (ends.max(axis=0) if len(ends) else np.zeros(2)) + side_m
        cols, rows = np.ceil((high - low) / side_m).astype(int) + 1
        sorted_in = (segments - np.tile(low, 2)) / side_m
        begins, ends = sorted_in[:, :2], sorted_in[:, 2:]
        first = np.floor(np.minimum(begins, ends) - JOINT).astype(np.int64)
        last = np.floor(np.maximum(begins, ends) + JOINT).astype(np.int64)
        firsts, members = _bucketed(first, last, rows, cols)
        filled = np.diff(firsts).reshape(rows, cols) > 0
        return SegmentBuckets(low, side_m, sorted_in, firsts, members, _room(filled))


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
def entered(x0, y0, dx, dy, cols, rows):  # type: ignore[no-untyped-def]
    """Return how far along a beam the buckets begin; 0 for one that starts within them."""
    if 0.0 <= x0 < cols and 0.0 <= y0 < rows:
        return 0.0
    to_x = ((0.0 if dx > 0.0 else cols) - x0) / dx if dx != 0.0 else -np.inf
    to_y = ((0.0 if dy > 0.0 else rows) - y0) / dy if dy != 0.0 else -np.inf
    # There is room all round the segments, so that rounding loses none.
    return max(to_x, to_y, 0.0) + JOINT
