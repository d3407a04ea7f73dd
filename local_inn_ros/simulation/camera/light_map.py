# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How much light falls on each place of a scene, shadows and all, worked out once for a light."""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from local_inn_ros.simulation.camera.light import Light
from local_inn_ros.simulation.camera.ray_kernel import traced
from local_inn_ros.simulation.camera.scene import GROUND_LIGHT_M, Scene
from local_inn_ros.simulation.camera.wall_dressing import LIGHT_ROWS

# Lamps farther off than this are left out, and shine less the nearer they are to it.
_REACH_M = 7.0
# Daylight is held off by what stands within this distance, not by the whole building.
_SUN_REACH_M = 2.5
_SUN_SHADE = 0.25
# Light that floor and walls throw back, of what falls on the floor about there.
_BOUNCED, _BOUNCE_M = 0.35, 1.2
_HAZE = 0.5
# Off surfaces and their edges, so that these do not shade themselves.
_OFF_M, _EDGE = 0.01, 0.02


class LightMap(NamedTuple):
    """Light on surfaces, as compiled code reads it; colours are (red, green, blue).

    Attributes:
        walls: (columns * LIGHT_ROWS, 3) on the sides, see ``DressedWalls``; rows go upward.
        floor: (rows, cols, 3) on the floor, ``GROUND_LIGHT_M`` apart from the ground's least x, y.
        ceiling: (rows, cols, 3) on the ceiling.
        glow: (lamps,) how bright the ceiling's lamps look.
        haze: (3,) what is seen where a ray meets nothing at all.
    """

    walls: NDArray[np.float32]
    floor: NDArray[np.float32]
    ceiling: NDArray[np.float32]
    glow: NDArray[np.float64]
    haze: NDArray[np.float64]


def light_map(scene: Scene, light: Light) -> LightMap:
    """Work out how much light falls on each place of a scene."""
    lamps = _lamps_by_place(light)
    shape = tuple(scene.shape)
    rows, cols = scene.stain.shape
    row, col = np.mgrid[0:rows, 0:cols]
    corner = np.array([scene.ground.left_m, scene.ground.bottom_m])
    places = corner + GROUND_LIGHT_M * np.stack([col, row], axis=-1).reshape(-1, 2)
    free = scene.grid.values_at(places) == 0
    direct = np.zeros((len(places), 3), np.float32)
    below = np.column_stack([places[free], np.full(int(free.sum()), _OFF_M)])
    up = np.tile([0.0, 0.0, 1.0], (len(below), 1))
    direct[free] = _irradiance(shape, below, up, *lamps, light.sun, light.to_sun)
    floor = direct.reshape(rows, cols, 3)
    known = free.reshape(rows, cols)
    bounce = _BOUNCED * _spread_out(floor, known) + light.ambient
    floor_light = (_filled_in(floor, known) + bounce) * scene.stain[..., None]
    ceiling_light = 1.2 * bounce
    points, normals = _wall_places(scene)
    walls = _irradiance(shape, points, normals, *lamps, light.sun, light.to_sun)
    at = np.rint((points[:, :2] + 0.3 * normals[:, :2] - corner) / GROUND_LIGHT_M).astype(int)
    at = np.clip(at, 0, [cols - 1, rows - 1])
    walls += bounce[at[:, 1], at[:, 0]]
    return LightMap(
        walls.astype(np.float32),
        floor_light.astype(np.float32),
        ceiling_light.astype(np.float32),
        light.glow,
        _HAZE * ceiling_light.reshape(-1, 3).mean(axis=0),
    )


def _spread_out(floor: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return (rows, cols, 3) the light on the floor, averaged over what lies about."""
    sigma = _BOUNCE_M / GROUND_LIGHT_M
    weight = ndimage.gaussian_filter(known.astype(np.float64), sigma)
    mean = np.empty(floor.shape)
    for channel in range(3):
        mean[..., channel] = ndimage.gaussian_filter(
            np.where(known, floor[..., channel], 0.0).astype(np.float64), sigma
        ) / np.maximum(weight, 1e-6)
    return mean


def _filled_in(floor: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return (rows, cols, 3) with the light beside it where something stands on the floor."""
    if known.all() or not known.any():
        return floor
    nearest = ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
    filled: NDArray[np.float32] = floor[nearest[0], nearest[1]]
    return filled


def _wall_places(scene: Scene) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where light is kept on sides, points and normals (columns * LIGHT_ROWS, 3) each."""
    walls = scene.walls
    segment = np.repeat(np.arange(len(walls.light_count)), walls.light_count)
    column = np.arange(len(segment)) - walls.light_first[segment]
    share = np.clip(column / (walls.light_count[segment] - 1), _EDGE, 1.0 - _EDGE)[:, None]
    first, last = walls.segments_m[segment, :2], walls.segments_m[segment, 2:]
    outward = walls.outward[segment]
    place = first + share * (last - first) + _OFF_M * outward
    share_up = np.clip(np.linspace(0.0, 1.0, LIGHT_ROWS), _EDGE, 1.0 - _EDGE)
    heights = np.tile(scene.shape.ceiling_m * share_up, len(place))
    points = np.column_stack([place.repeat(LIGHT_ROWS, axis=0), heights])
    normals = np.column_stack([outward.repeat(LIGHT_ROWS, axis=0), np.zeros(len(heights))])
    return points, normals


def _lamps_by_place(
    light: Light,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return lamps (n, 7) sorted into squares of their reach, and how to find them.

    Second are the least x and y and the counts of columns and rows; third where squares begin.
    """
    places = light.places_m.reshape(-1, 3)
    lamps = np.column_stack([places, light.intensity.reshape(-1, 3), light.downward])
    low = places[:, :2].min(axis=0) if len(places) else np.zeros(2)
    at = np.floor((places[:, :2] - low) / _REACH_M).astype(np.int64)
    cols, rows = at.max(axis=0) + 1 if len(places) else (1, 1)
    square = at[:, 1] * cols + at[:, 0]
    order = np.argsort(square, kind="stable")
    starts = np.searchsorted(square[order], np.arange(rows * cols + 1)).astype(np.float64)
    return lamps[order], np.array([*low, cols, rows]), starts


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _irradiance(  # type: ignore[no-untyped-def]
    shape, points, normals, lamps, squares, starts, sun, to_sun
):
    """Return the light (n, 3) that falls on points (n, 3) with normals (n, 3)."""
    found = np.zeros((points.shape[0], 3), np.float32)
    cols, rows = int(squares[2]), int(squares[3])
    ceiling = shape[10]
    for i in range(points.shape[0]):
        x, y, z = points[i, 0], points[i, 1], min(points[i, 2], ceiling)
        facing = normals[i, 0] * to_sun[0] + normals[i, 1] * to_sun[1] + normals[i, 2] * to_sun[2]
        if facing > 0.0 and sun[0] + sun[1] + sun[2] > 0.0:
            _, what, _, _ = traced(shape, x, y, z, to_sun[0], to_sun[1], to_sun[2], _SUN_REACH_M)
            lit = facing * (_SUN_SHADE if what == 1 or what == 4 else 1.0)
            for channel in range(3):
                found[i, channel] += lit * sun[channel]
        col = math.floor((x - squares[0]) / _REACH_M)
        row = math.floor((y - squares[1]) / _REACH_M)
        for r in range(max(row - 1, 0), min(row + 2, rows)):
            for c in range(max(col - 1, 0), min(col + 2, cols)):
                for k in range(int(starts[r * cols + c]), int(starts[r * cols + c + 1])):
                    lit = _lit(shape, x, y, z, normals[i], lamps[k])
                    for channel in range(3):
                        found[i, channel] += lit * lamps[k, 3 + channel]
    return found


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _lit(shape, x, y, z, normal, lamp):  # type: ignore[no-untyped-def]
    """Return the share of a lamp's intensity that falls on a point; 0 in its shadow."""
    dx, dy, dz = x - lamp[0], y - lamp[1], z - lamp[2]
    squared = dx * dx + dy * dy + dz * dz
    if squared >= _REACH_M * _REACH_M or squared < 1e-4:
        return 0.0
    away = math.sqrt(squared)
    facing = -(dx * normal[0] + dy * normal[1] + dz * normal[2]) / away
    if facing <= 0.0:
        return 0.0
    share = facing / max(squared, 0.05) * (1.0 - squared / (_REACH_M * _REACH_M))
    if lamp[6] > 0.0:
        share *= max(-dz / away, 0.0)
    if share < 1e-4:
        return 0.0
    _, what, _, _ = traced(shape, lamp[0], lamp[1], lamp[2], dx, dy, dz, 1.0 - 1e-3)
    return share if what == 0 else 0.0
