# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Race tracks of the kind that F1TENTH cars drive: a closed corridor with barriers and boxes."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import KDTree

from local_inn_ros.geometry import Pose2
from local_inn_ros.simulation.worlds.circuit_layout import draw_circuit
from local_inn_ros.simulation.worlds.generated_world import GeneratedWorld
from local_inn_ros.simulation.worlds.track_layout import draw_centre_line
from local_inn_ros.world.closed_path import ClosedPath
from local_inn_ros.world.occupancy_grid import FREE, OCCUPIED, OccupancyGrid

_RESOLUTION_M = 0.05
_MARGIN_M = 1.0
# Between two stretches of the track stands at least this much barrier.
_LEAST_BARRIER_M = 0.4
# Nothing stands nearer than this to the centre line.
_CLEAR_M = 0.75


def generate_race_track(
    rng: np.random.Generator,
    lap_m: float = 60.0,
    width_m: float = 2.6,
    least_radius_m: float = 2.5,
) -> GeneratedWorld:
    """Make a closed race track that never crosses itself.

    The corridor's width varies along the lap, its two sides independently; boxes along the
    barriers and recesses in them make every stretch look like no other.

    Args:
        rng: source of all that is random.
        lap_m: length of the centre line, exact to a few centimetres.
        width_m: mean width of the corridor.
        least_radius_m: no bend of the centre line is tighter.

    Returns:
        A map of free cells (the corridor) and occupied ones (all else), 5 cm each, whose lap is
        driven counter-clockwise or clockwise by chance. The origin of the map frame is the first
        point of the lap.

    Raises:
        ValueError: no track of that length, width and radius can be found.
    """
    return _track_about(
        rng, draw_centre_line(rng, lap_m, _spacing(width_m), least_radius_m), width_m
    )


def generate_circuit(
    rng: np.random.Generator,
    lap_m: float = 343.0,
    width_m: float = 3.0,
    least_radius_m: float = 4.0,
) -> GeneratedWorld:
    """Make a long circuit: about half of it straights, as of grounds for full races.

    Arguments, result and errors are those of ``generate_race_track``.
    """
    return _track_about(rng, draw_circuit(rng, lap_m, _spacing(width_m), least_radius_m), width_m)


def _track_about(rng: np.random.Generator, path: ClosedPath, width_m: float) -> GeneratedWorld:
    """Make the corridor about a centre line, with what stands along its barriers."""
    left = _half_widths(rng, path, width_m)
    right = _half_widths(rng, path, width_m)
    low = path.points.min(axis=0) - width_m - _MARGIN_M
    high = path.points.max(axis=0) + width_m + _MARGIN_M
    cols, rows = np.ceil((high - low) / _RESOLUTION_M).astype(int)
    x = low[0] + (np.arange(cols) + 0.5) * _RESOLUTION_M
    y = low[1] + (np.arange(rows) + 0.5) * _RESOLUTION_M
    centres = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    along, aside = _path_coordinates(path, centres)
    free = (aside < left[along]) & (aside > -right[along])
    free |= _recesses(rng, path, along, aside, left, right)
    free &= ~_boxes(rng, path, centres, left, right)
    free |= np.abs(aside) < _CLEAR_M
    corridor = _connected(free.reshape(rows, cols), (path.points[0] - low) / _RESOLUTION_M)
    cells = np.where(corridor, FREE, OCCUPIED).astype(np.int8)
    start = path.points[0]
    origin = Pose2(float(low[0] - start[0]), float(low[1] - start[1]), 0.0)
    return GeneratedWorld(OccupancyGrid(cells, _RESOLUTION_M, origin), path.points - start)


def _connected(free: NDArray[np.bool_], place: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return the part of a free region that hangs together with one place (col, row)."""
    labels, _ = ndimage.label(free)
    mask: NDArray[np.bool_] = labels == labels[int(place[1]), int(place[0])]
    return mask


def _spacing(width_m: float) -> float:
    """How far apart the centre lines of two neighbouring stretches must be."""
    return 1.5 * width_m + _LEAST_BARRIER_M


def _half_widths(rng: np.random.Generator, path: ClosedPath, width_m: float) -> NDArray[np.float64]:
    """Return (n,) the distance of one barrier from the centre line: slow waves, a few a lap."""
    turn = 2.0 * math.pi * np.arange(len(path.points)) / len(path.points)
    wave = np.zeros(len(turn))
    for harmonic in (1, 2, 3, 5, 8):
        wave += rng.normal() * np.cos(harmonic * turn + rng.uniform(0.0, 2.0 * math.pi))
    return 0.5 * width_m * (1.0 + 0.25 * np.tanh(0.7 * wave))


def _path_coordinates(
    path: ClosedPath, points: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return for points (n, 2) the nearest path index and the offset to the left of the path."""
    distance, along = KDTree(path.points).query(points)
    offset = points - path.points[along]
    heading = path.headings_rad[along]
    side = np.cos(heading) * offset[:, 1] - np.sin(heading) * offset[:, 0]
    return np.asarray(along, dtype=np.intp), np.copysign(np.asarray(distance), side)


def _recesses(
    rng: np.random.Generator,
    path: ClosedPath,
    along: NDArray[np.intp],
    aside: NDArray[np.float64],
    left: NDArray[np.float64],
    right: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Return (cells,) True in places where a barrier stands back, as at a gate or a door."""
    deepest = 0.5 * (_spacing(2.0 * float(np.mean(left))) - _LEAST_BARRIER_M)
    free = np.zeros(len(along), dtype=bool)
    for _ in range(max(2, round(path.length_m / 10.0))):
        start = rng.uniform(0.0, path.length_m)
        span, depth = rng.uniform(0.6, 2.5), rng.uniform(0.25, 0.6)
        into = np.mod(along * path.step_m - start, path.length_m) < span
        if rng.random() < 0.5:
            free |= into & (aside > 0.0) & (aside < np.minimum(left[along] + depth, deepest))
        else:
            free |= into & (aside < 0.0) & (-aside < np.minimum(right[along] + depth, deepest))
    return free


def _boxes(
    rng: np.random.Generator,
    path: ClosedPath,
    centres: NDArray[np.float64],
    left: NDArray[np.float64],
    right: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Return (cells,) True under boxes that stand along the barriers, turned any way."""
    blocked = np.zeros(len(centres), dtype=bool)
    for _ in range(max(3, round(path.length_m / 5.0))):
        index = int(rng.integers(len(path.points)))
        side = 1.0 if rng.random() < 0.5 else -1.0
        reach = left[index] if side > 0.0 else right[index]
        heading = path.headings_rad[index]
        away = side * (reach - rng.uniform(-0.1, 0.25))
        middle = path.points[index] + away * np.array([-math.sin(heading), math.cos(heading)])
        yaw = heading + rng.uniform(-0.6, 0.6)
        offset = centres - middle
        length = np.abs(np.cos(yaw) * offset[:, 0] + np.sin(yaw) * offset[:, 1])
        breadth = np.abs(np.cos(yaw) * offset[:, 1] - np.sin(yaw) * offset[:, 0])
        blocked |= (length < 0.5 * rng.uniform(0.3, 1.2)) & (breadth < 0.5 * rng.uniform(0.3, 0.7))
    return blocked
