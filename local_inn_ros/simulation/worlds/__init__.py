# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Worlds: generated race tracks and floors, and what a robot drives in that knows a map of them."""

from local_inn_ros.simulation.worlds.driven_world import DrivenWorld, WorldKind, driven_world
from local_inn_ros.simulation.worlds.generated_floor import generate_floor
from local_inn_ros.simulation.worlds.generated_track import generate_circuit, generate_race_track
from local_inn_ros.simulation.worlds.generated_world import GeneratedWorld

__all__ = [
    "DrivenWorld",
    "GeneratedWorld",
    "WorldKind",
    "driven_world",
    "generate_circuit",
    "generate_floor",
    "generate_race_track",
]
