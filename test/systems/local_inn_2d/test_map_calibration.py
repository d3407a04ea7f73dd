# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from localization_helpers import SENSOR, room, scan_at

from local_inn_ros.geometry import Pose2

pytest.importorskip("torch", reason="training needs torch")
from local_inn_ros.systems.local_inn_2d.map_calibration import calibrate_map
from local_inn_ros.systems.local_inn_2d.scan_sources import PosedScans
from local_inn_ros.world import FreeSpace, LikelihoodField, OccupancyGrid

GRID = room()


def posed_scans(count: int) -> PosedScans:
    rng = np.random.default_rng(0)
    poses = FreeSpace(GRID, 0.4).sample(rng, count)
    scans = [scan_at(GRID, Pose2.from_array(row), rng) for row in poses]
    return PosedScans(scans, poses, SENSOR)


def test_without_a_recording_the_map_is_taken_at_its_word():
    found = calibrate_map(GRID, SENSOR, None)
    assert found.surface_offset_m == 0.0
    assert found.distances_m is None
    assert found.halves == ()


def test_a_map_that_scans_were_cast_on_has_no_offset():
    found = calibrate_map(GRID, SENSOR, posed_scans(150))
    assert found.surface_offset_m == 0.0
    assert found.distances_m is None


def test_a_map_with_walls_a_cell_too_thick_has_its_surface_a_cell_behind():
    occupied = GRID.occupied_mask()
    grown = occupied.copy()
    grown[1:] |= occupied[:-1]
    grown[:-1] |= occupied[1:]
    grown[:, 1:] |= occupied[:, :-1]
    grown[:, :-1] |= occupied[:, 1:]
    thick = OccupancyGrid(np.where(grown, 100, 0).astype(np.int8), 0.05, GRID.origin)
    found = calibrate_map(thick, SENSOR, posed_scans(150))
    assert found.surface_offset_m == pytest.approx(-0.05)
    # Where end points lie, the distances measured are those to the walls as they are.
    assert found.distances_m is not None
    field = LikelihoodField(thick, distances_m=found.distances_m)
    errors = np.abs(field.evaluate(posed_scans(150).end_points()).distances_m)
    assert np.quantile(errors, 0.9) < 0.02
    first, second = found.halves
    assert np.array_equal(first.held_out, ~second.held_out)
    assert first.distances_m.shape == found.distances_m.shape
