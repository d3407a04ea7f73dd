# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A bundle learns, searches and keeps the parts of its map that were chosen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs torch")

from tiny_training import SENSOR, SETTINGS

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.search.coarse_search import Lattice
from local_inn_ros.systems.local_inn_2d.system import SYSTEM
from local_inn_ros.systems.local_inn_2d.train import LocalInn2dTraining
from local_inn_ros.systems.protocol import TrainingInputs
from local_inn_ros.training.train import train_run
from local_inn_ros.world import FREE, OCCUPIED, OccupancyGrid


def test_a_bundle_of_the_smaller_of_two_rooms(tmp_path: Path) -> None:
    cells = np.full((300, 460), OCCUPIED, dtype=np.int8)
    cells[10:90, 10:210] = FREE
    cells[210:290, 370:450] = FREE
    grid = OccupancyGrid(cells, 0.05, Pose2(-2.0, 1.0, 0.3))
    inside = tuple(float(value) for value in grid.cell_to_world([[250, 400]])[0])
    inputs = TrainingInputs(grid, {"laser": SENSOR}, None, ((inside[0], inside[1]),))
    run = LocalInn2dTraining.of(inputs, SETTINGS, 0)
    train_run(SYSTEM, run, 0, tmp_path / "bundle", lambda progress: None)
    bundle = Bundle.load(tmp_path / "bundle")
    assert bundle.free_space().area_m2 == pytest.approx(16.0)
    small = cells.copy()
    small[:, :250] = OCCUPIED
    room = OccupancyGrid(small, 0.05, grid.origin)
    assert (room.values_at(Lattice.of(bundle).positions) == FREE).all()
    # What its laser cannot see from there is left out of what is cast and aligned with.
    assert bundle.caster.grid.cells.size <= grid.cells.size
    assert bundle.grid.cells.shape == grid.cells.shape
