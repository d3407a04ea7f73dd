# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where surfaces lie on maps that are drawn in each of the usual ways, told by the map alone."""

from pathlib import Path

import numpy as np
import pytest
from drawn_walls import CELL_M, DRAWINGS, Drawing, drawn, scans_of_world, world

from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.alignment.refiner import Refiner
from local_inn_ros.world import LikelihoodField, OccupancyGrid, load_map
from local_inn_ros.world.wall_drawing import wall_drawing

INTEL = Path(__file__).resolve().parents[3] / "shared" / "data" / "intel_lab" / "map_lap1.yaml"
IN_EACH_WAY = pytest.mark.parametrize("way", DRAWINGS, ids=lambda way: way.name)
SHIFTED = pytest.mark.parametrize("shifted", [False, True], ids=["", "half a cell on"])


@IN_EACH_WAY
@SHIFTED
def test_the_offset_is_right_within_a_quarter_of_a_cell(way: Drawing, shifted: bool) -> None:
    told = wall_drawing(drawn(way, shifted))
    off = abs(told.surface_offset_m - way.truth_cells * CELL_M)
    assert off <= 0.25 * CELL_M + 1e-9
    # What the map does not tell it does not claim: then the offset may be off, and is said to be.
    assert told.decided == (way.thick < 2)
    assert off < 1e-9 if told.decided else off < told.deviation_m


@IN_EACH_WAY
@SHIFTED
def test_scans_align_a_quarter_of_a_cell_worse_at_most_than_on_the_right_surfaces(
    way: Drawing, shifted: bool
) -> None:
    grid = drawn(way, shifted)
    poses, angles, ranges = scans_of_world(60, 180, 0.01)
    rng = np.random.default_rng(1)
    starts = poses + rng.normal(size=poses.shape) * [0.05, 0.05, 0.03]

    def error_m(offset_m: float) -> float:
        refiner = Refiner(LikelihoodField(grid, offset_m), 0.01)
        errors = []
        for pose, start, row in zip(poses, starts, ranges, strict=True):
            points = np.column_stack([row * np.cos(angles), row * np.sin(angles)])
            found = refiner.refine(points, Pose2.from_array(start)).pose
            errors.append(found.distance_to(Pose2.from_array(pose)))
        return float(np.median(errors))

    told_m = error_m(wall_drawing(grid).surface_offset_m)
    assert told_m < error_m(way.truth_cells * CELL_M) + 0.25 * CELL_M
    assert told_m < 0.75 * CELL_M


def test_a_map_without_walls_has_no_offset() -> None:
    grid = OccupancyGrid(np.zeros((5, 7), dtype=np.int8), CELL_M, Pose2.identity())
    assert wall_drawing(grid).surface_offset_m == 0.0


def test_walls_at_the_edge_of_an_image_are_solid() -> None:
    cells = np.zeros((40, 60), dtype=np.int8)
    cells[0], cells[-1], cells[:, 0], cells[:, -1] = 100, 100, 100, 100
    grid = OccupancyGrid(cells, CELL_M, Pose2.identity())
    assert wall_drawing(grid).surface_offset_m == 0.0


def test_the_words_tell_what_was_taken() -> None:
    words = {way.name: wall_drawing(drawn(way, False)).words() for way in DRAWINGS}
    assert "solids" in words["faces"]
    assert "end points" in words["centres"]
    assert "2.5 cm behind" in words["centres"]
    assert "calibrate" in words["two cells, on the face"]


def test_the_world_is_finer_than_its_maps() -> None:
    assert world().resolution_m < 0.2 * CELL_M


@pytest.mark.skipif(not INTEL.is_file(), reason="the map of the Intel lab is not there")
def test_a_real_map_that_slam_has_made_has_its_surfaces_in_the_middle() -> None:
    told = wall_drawing(load_map(INTEL))
    assert told.from_end_points
    assert told.surface_offset_m == pytest.approx(-0.025)
