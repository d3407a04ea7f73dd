# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The world a robot moves in: maps, what a laser sees on them, and where a robot can be.

A name is imported when it is first asked for (PEP 562): who needs a map alone, as the filter's
node does, waits for no compiler and no spatial search, and does not keep them in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_inn_ros.late_names import late_names

if TYPE_CHECKING:
    from local_inn_ros.world.closed_path import ClosedPath
    from local_inn_ros.world.distance_field import distance_to_occupied, signed_distance
    from local_inn_ros.world.free_parts import FreeParts
    from local_inn_ros.world.free_space import FreeSpace
    from local_inn_ros.world.likelihood_field import FieldValues, LikelihoodField
    from local_inn_ros.world.map_check import MapWarning
    from local_inn_ros.world.map_file import load_map, map_hash, save_map
    from local_inn_ros.world.occupancy_grid import (
        FREE,
        OCCUPIED,
        UNKNOWN,
        Bounds,
        OccupancyGrid,
        grid_hash,
    )
    from local_inn_ros.world.part_choice import PartChoice, choose_parts
    from local_inn_ros.world.path_planning import PathsToRoute
    from local_inn_ros.world.ray_casting import RayCaster
    from local_inn_ros.world.route import plan_lap
    from local_inn_ros.world.surroundings import surroundings

__all__ = [
    "FREE",
    "OCCUPIED",
    "UNKNOWN",
    "Bounds",
    "ClosedPath",
    "FieldValues",
    "FreeParts",
    "FreeSpace",
    "LikelihoodField",
    "MapWarning",
    "OccupancyGrid",
    "PartChoice",
    "PathsToRoute",
    "RayCaster",
    "choose_parts",
    "distance_to_occupied",
    "grid_hash",
    "load_map",
    "map_hash",
    "plan_lap",
    "save_map",
    "signed_distance",
    "surroundings",
]

__getattr__ = late_names(
    __name__,
    {
        "closed_path": ("ClosedPath",),
        "distance_field": (
            "distance_to_occupied",
            "signed_distance",
        ),
        "free_parts": ("FreeParts",),
        "free_space": ("FreeSpace",),
        "likelihood_field": (
            "FieldValues",
            "LikelihoodField",
        ),
        "map_check": ("MapWarning",),
        "map_file": (
            "load_map",
            "map_hash",
            "save_map",
        ),
        "occupancy_grid": (
            "FREE",
            "OCCUPIED",
            "UNKNOWN",
            "Bounds",
            "OccupancyGrid",
            "grid_hash",
        ),
        "part_choice": (
            "PartChoice",
            "choose_parts",
        ),
        "path_planning": ("PathsToRoute",),
        "ray_casting": ("RayCaster",),
        "route": ("plan_lap",),
        "surroundings": ("surroundings",),
    },
)
