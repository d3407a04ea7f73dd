# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Generated worlds: race tracks and floors."""

from local_inn_ros.simulation.worlds.generated_floor import generate_floor
from local_inn_ros.simulation.worlds.generated_track import generate_circuit, generate_race_track
from local_inn_ros.simulation.worlds.generated_world import GeneratedWorld

__all__ = ["GeneratedWorld", "generate_circuit", "generate_floor", "generate_race_track"]
