# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which way the surfaces face that a scan's end points lie on, as the scan itself shows it.

A map of cells cannot tell: a slanted wall is a flight of stairs on it, and every stair faces along
the wall. The end points of neighbouring beams lie on the wall itself; a line through them has its
direction, and what is known of that direction follows from their noise and how far they reach.
"""

from __future__ import annotations

import math

import numba
import numpy as np

# A line reaches this far to each side where the end points lie close, and over so many of them
# where they do not.
_REACH_M = 0.25
_LEAST_TO_A_SIDE = 2
_MOST_TO_A_SIDE = 48
_LEAST_POINTS = 4
# Points that scatter about their line by more deviations of a range are not of one surface.
_SCATTER = 2.5


@numba.njit(cache=True, nogil=True, error_model="numpy")
def scan_normals(points, noise_m, stride):  # type: ignore[no-untyped-def]
    """Return the normals of the surfaces that end points lie on.

    Of the lines through a point and those on both sides of it, those before it and those behind
    it, the one counts whose direction is known best among those that fit.

    Args:
        points: (m, 2) end points in the order of their beams.
        noise_m: standard deviation of a range.
        stride: the normal of every so manieth point is told, from the first on.

    Returns:
        (k, 3) x and y of unit vectors, of either sign, and the variance of their angle in rad^2;
        zeros where no line fits: at a corner, on a pole, among leaves.
    """
    count = points.shape[0]
    found = np.zeros((-(-count // stride), 3))
    sums = _running_sums(points)
    for k in range(found.shape[0]):
        i = k * stride
        first, last = _neighbours(points, i)
        best, best_across, best_along = math.inf, 0.0, 0.0
        for kind in range(3):
            low = i if kind == 1 else first
            high = i if kind == 2 else last
            if high - low + 1 < _LEAST_POINTS:
                continue
            across, along, variance = _line(sums, low, high, noise_m)
            if variance < best:
                best, best_across, best_along = variance, across, along
        if best < math.inf:
            bearing = 0.5 * math.atan2(best_across, best_along)
            found[k, 0], found[k, 1], found[k, 2] = -math.sin(bearing), math.cos(bearing), best
    return found


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _neighbours(points, i):  # type: ignore[no-untyped-def]
    """Return the first and the last of the points that lie near a point, on both sides of it."""
    ends = np.empty(2, np.int64)
    for side in range(2):
        step = 2 * side - 1
        end = i
        for k in range(1, _MOST_TO_A_SIDE + 1):
            j = i + step * k
            if j < 0 or j >= points.shape[0]:
                break
            # Squares: a root for each pair of points is most of what normals cost otherwise.
            x, y = points[j, 0] - points[i, 0], points[j, 1] - points[i, 1]
            if x * x + y * y > _REACH_M * _REACH_M and k > _LEAST_TO_A_SIDE:
                break
            end = j
        ends[side] = end
    return ends[0], ends[1]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _line(sums, low, high, noise_m):  # type: ignore[no-untyped-def]
    """Return what the line through points low to high is like.

    Returns:
        Sine and cosine of twice its angle, times a length; and the variance of that angle,
        infinite where the points are not of one line.
    """
    count = high - low + 1
    x, y = sums[high + 1, 0] - sums[low, 0], sums[high + 1, 1] - sums[low, 1]
    xx = sums[high + 1, 2] - sums[low, 2] - x * x / count
    xy = sums[high + 1, 3] - sums[low, 3] - x * y / count
    yy = sums[high + 1, 4] - sums[low, 4] - y * y / count
    half = 0.5 * math.sqrt((xx - yy) * (xx - yy) + 4.0 * xy * xy)
    long, short = 0.5 * (xx + yy) + half, 0.5 * (xx + yy) - half
    if not long > 0.0 or short > (_SCATTER * noise_m) ** 2 * (count - 2):
        return 0.0, 0.0, math.inf
    return 2.0 * xy, xx - yy, noise_m * noise_m / long


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _running_sums(points):  # type: ignore[no-untyped-def]
    """Return (m + 1, 5) sums of x, y, x^2, x y and y^2 of the first points, of none to all."""
    sums = np.zeros((points.shape[0] + 1, 5))
    for i in range(points.shape[0]):
        x, y = points[i, 0], points[i, 1]
        sums[i + 1, 0] = sums[i, 0] + x
        sums[i + 1, 1] = sums[i, 1] + y
        sums[i + 1, 2] = sums[i, 2] + x * x
        sums[i + 1, 3] = sums[i, 3] + x * y
        sums[i + 1, 4] = sums[i, 4] + y * y
    return sums
