# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""People who walk through a scene, and are on no map."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from local_inn_ros.simulation.camera.scene import Scene
from local_inn_ros.world.occupancy_grid import FREE

_HEIGHT_M, _RADIUS_M, _SPEED_MPS = (1.5, 1.95), (0.18, 0.27), (0.0, 1.4)
_HEAD_M = 0.115
# Where shirt and trousers meet, as a share of the height.
_WAIST = 0.52


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """Somebody who walks in a straight line, as a rounded column with a head.

    Attributes:
        x_m: where they are at time 0, in the map frame.
        y_m: the same.
        velocity_x_mps: how they walk.
        velocity_y_mps: the same.
        radius_m: of the body.
        height_m: up to the top of the head.
        colours: (3, 3) albedo of trousers, shirt and head.
    """

    x_m: float
    y_m: float
    velocity_x_mps: float
    velocity_y_mps: float
    radius_m: float
    height_m: float
    colours: NDArray[np.float64]


def draw_people(scene: Scene, count: int, rng: np.random.Generator) -> list[Person]:
    """Put so many people anywhere into free space."""
    free = np.argwhere(scene.grid.cells == FREE)
    places = scene.grid.cell_to_world(free[rng.integers(len(free), size=count)])
    people = []
    for x, y in places.tolist():
        course, speed = rng.uniform(-math.pi, math.pi), rng.uniform(*_SPEED_MPS)
        skin = rng.uniform(0.15, 0.6) * np.array([1.0, 0.75, 0.6])
        clothes = rng.uniform(0.03, 0.75, (2, 3))
        radius, height = rng.uniform(*_RADIUS_M), rng.uniform(*_HEIGHT_M)
        velocity = (speed * math.cos(course), speed * math.sin(course))
        colours = np.vstack([clothes, skin])
        people.append(Person(x, y, *velocity, float(radius), float(height), colours))
    return people


def people_at(people: list[Person], stamp_s: float) -> NDArray[np.float64]:
    """Return (n, 13) where people are at a time, as compiled code reads them.

    In a row are x, y, radius, height and the three colours.
    """
    rows = [
        (
            one.x_m + stamp_s * one.velocity_x_mps,
            one.y_m + stamp_s * one.velocity_y_mps,
            one.radius_m,
            one.height_m,
            *one.colours.ravel(),
        )
        for one in people
    ]
    return np.array(rows, dtype=np.float64).reshape(-1, 13)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def person_met(people, k, x, y, z, dx, dy, dz):  # type: ignore[no-untyped-def]
    """Return where a ray meets the k-th of people, which colour, and how far up it faces there.

    The parameter is infinite where they are missed.
    """
    px, py, radius, height = x - people[k, 0], y - people[k, 1], people[k, 2], people[k, 3]
    shoulders = height - 2.0 * _HEAD_M
    middle = shoulders - radius
    a = dx * dx + dy * dy
    b = px * dx + py * dy
    c = px * px + py * py - radius * radius
    best, up = np.inf, 0.0
    inside = b * b - a * c
    # Nobody stands where the camera is.
    if c <= 0.0:
        return np.inf, 0, 0.0
    if a > 0.0 and inside > 0.0 and b < 0.0:
        t = (-b - math.sqrt(inside)) / a
        if 0.0 <= z + t * dz <= middle:
            best = t
    t = _sphere_met(px, py, z - middle, dx, dy, dz, radius)
    if t < best and z + t * dz > middle:
        best, up = t, (z + t * dz - middle) / radius
    t = _sphere_met(px, py, z - height + _HEAD_M, dx, dy, dz, _HEAD_M)
    if t < best:
        return t, 2, (z + t * dz - height + _HEAD_M) / _HEAD_M
    return best, (0 if z + best * dz < _WAIST * height else 1), up


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _sphere_met(px, py, pz, dx, dy, dz, radius):  # type: ignore[no-untyped-def]
    """Return where a ray meets a sphere about the origin; infinite where it misses it."""
    a = dx * dx + dy * dy + dz * dz
    b = px * dx + py * dy + pz * dz
    inside = b * b - a * (px * px + py * py + pz * pz - radius * radius)
    if inside <= 0.0 or b >= 0.0:
        return np.inf
    return (-b - math.sqrt(inside)) / a
