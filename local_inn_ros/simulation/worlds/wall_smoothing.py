# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Walls without stairs: the smooth curves that the outlines of a grid's cells were drawn from.

At each place the longest stretch of the outline is taken that one parabola explains to within a
cell, and the parabola's point counts (local regression, Cleveland and Devlin 1988, with a width
that fits the place, as in the method of intersecting confidence intervals). Straight walls and
bends lose their stairs, corners stay within a cell of where they are.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from local_inn_ros.simulation.worlds.wall_chains import WallChains

# So many faces to either side are looked at, the most first.
_REACHES = np.array([40, 32, 25, 20, 16, 12, 9, 7, 5, 4, 3, 2])
# In cells. The middles of faces lie within half a cell of the line that they were drawn from.
_MOST_OFF = 0.7


def smooth_walls(chains: WallChains, offset: float) -> NDArray[np.float64]:
    """Return the segments (n, 4), as (x, y, x, y) in cells, of the smooth outlines.

    Args:
        chains: the outlines.
        offset: how far the surfaces lie outside of the occupied cells' faces, in cells; negative
            where the map has them within its cells.
    """
    smooth = np.empty_like(chains.points)
    _smooth_kernel(chains.points, chains.starts, _REACHES, _MOST_OFF, smooth)
    after = chains.following()
    before = np.argsort(after)
    if offset != 0.0:
        tangent = smooth[after] - smooth[before]
        normal = np.column_stack([-tangent[:, 1], tangent[:, 0]])
        outward = chains.outward + chains.outward[after] + chains.outward[before]
        normal *= np.sign(np.sum(normal * outward, axis=1, keepdims=True))
        length = np.linalg.norm(normal, axis=1, keepdims=True)
        smooth = smooth + offset * normal / np.where(length > 0.0, length, 1.0)
    return np.hstack([smooth, smooth[after]])


@numba.njit(cache=True, error_model="numpy")
def _fitted(points, begin, count, at, reach, most_off):  # type: ignore[no-untyped-def]
    """Return a parabola's point (x, y) at a place of a chain, and whether it explains the rest."""
    width = 2 * reach + 1
    along = np.empty(width)
    away = 0.0
    along[reach] = 0.0
    for side in (-1, 1):
        away = 0.0
        for k in range(1, reach + 1):
            here = begin + (at + side * k) % count
            last = begin + (at + side * (k - 1)) % count
            dx, dy = points[here, 0] - points[last, 0], points[here, 1] - points[last, 1]
            away += side * np.sqrt(dx * dx + dy * dy)
            along[reach + side * k] = away
    farthest = max(-along[0], along[width - 1]) + 1.0
    moments, sums = np.zeros(5), np.zeros((3, 2))
    for k in range(width):
        here = begin + (at + k - reach) % count
        share = along[k] / farthest
        weight = 1.0 - share * share
        for power in range(5):
            moments[power] += weight * share**power
            if power < 3:
                sums[power, 0] += weight * share**power * points[here, 0]
                sums[power, 1] += weight * share**power * points[here, 1]
    normal = np.empty((3, 3))
    for i in range(3):
        for j in range(3):
            normal[i, j] = moments[i + j]
    curve = np.linalg.solve(normal, sums)
    for k in range(width):
        here = begin + (at + k - reach) % count
        share = along[k] / farthest
        off_x = curve[0, 0] + share * (curve[1, 0] + share * curve[2, 0]) - points[here, 0]
        off_y = curve[0, 1] + share * (curve[1, 1] + share * curve[2, 1]) - points[here, 1]
        if off_x * off_x + off_y * off_y > most_off * most_off:
            return curve[0, 0], curve[0, 1], False
    return curve[0, 0], curve[0, 1], True


@numba.njit(cache=True, error_model="numpy")
def _smooth_kernel(points, starts, reaches, most_off, smooth):  # type: ignore[no-untyped-def]
    """Fill in the smooth points (n, 2) of chains."""
    for chain in range(starts.shape[0] - 1):
        begin, count = starts[chain], starts[chain + 1] - starts[chain]
        for at in range(count):
            smooth[begin + at] = points[begin + at]
            for reach in reaches:
                # A stretch never meets its own other end.
                if 3 * reach > count:
                    continue
                x, y, good = _fitted(points, begin, count, at, reach, most_off)
                if good:
                    smooth[begin + at, 0], smooth[begin + at, 1] = x, y
                    break
