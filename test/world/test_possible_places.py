# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.world import FREE, OCCUPIED, UNKNOWN, FreeSpace, OccupancyGrid
from local_inn_ros.world.possible_places import PossiblePlaces, Standing


def places(cell_m: float = 0.1, cells_along: int = 100) -> PossiblePlaces:
    """A room in the middle of unknown land, and a closet that is not taken, 10 m square in all."""
    cells = np.full((cells_along, cells_along), UNKNOWN, dtype=np.int8)
    cell = cells_along // 100
    cells[20 * cell : 60 * cell, 20 * cell : 70 * cell] = OCCUPIED
    cells[22 * cell : 58 * cell, 22 * cell : 60 * cell] = FREE
    cells[30 * cell : 40 * cell, 62 * cell : 68 * cell] = FREE
    grid = OccupancyGrid(cells, cell_m, Pose2(-5.0, -5.0, 0.0))
    return PossiblePlaces.of(FreeSpace(grid, 0.0, [(-1.0, -1.0)]))


def judged(x: float, y: float, deviation_m: float = 0.1) -> tuple[Standing, str]:
    pose = GaussianPose2.from_deviations(Pose2(x, y, 0.3), deviation_m, deviation_m, 0.1)
    judgement = places().judge(pose, "map")
    return judgement.standing, judgement.sentence


def test_free_beside_it_and_off() -> None:
    assert judged(-1.0, -1.0) == (Standing.FREE, "")
    standing, sentence = judged(-1.0, -3.0)
    assert standing is Standing.DOUBTFUL
    assert "0.2 m from all free space" in sentence
    standing, sentence = judged(-1.0, 4.0)
    assert standing is Standing.OFF
    assert "x -1.00 m, y 4.00 m in 'map'" in sentence
    assert "x -5.00 to 5.00 m" in sentence


def test_who_is_less_sure_may_be_farther_off_but_not_anywhere() -> None:
    assert judged(-1.0, 3.0)[0] is Standing.OFF
    assert judged(-1.0, 3.0, 0.5)[0] is Standing.DOUBTFUL
    assert judged(700.0, 0.0, 300.0)[0] is Standing.OFF


def test_a_free_part_that_was_not_taken_is_doubtful() -> None:
    standing, sentence = judged(1.5, -1.5)
    assert standing is Standing.DOUBTFUL
    assert "was not learned" in sentence


def test_of_a_large_map_a_coarser_picture_says_the_same() -> None:
    large = places(0.01, 1000)
    assert large.raster.cells.size <= 250_000
    for x, y in ((-1.0, -1.0), (-1.0, 4.0), (1.5, -1.5), (700.0, 0.0)):
        pose = GaussianPose2.from_deviations(Pose2(x, y, 0.0), 0.1, 0.1, 0.1)
        assert large.judge(pose, "map").standing is places().judge(pose, "map").standing


@pytest.mark.parametrize("yaw", [0.0, 1.0, -2.5])
def test_the_distance_is_to_the_nearest_free_cell_however_the_map_lies(yaw: float) -> None:
    cells = np.full((40, 40), UNKNOWN, dtype=np.int8)
    cells[10:30, 10:30] = FREE
    origin = Pose2(3.0, -2.0, yaw)
    told = PossiblePlaces.of(FreeSpace(OccupancyGrid(cells, 0.1, origin)))
    mean = origin @ Pose2(3.0 + 0.6, 2.0, 0.0)
    judgement = told.judge(GaussianPose2.from_deviations(mean, 0.1, 0.1, 0.1), "map")
    assert "0.6 m from all free space" in judgement.sentence
