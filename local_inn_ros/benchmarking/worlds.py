# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The world that a bundle's robot drives in, when it is measured."""

from __future__ import annotations

from enum import Enum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from local_inn_ros.benchmarking.drive_conditions import Condition
from local_inn_ros.benchmarking.simulated_drive import Drive, drive_lap
from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.geometry import Pose2
from local_inn_ros.sensing import LaserSpec
from local_inn_ros.simulation.worlds import (
    DrivenWorld,
    GeneratedWorld,
    WorldKind,
    driven_world,
    generate_floor,
)
from local_inn_ros.simulation.worlds.drawn_map import draw_map
from local_inn_ros.world import OccupancyGrid, plan_lap

# The bundle of this name knows a map that was drawn of a floor, not the floor's own cells.
DRAWN_FLOOR = "drawn_floor"
_FLOOR_SEED = 0
# Kept apart from the seeds of drives.
_CHANGES, _DRAWING = 2, 3


class ScanKind(str, Enum):
    """When the beams of a simulated scan are measured.

    Attributes:
        IN_TURN: one after the other, as a laser that turns does.
        INSTANT: all at once.
    """

    IN_TURN = "in_turn"
    INSTANT = "instant"

    def of(self, sensor: LaserSpec) -> LaserSpec:
        """Return a laser that measures like this."""
        if self is ScanKind.IN_TURN:
            return sensor
        return sensor.model_copy(update={"scan_duration_s": 0.0})


def floor() -> GeneratedWorld:
    """Return the floor of a building that bundles are trained on, and a lap on it."""
    return generate_floor(np.random.default_rng(_FLOOR_SEED))


def drawn_floor() -> OccupancyGrid:
    """Return the map of that floor as a SLAM package draws it."""
    world = floor()
    unchanged = driven_world(WorldKind.SMOOTH, world.grid, world.route, None)
    return draw_map(unchanged, world.route, np.random.default_rng([_FLOOR_SEED, _DRAWING]))


def lap_of(bundle: Bundle) -> NDArray[np.float64]:
    """Return the lap (n, 2) that a bundle's robot drives, in the map frame.

    Raises:
        MapError: the map has none.
    """
    # The corridor of a floor goes round many rooms, of which none is the largest obstacle.
    return floor().route if _knows_drawn_floor(bundle) else plan_lap(bundle.grid)


def world_of(bundle: Bundle, kind: WorldKind, route: ArrayLike, seed: int) -> DrivenWorld:
    """Return the world that a bundle's map is of, changed a little since the map was made.

    Args:
        bundle: the trained model.
        kind: the map itself, or the smooth walls that it was drawn from.
        route: (n, 2) lap in the map frame; nothing stands in its way.
        seed: of what has changed.
    """
    rng = np.random.default_rng([seed, _CHANGES])
    if kind is WorldKind.SMOOTH and _knows_drawn_floor(bundle):
        return driven_world(kind, floor().grid, route, rng)
    offset_m = bundle.description.maps[0].surface_offset_m
    return driven_world(kind, bundle.grid, route, rng, offset_m)


def _knows_drawn_floor(bundle: Bundle) -> bool:
    return bundle.path.resolve().name == DRAWN_FLOOR


def drive_lap_of(
    bundle: Bundle,
    sensor: LaserSpec,
    mount: Pose2,
    condition: Condition,
    speed_mps: float,
    duration_s: float,
    seed: int,
    kind: WorldKind = WorldKind.SMOOTH,
) -> Drive:
    """Drive a part of the lap of a bundle's map; see ``drive_lap``.

    Raises:
        MapError: the map has no lap.
    """
    route = lap_of(bundle)
    world = world_of(bundle, kind, route, seed)
    return drive_lap(world, route, sensor, mount, condition, speed_mps, duration_s, seed)
