# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Commands on large maps with little free area: what no beam reaches costs next to nothing."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
from cli_helpers import F1TENTH, invoke

from local_inn_ros.geometry import Pose2
from local_inn_ros.world import OccupancyGrid, save_map

# A byte less than what a map may cost at its peak (``test_map_memory.py``).
MOST_BYTES_A_CELL = 7.0


def hall_in_unknown_land(side: int) -> OccupancyGrid:
    cells = np.full((side, side), -1, dtype=np.int8)
    low, high = side // 2 - 150, side // 2 + 150
    cells[low:high, low:high] = 100
    cells[low + 4 : high - 4, low + 4 : high - 4] = 0
    cells[low + 80 : high - 80, low + 80 : high - 80] = 100
    return OccupancyGrid(cells, 0.05, Pose2(-10.0, 5.0, 0.0))


def peak_bytes_of_a_drive(folder: Path, side: int) -> int:
    save_map(hall_in_unknown_land(side), folder / "map.yaml")
    tracemalloc.start()
    invoke(
        "simulate", "--map", folder / "map.yaml", "--sensor", F1TENTH, "--duration", 0.2,
        "--out", folder / f"bag_{side}",
    )  # fmt: skip
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_a_simulated_drive_needs_what_its_beams_reach(tmp_path: Path) -> None:
    small, large = (peak_bytes_of_a_drive(tmp_path, side) for side in (2000, 4000))
    assert large - small < MOST_BYTES_A_CELL * (4000**2 - 2000**2)
