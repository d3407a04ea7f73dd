# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Centre lines of generated race tracks: closed curves folded into a small hall.

A loop of a given length is relaxed inside a rectangle too small for it, so that it has to fold,
while pairs of its points are held apart: far ones by the corridor's spacing, near ones by the
chord of the tightest bend (position-based dynamics; Mueller et al. 2007, VRIPHYS, "Position based
dynamics").
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from local_inn_ros.world.closed_path import ClosedPath

_STEP_M = 0.5
_ROUNDS = 250
# Area of the hall over that of the corridor. Less folds more, but bends too tightly, so that it
# grows with each try that fails.
_HALL_SHARE = 1.4
_HALL_GROWTH = 0.05
# Pull of a point towards the middle of its neighbours, each round.
_STIFFNESS = 0.06
# Oscillations a lap beyond which the finished curve is smoothed, for each metre of lap.
_DETAIL_PER_M = 0.14
_MOST_TRIES = 30


def draw_centre_line(
    rng: np.random.Generator, lap_m: float, spacing_m: float, least_radius_m: float
) -> ClosedPath:
    """Draw a closed curve that never comes near itself.

    Args:
        rng: source of all that is random.
        lap_m: its length.
        spacing_m: least distance between two stretches that are not neighbours.
        least_radius_m: least radius of any bend.

    Raises:
        ValueError: none was found; the lap is too short, or the bends too gentle for it.
    """
    for attempt in range(_MOST_TRIES):
        hall_m2 = (_HALL_SHARE + _HALL_GROWTH * attempt) * lap_m * spacing_m
        loop = _folded_loop(rng, lap_m, spacing_m, 1.15 * least_radius_m, hall_m2)
        smooth = ClosedPath.through(_without_fine_detail(loop, _DETAIL_PER_M * lap_m))
        path = ClosedPath.through(smooth.points * lap_m / smooth.length_m)
        if can_be_driven(path, spacing_m, least_radius_m):
            return path.reversed() if rng.random() < 0.5 else path
    raise ValueError(
        f"no lap of {lap_m:g} m whose stretches keep {spacing_m:g} m apart and whose bends have "
        f"{least_radius_m:g} m radius was found"
    )


def can_be_driven(path: ClosedPath, spacing_m: float, least_radius_m: float) -> bool:
    """Tell whether a path bends gently enough, and its far stretches keep ``spacing_m`` apart."""
    if float(np.max(np.abs(path.curvatures))) >= 1.0 / least_radius_m:
        return False
    pairs = KDTree(path.points).query_pairs(spacing_m, output_type="ndarray")
    apart = pairs[:, 1] - pairs[:, 0]
    along_m = np.minimum(apart, len(path.points) - apart) * path.step_m
    return bool(np.all(along_m < 1.7 * spacing_m))


def _folded_loop(
    rng: np.random.Generator, lap_m: float, spacing_m: float, radius_m: float, hall_m2: float
) -> NDArray[np.float64]:
    """Return points (n, 2) of a loop that was relaxed in a hall too small for it."""
    count = round(lap_m / _STEP_M)
    far_enough = _least_distances(count, spacing_m, radius_m)
    aspect = rng.uniform(0.45, 0.8)
    hall = 0.5 * np.sqrt([hall_m2 / aspect, hall_m2 * aspect]) - 0.5 * spacing_m
    loop = _rough_loop(rng, count, hall)
    for _ in range(_ROUNDS):
        loop = _restore_steps(loop)
        loop = _push_apart(loop, far_enough)
        loop -= 0.5 * (loop - np.clip(loop, -hall, hall))
        for reach in (2, 4):
            middle = 0.5 * (np.roll(loop, reach, axis=0) + np.roll(loop, -reach, axis=0))
            loop += _STIFFNESS * (middle - loop)
    return loop


def _rough_loop(
    rng: np.random.Generator, count: int, hall: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return an ellipse (count, 2) with a few random waves, which decide how it will fold."""
    turn = 2.0 * math.pi * np.arange(count) / count
    loop: NDArray[np.float64] = 0.9 * hall * np.column_stack([np.cos(turn), np.sin(turn)])
    for harmonic in range(2, 9):
        height = rng.normal(0.0, 1.8, 2) / math.sqrt(harmonic)
        loop += height * np.cos(harmonic * turn[:, None] + rng.uniform(0.0, 2.0 * math.pi, 2))
    return loop


def _least_distances(count: int, spacing_m: float, radius_m: float) -> NDArray[np.float64]:
    """Return (count, count) how far apart each two points of the loop must be."""
    index = np.arange(count)
    apart = np.abs(index[:, None] - index)
    along_m = np.minimum(apart, count - apart) * _STEP_M
    chord = 2.0 * radius_m * np.sin(np.minimum(along_m, math.pi * radius_m) / (2.0 * radius_m))
    least = np.minimum(spacing_m, chord)
    return np.where(along_m < 2.0 * _STEP_M, 0.0, least)


def _restore_steps(loop: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move neighbouring points towards their proper distance."""
    for _ in range(4):
        ahead = np.roll(loop, -1, axis=0) - loop
        length = np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-9)
        move = 0.25 * (length - _STEP_M) / length * ahead
        loop = loop + move - np.roll(move, 1, axis=0)
    return loop


def _push_apart(loop: NDArray[np.float64], far_enough: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move points that are too near each other half of what they lack, averaged over pairs."""
    between = loop[:, None] - loop
    distance = np.maximum(np.linalg.norm(between, axis=2), 1e-6)
    lack = np.maximum(far_enough - distance, 0.0)
    push = np.sum((lack / distance)[..., None] * between, axis=1)
    moved: NDArray[np.float64] = loop + 0.5 * push / np.maximum(
        np.count_nonzero(lack, axis=1), 1
    ).reshape(-1, 1)
    return moved


def _without_fine_detail(points: NDArray[np.float64], cutoff: float) -> NDArray[np.float64]:
    """Damp a closed curve's oscillations of more than about ``cutoff`` a lap."""
    spectrum = np.fft.fft(points[:, 0] + 1j * points[:, 1])
    harmonics = np.abs(np.fft.fftfreq(len(points)) * len(points))
    smooth = np.fft.ifft(spectrum * np.exp(-0.5 * (harmonics / cutoff) ** 2))
    return np.column_stack([smooth.real, smooth.imag])
