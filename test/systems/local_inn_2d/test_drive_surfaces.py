# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where surfaces lie, told by a drive of which no pose is known, on maps drawn in each way."""

from pathlib import Path

import numpy as np
import pytest
from drawn_walls import CELL_M, DRAWINGS, Drawing, drawn, scans_of_world
from local_inn_bundles import description_of
from localization_helpers import SENSOR

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.description import MapReference
from local_inn_ros.localization.own_drive import OwnDrive
from local_inn_ros.sensing import Scan
from local_inn_ros.sensing.posed_observations import PosedObservations
from local_inn_ros.systems.local_inn_2d.config import PriorSpec
from local_inn_ros.systems.local_inn_2d.drive_surfaces import surfaces_of_drive
from local_inn_ros.world import OccupancyGrid, grid_hash
from local_inn_ros.world.wall_drawing import wall_drawing

LASER = SENSOR.model_copy(update={"noise_std_m": 0.01, "range_max_m": 20.0})
PRIOR = PriorSpec(deviation=(0.2, 0.2, 0.2), widest_spread=1.0, fine_spread=0.3)


def bundle_of(grid: OccupancyGrid) -> Bundle:
    told = wall_drawing(grid)
    reference = MapReference(
        file="map.yaml",
        sha256=grid_hash(grid),
        surface_offset_m=told.surface_offset_m,
        surface_deviation_m=told.deviation_m,
    )
    return Bundle(Path("none"), description_of(LASER, reference, PRIOR, 0.02), grid)


def drive(too_long_m: float = 0.0) -> OwnDrive:
    """A drive whose poses the filter had wrong by some 2 cm."""
    poses, angles, ranges = scans_of_world(60, 120, 0.01)
    step = float(angles[1] - angles[0])
    scans = tuple(
        Scan(float(k), (row + too_long_m).astype(np.float32), float(angles[0]), step, 0.05, 20.0)
        for k, row in enumerate(ranges)
    )
    believed = poses + np.random.default_rng(2).normal(size=poses.shape) * [0.02, 0.02, 0.008]
    return OwnDrive(PosedObservations(scans, believed), believed)


@pytest.mark.parametrize("way", DRAWINGS, ids=lambda way: way.name)
@pytest.mark.parametrize("shifted", [False, True], ids=["", "half a cell on"])
def test_the_offset_is_found(way: Drawing, shifted: bool) -> None:
    found = surfaces_of_drive(bundle_of(drawn(way, shifted)), drive())
    assert found.offset_m == pytest.approx(way.truth_cells * CELL_M, abs=0.25 * CELL_M)


def test_a_bias_of_the_ranges_is_found_where_walls_are_of_one_cell() -> None:
    bundle = bundle_of(drawn(DRAWINGS[1], False))
    right, long = (surfaces_of_drive(bundle, drive(by_m)) for by_m in (0.0, 0.015))
    assert right.offset_m == long.offset_m
    assert long.range_bias_m - right.range_bias_m == pytest.approx(0.015, abs=0.005)


def test_elsewhere_it_is_taken_for_the_offset() -> None:
    bundle = bundle_of(drawn(DRAWINGS[0], False))
    right, long = (surfaces_of_drive(bundle, drive(by_m)) for by_m in (0.0, 0.015))
    assert long.range_bias_m == right.range_bias_m == 0.0
    assert right.offset_m - long.offset_m == pytest.approx(0.015, abs=0.005)
