# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Centre lines of long circuits: straights joined by bends, as grounds for full races have them.

The folding of ``track_layout`` is for laps that fill a hall. A loop many times as long as the hall
is round buckles there, and which fold it ends in hangs on the last bit of a sum: another processor
finds another loop, or none. Here a polygon with random corners is rounded, in a fixed number of
steps, so that every machine draws the same circuit.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from local_inn_ros.simulation.worlds.track_layout import can_be_driven
from local_inn_ros.world.closed_path import ClosedPath

_CORNERS = 9
# Corners lie this far from the middle at least, as a share of the farthest.
_NEAREST_SHARE = 0.35
# How far a corner may lie off its even share of the turn.
_UNEVEN = 0.3
_STEP_M = 0.25
_MOST_TRIES = 100
# Deviations of the Gaussian that rounds the corners, over the least radius: the first that does.
_WIDTHS = (0.5, 0.7, 1.0, 1.4, 2.0)


def draw_circuit(
    rng: np.random.Generator, lap_m: float, spacing_m: float, least_radius_m: float
) -> ClosedPath:
    """Draw a closed curve of straights and bends.

    Args:
        rng: source of all that is random.
        lap_m: its length.
        spacing_m: least distance between two stretches that are not neighbours.
        least_radius_m: least radius of any bend.

    Raises:
        ValueError: none was found; the lap is too short, or the bends too gentle for it.
    """
    for _ in range(_MOST_TRIES):
        even = _evenly(_polygon(rng), lap_m)
        for widths in _WIDTHS:
            path = _rounded(even, widths * least_radius_m, lap_m)
            if can_be_driven(path, spacing_m, least_radius_m):
                return path.reversed() if rng.random() < 0.5 else path
    raise ValueError(
        f"no circuit of {lap_m:g} m whose stretches keep {spacing_m:g} m apart and whose bends "
        f"have {least_radius_m:g} m radius was found"
    )


def _polygon(rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the corners (n, 2) of a polygon about the origin."""
    uneven = rng.uniform(-_UNEVEN, _UNEVEN, _CORNERS)
    turns = 2.0 * math.pi * (np.arange(_CORNERS) + uneven) / _CORNERS
    reach = rng.uniform(_NEAREST_SHARE, 1.0, _CORNERS)
    corners: NDArray[np.float64] = reach[:, None] * np.column_stack([np.cos(turns), np.sin(turns)])
    return corners


def _evenly(corners: NDArray[np.float64], lap_m: float) -> NDArray[np.float64]:
    """Return points (n, 2) at even steps round a polygon, which becomes as long as a lap."""
    ring = np.vstack([corners, corners[:1]])
    way = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(ring, axis=0), axis=1))])
    along = np.linspace(0.0, way[-1], round(lap_m / _STEP_M), endpoint=False)
    even = np.column_stack([np.interp(along, way, ring[:, axis]) for axis in (0, 1)])
    return even * lap_m / float(way[-1])


def _rounded(points: NDArray[np.float64], deviation_m: float, lap_m: float) -> ClosedPath:
    """Return a curve (n, 2) with its corners rounded by a Gaussian, as long as before."""
    smooth = ndimage.gaussian_filter1d(points, deviation_m / _STEP_M, axis=0, mode="wrap")
    path = ClosedPath.through(smooth)
    return ClosedPath.through(path.points * lap_m / path.length_m)
