# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where a ray through a room first meets something: exact to the surfaces, no grid rounds them.

Things are extruded outlines: walls reach the ceiling, furniture has a top. A ray is followed in
the plane from segment to segment, with its height at hand; it ends at the floor or the ceiling at
the latest, unless it runs level.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from local_inn_ros.simulation.worlds.segment_buckets import JOINT, entered

NOTHING, SIDE, FLOOR, CEILING, TOP, PERSON = 0, 1, 2, 3, 4, 5
# Nothing is looked at beyond this, along the optical axis.
FARTHEST_M = 200.0


class RoomShape(NamedTuple):
    """What a ray can meet.

    Attributes:
        corner_x_m: of the buckets, see ``SegmentBuckets``.
        corner_y_m: the same.
        side_m: side of a bucket.
        room: see ``SegmentBuckets``.
        firsts: the same.
        members: the same.
        segments: the same.
        outward: (n, 2) unit vectors away from what stands there.
        tops_m: (n,) height of what a segment is of.
        solid: (n,) which thing it is of.
        ceiling_m: height of the ceiling.
    """

    corner_x_m: float
    corner_y_m: float
    side_m: float
    room: NDArray[np.float32]
    firsts: NDArray[np.int64]
    members: NDArray[np.int64]
    segments: NDArray[np.float64]
    outward: NDArray[np.float64]
    tops_m: NDArray[np.float64]
    solid: NDArray[np.int64]
    ceiling_m: float


@numba.njit(cache=True, nogil=True, error_model="numpy")
def traced(shape, x, y, z, dx, dy, dz, most):  # type: ignore[no-untyped-def]
    """Follow a ray.

    Args:
        shape: see ``RoomShape``.
        x: where it begins in the map frame, between floor and ceiling, in m.
        y: the same.
        z: the same.
        dx: where it goes for each unit of its parameter, in m.
        dy: the same.
        dz: the same.
        most: it is followed no farther than this.

    Returns:
        (t, what, segment, share): the parameter at which it meets something, what that is, the
        segment of a side or top, and the share of the way along the segment.
    """
    corner_x, corner_y, side, room, firsts, members, segments, outward, tops, solid, ceiling = shape
    end, what = most, NOTHING
    if dz > 0.0 and (ceiling - z) < end * dz:
        end, what = (ceiling - z) / dz, CEILING
    elif dz < 0.0 and z < -end * dz:
        end, what = -z / dz, FLOOR
    x0, y0 = (x - corner_x) / side, (y - corner_y) / side
    bx, by = dx / side, dy / side
    speed = math.sqrt(bx * bx + by * by)
    if speed < 1e-12:
        return end, what, -1, 0.0
    rows, cols = room.shape
    step_x, ahead_x = (1, 1.0) if bx > 0.0 else (-1, 0.0)
    step_y, ahead_y = (1, 1.0) if by > 0.0 else (-1, 0.0)
    per_x = 1.0 / bx if bx != 0.0 else np.inf
    per_y = 1.0 / by if by != 0.0 else np.inf
    t = entered(x0, y0, bx, by, cols, rows)
    col, row = math.floor(x0 + t * bx), math.floor(y0 + t * by)
    # The last crossing that was dealt with, and what is under the ray.
    last_t, last_k = -1.0, -1
    above, under, roof = 0, -1, 0.0
    while t <= end and 0 <= col < cols and 0 <= row < rows:
        free = room[row, col]
        if free >= 1.0:
            t += free / speed
            col, row = math.floor(x0 + t * bx), math.floor(y0 + t * by)
            continue
        to_x = (col + ahead_x - x0) * per_x if bx != 0.0 else np.inf
        to_y = (row + ahead_y - y0) * per_y if by != 0.0 else np.inf
        leaves = min(to_x, to_y)
        if free < 0.0:
            at = row * cols + col
            while True:
                met, k, share = _next_crossing(
                    segments, members, firsts[at], firsts[at + 1], x0, y0, bx, by, last_t, last_k
                )
                if met > leaves or met > end:
                    break
                last_t, last_k = met, k
                if above > 0 and dz < 0.0 and z + met * dz <= roof:
                    return (roof - z) / dz, TOP, under, 0.0
                height = z + met * dz
                if height <= tops[k] and tops[k] >= ceiling:
                    return met, SIDE, k, share
                if bx * outward[k, 0] + by * outward[k, 1] < 0.0:
                    if height <= tops[k]:
                        return met, SIDE, k, share
                    # Two segments that share a corner are one and the same thing.
                    if above == 0 or solid[under] != solid[k]:
                        above += 1
                    under, roof = k, tops[k]
                elif above > 0:
                    above -= 1
        if to_x < to_y:
            t = max(t, to_x)
            col += step_x
        else:
            t = max(t, to_y)
            row += step_y
    if above > 0 and dz < 0.0 and z + end * dz <= roof:
        return (roof - z) / dz, TOP, under, 0.0
    return end, what, -1, 0.0


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _next_crossing(  # type: ignore[no-untyped-def]
    segments, members, first, last, x0, y0, dx, dy, after_t, after_k
):
    """Return the first crossing beyond one: how far along, which segment, and where on it."""
    best, best_k, best_share = np.inf, -1, 0.0
    for i in range(first, last):
        k = members[i]
        ax, ay = segments[k, 0] - x0, segments[k, 1] - y0
        ex, ey = segments[k, 2] - segments[k, 0], segments[k, 3] - segments[k, 1]
        across, aside = dx * ey - dy * ex, dy * ax - dx * ay
        # Most segments are missed: that is found out without a division.
        if across < 0.0:
            if aside > -JOINT * across or aside < (1.0 + JOINT) * across:
                continue
        elif aside < -JOINT * across or aside > (1.0 + JOINT) * across or across == 0.0:
            continue
        t = (ax * ey - ay * ex) / across
        if t < 0.0 or t < after_t or (t == after_t and k <= after_k):
            continue
        if t < best or (t == best and k < best_k):
            best, best_k, best_share = t, k, aside / across
    return best, best_k, best_share
