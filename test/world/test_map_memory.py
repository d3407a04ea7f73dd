# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What maps cost: eight bytes a cell at the most, whatever is made of them."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from local_inn_ros.geometry import Pose2
from local_inn_ros.world import (
    FreeParts,
    FreeSpace,
    LikelihoodField,
    OccupancyGrid,
    RayCaster,
    choose_parts,
    grid_hash,
    load_map,
    plan_lap,
    save_map,
    surroundings,
)

BYTES_A_CELL = 8.0
# What tiles and strips take, however large the map.
AROUND_BYTES = 180e6
SIDE = 7000


def hall(side: int, open_land: bool = True) -> OccupancyGrid:
    """A hall with walls and things in it; or a small one in the middle of unknown land."""
    cells = np.full((side, side), 0 if open_land else -1, dtype=np.int8)
    low, high = (0, side) if open_land else (side // 2 - 300, side // 2 + 300)
    cells[low:high, low:high] = 100
    cells[low + 4 : high - 4, low + 4 : high - 4] = 0
    rng = np.random.default_rng(0)
    for _ in range(100):
        row, col = rng.integers(low + 50, high - 150, 2)
        cells[row : row + rng.integers(5, 60), col : col + rng.integers(5, 60)] = 100
    return OccupancyGrid(cells, 0.05, Pose2(-10.0, 5.0, 0.0))


def choice_of(grid: OccupancyGrid) -> object:
    return choose_parts(FreeParts.of(grid)).points


STEPS: dict[str, Callable[[OccupancyGrid], object]] = {
    "parts": choice_of,
    "free space": lambda grid: FreeSpace(grid, 0.15),
    "lattice": lambda grid: FreeSpace(grid).grid_poses(1.0, 1),
    "ray caster": lambda grid: RayCaster(grid),
    "likelihood field": lambda grid: LikelihoodField(grid),
    "hash": grid_hash,
    "surroundings": lambda grid: surroundings(FreeSpace(grid), 30.0),
}


def peak_bytes(make: Callable[[], object]) -> int:
    tracemalloc.start()
    made = make()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    del made
    return peak


@pytest.mark.parametrize("step", ["parts", "free space", "hash", "surroundings"])
def test_little_is_needed_for_each_cell(step: str) -> None:
    small, large = (hall(side, open_land=False) for side in (2000, 4000))
    more = peak_bytes(lambda: STEPS[step](large)) - peak_bytes(lambda: STEPS[step](small))
    assert more < (BYTES_A_CELL - 1.0) * (4000**2 - 2000**2)


def test_loading_and_saving_keep_to_bytes(tmp_path: Path) -> None:
    grid = hall(3000, open_land=False)
    cells = grid.cells.size
    assert peak_bytes(lambda: save_map(grid, tmp_path / "map.yaml")) < 5.0 * cells
    # Pixels lie outside of what is traced: a byte each.
    around = 64 * 500_000
    assert peak_bytes(lambda: load_map(tmp_path / "map.yaml")) < 4.0 * cells + around


def test_what_is_far_from_where_the_robot_drives_is_not_kept() -> None:
    grid = hall(2500, open_land=False)
    near = surroundings(FreeSpace(grid), 10.0)
    assert near.rows < 600 + 2 * 270
    where = FreeSpace(grid).sample(np.random.default_rng(0), 50)
    angles = np.linspace(-np.pi, np.pi, 60)
    far_and_near = [RayCaster(one).cast(where, angles, 10.0) for one in (grid, near)]
    np.testing.assert_allclose(*far_and_near, atol=1e-5)
    ends = where[:, :2] + 0.3
    fields = [LikelihoodField(one).evaluate(ends) for one in (grid, near)]
    np.testing.assert_allclose(fields[0].distances_m, fields[1].distances_m, atol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("step", [*STEPS, "load", "save", "directions", "lap"])
@pytest.mark.parametrize("kind", ["hall", "little"])
def test_at_ten_thousand_squared(step: str, kind: str, tmp_path: Path) -> None:
    """The whole process, as the system counts it: nothing that is not traced is overlooked."""
    if step == "lap" and kind == "hall":
        pytest.skip("a lap of a hall of 25 hectares takes minutes")
    side = 10_000
    path = tmp_path / "map.yaml"
    save_map(hall(side, open_land=kind == "hall"), path)
    told = subprocess.run(
        [sys.executable, __file__, step, str(path)], check=True, capture_output=True, text=True
    )
    before, peak = (float(word) for word in told.stdout.split())
    print(f"{step}, {kind}: {(peak - before) / side**2:.2f} bytes a cell")
    assert peak - before < BYTES_A_CELL * side**2 + AROUND_BYTES


def _figure(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return 1024 * int(line.split()[1])
    raise KeyError(name)


def _measure(step: str, path: str) -> None:
    """Do a step in a process that has done it on a small map before; print memory before, peak."""
    small = hall(700, open_land=False)
    steps = {
        **STEPS,
        "load": lambda grid: None,
        "save": lambda grid: save_map(grid, Path(path).with_name("copy.yaml")),
        "directions": lambda grid: LikelihoodField(grid).directions,
        "lap": plan_lap,
    }
    steps[step](small)
    before = _figure("VmRSS")
    made = steps[step](load_map(path))
    print(before, _figure("VmHWM"))
    del made


if __name__ == "__main__":
    _measure(*sys.argv[1:])
