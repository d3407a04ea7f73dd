# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Lamps and daylight, which change from day to day while the walls stay."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.simulation.camera.scene import Scene
from local_inn_ros.world.occupancy_grid import FREE

# A ceiling lamp of this intensity lights the floor under it to about 1.
_INTENSITY = 2.2
_STANDING_PER_M2 = 1.0 / 25.0


class LightKind(str, Enum):
    """When the lights are drawn.

    Attributes:
        OFFICE: nearly all lamps are on.
        DAY: few lamps, and bluish light that falls in from one side.
        EVENING: dim and warm; lamps out, others standing on the floor.
    """

    OFFICE = "office"
    DAY = "day"
    EVENING = "evening"


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """What shines in a scene. Colours are (red, green, blue); 1 lights white paper to white.

    Attributes:
        places_m: (n, 3) lamps in the map frame.
        intensity: (n, 3) of each lamp, at a metre.
        downward: (n,) whether it shines down from the ceiling, rather than all round.
        glow: (k,) how bright each of the scene's ceiling lamps looks itself.
        ambient: (3,) what comes from everywhere.
        sun: (3,) what comes from far away, on a surface that faces it.
        to_sun: (3,) unit vector that points there.
    """

    places_m: NDArray[np.float64]
    intensity: NDArray[np.float64]
    downward: NDArray[np.bool_]
    glow: NDArray[np.float64]
    ambient: NDArray[np.float64]
    sun: NDArray[np.float64]
    to_sun: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Ranges:
    """What a kind of light is drawn from."""

    level: tuple[float, float]
    on_share: tuple[float, float]
    warmth: tuple[float, float]
    ambient: tuple[float, float]
    sun: tuple[float, float]
    standing: float


_KINDS = {
    LightKind.OFFICE: _Ranges((0.8, 1.3), (0.9, 1.0), (0.0, 0.15), (0.1, 0.2), (0.0, 0.0), 0.0),
    LightKind.DAY: _Ranges((0.7, 1.5), (0.2, 0.5), (-0.15, 0.05), (0.25, 0.4), (0.4, 0.9), 0.0),
    LightKind.EVENING: _Ranges((0.25, 0.5), (0.3, 0.6), (0.15, 0.4), (0.05, 0.12), (0.0, 0.0), 1.0),
}


def draw_light(scene: Scene, kind: LightKind, rng: np.random.Generator) -> Light:
    """Draw level, colour, lamps and direction of the light; walls and floor stay as they are.

    Args:
        scene: whose ceiling lamps shine.
        kind: how light differs from one kind to the other.
        rng: source of chance; each draw gives another light of the kind.
    """
    ranges = _KINDS[kind]
    level = rng.uniform(*ranges.level)
    colour = level * _colour_of(rng.uniform(*ranges.warmth))
    count = len(scene.lamps_m)
    on = rng.random(count) < rng.uniform(*ranges.on_share)
    shine = np.where(on, rng.uniform(0.8, 1.2, count), 0.0)
    height = scene.shape.ceiling_m
    hanging = np.column_stack([scene.lamps_m, np.full(count, height - 0.02)])[on]
    standing = _standing(scene, ranges.standing, rng)
    places = np.vstack([hanging, standing])
    strength = np.concatenate([shine[on], rng.uniform(0.3, 0.9, len(standing))])
    bearing, rise = rng.uniform(-math.pi, math.pi), rng.uniform(0.3, 0.8)
    to_sun = np.array(
        [math.cos(rise) * math.cos(bearing), math.cos(rise) * math.sin(bearing), math.sin(rise)]
    )
    return Light(
        places,
        _INTENSITY * strength[:, None] * colour,
        np.arange(len(places)) < len(hanging),
        (6.0 * shine + 0.3) * level,
        rng.uniform(*ranges.ambient) * colour,
        rng.uniform(*ranges.sun) * level * _colour_of(rng.uniform(-0.2, 0.1)),
        to_sun,
    )


def _standing(scene: Scene, share: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return (n, 3) lamps that stand about in free space."""
    count = int(rng.poisson(share * _STANDING_PER_M2 * scene.grid.free_area_m2))
    free = np.argwhere(scene.grid.cells == FREE)
    cells = free[rng.integers(max(len(free), 1), size=count if len(free) else 0)]
    heights = rng.uniform(1.0, 1.8, len(cells))
    return np.column_stack([scene.grid.cell_to_world(cells), heights])


def _colour_of(warmth: float) -> NDArray[np.float64]:
    """Return a colour (3,) of mean about 1: 0 is white, above yellowish, below bluish."""
    return np.array([1.0 + warmth, 1.0, 1.0 - warmth])
