# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is made of a map is kept once, however many localizers and searches read it."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from model_fixtures import oracle_model, room

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from local_inn_ros.geometry import Pose2
from local_inn_ros.sensing.laser.laser_mount import LaserMount


def arrays_below(root: object, least_bytes: int) -> list[np.ndarray]:
    """Return the large arrays that an object leads to, each of their memories once."""
    seen: set[int] = set()
    found: list[np.ndarray] = []
    waiting = [root]
    while waiting:
        here = waiting.pop()
        if id(here) in seen or isinstance(here, type):
            continue
        seen.add(id(here))
        if isinstance(here, np.ndarray):
            if here.nbytes >= least_bytes and not any(np.shares_memory(here, a) for a in found):
                found.append(here)
            continue
        # Modules lead everywhere.
        if type(here).__module__.startswith("local_inn_ros") or isinstance(here, (dict, tuple)):
            waiting += gc.get_referents(here)
    return found


def test_a_second_sensor_holds_nothing_more_of_the_map() -> None:
    model = oracle_model(room())
    cells = model.bundle.grid.cells.size
    front = model.mounted_at(LaserMount(Pose2.identity()))
    first = arrays_below(front, cells)
    both = arrays_below((front, model.mounted_at(LaserMount(Pose2(0.3, 0.0, 3.1)))), cells)
    # The field, the directions of the surfaces, the gaps that rays leap, the lattice.
    assert len(first) >= 4
    assert {a.__array_interface__["data"][0] for a in both} == {
        a.__array_interface__["data"][0] for a in first
    }
