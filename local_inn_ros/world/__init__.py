# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The world a robot moves in: maps, what a laser sees on them, and where a robot can be."""

from local_inn_ros.world.closed_path import ClosedPath
from local_inn_ros.world.distance_field import distance_to_occupied, signed_distance
from local_inn_ros.world.free_space import FreeSpace
from local_inn_ros.world.generated_floor import generate_floor
from local_inn_ros.world.generated_track import generate_race_track
from local_inn_ros.world.generated_world import GeneratedWorld
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
from local_inn_ros.world.path_planning import PathsToRoute
from local_inn_ros.world.ray_casting import RayCaster
from local_inn_ros.world.route import plan_lap

__all__ = [
    "FREE",
    "OCCUPIED",
    "UNKNOWN",
    "Bounds",
    "ClosedPath",
    "FieldValues",
    "FreeSpace",
    "GeneratedWorld",
    "LikelihoodField",
    "MapWarning",
    "OccupancyGrid",
    "PathsToRoute",
    "RayCaster",
    "distance_to_occupied",
    "generate_floor",
    "generate_race_track",
    "grid_hash",
    "load_map",
    "map_hash",
    "plan_lap",
    "save_map",
    "signed_distance",
]
