# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest

from local_inn_ros.errors import MapError
from local_inn_ros.geometry import Pose2, transform_points
from local_inn_ros.world import OCCUPIED, LikelihoodField, OccupancyGrid
from local_inn_ros.world.distance_image import load_distances, save_distances
from local_inn_ros.world.measured_surfaces import FINER, measured_distances

ORIGIN = Pose2(3.0, -1.0, 0.4)


def wall_at(x_m: float, slant: float = 0.0) -> tuple[OccupancyGrid, np.ndarray]:
    """A wall one cell thick at x = x_m + slant y of the grid, and noisy end points on it."""
    rng = np.random.default_rng(0)
    y = rng.uniform(0.0, 2.0, 6000)
    on_wall = np.column_stack([x_m + slant * y, y])
    cells = np.zeros((40, 60), dtype=np.int8)
    row, col = np.floor(on_wall[:, ::-1] / 0.05).astype(int).T
    cells[row, col] = OCCUPIED
    noisy = on_wall + rng.normal(0.0, 0.01, on_wall.shape)
    return OccupancyGrid(cells, 0.05, ORIGIN), transform_points(ORIGIN, noisy)


def distances_at(grid: OccupancyGrid, end_points: np.ndarray, on_grid: np.ndarray) -> np.ndarray:
    field = LikelihoodField(grid, distances_m=measured_distances(grid, end_points, 0.0))
    return field.evaluate(transform_points(ORIGIN, on_grid)).distances_m


@pytest.mark.parametrize("x_m", [1.503, 1.512, 1.525, 1.537, 1.548])
def test_a_wall_is_found_within_its_cell(x_m):
    grid, end_points = wall_at(x_m)
    y = np.linspace(0.3, 1.7, 50)
    for aside in (0.05, 0.1, 0.2):
        before = distances_at(grid, end_points, np.column_stack([np.full(50, x_m - aside), y]))
        behind = distances_at(grid, end_points, np.column_stack([np.full(50, x_m + aside), y]))
        # The wall lies half way between two places that are as far from it.
        assert 0.5 * (before - behind) == pytest.approx(np.zeros(50), abs=0.003)
        # Means of points about a place off the wall lie a few hundredths of the way towards it.
        assert np.all(0.5 * (before + behind) < aside + 0.001)
        assert np.all(0.5 * (before + behind) > 0.94 * aside)


def test_a_slanted_wall_has_no_stairs():
    slant, across_m = 0.2, 0.12
    grid, end_points = wall_at(1.3, slant)
    y = np.linspace(0.4, 1.6, 200)
    beside = np.column_stack([1.3 + slant * y + across_m * math.hypot(1.0, slant), y])
    seen = distances_at(grid, end_points, beside)
    stairs = LikelihoodField(grid).evaluate(transform_points(ORIGIN, beside)).distances_m
    assert np.std(seen) < 0.002
    assert np.std(seen) < 0.3 * np.std(stairs)
    assert np.mean(seen) == pytest.approx(across_m, rel=0.06)


def test_where_nothing_was_measured_the_map_stands():
    grid, _ = wall_at(1.525)
    fine = measured_distances(grid, np.zeros((0, 2)), -0.025)
    assert fine.shape == (grid.rows * FINER, grid.cols * FINER)
    field = LikelihoodField(grid, distances_m=fine)
    seen = field.evaluate(transform_points(ORIGIN, np.array([[1.425, 1.0], [1.675, 1.0]])))
    assert seen.distances_m == pytest.approx([0.1, 0.15], abs=0.001)


def test_what_is_not_on_the_map_leaves_no_surface():
    grid, end_points = wall_at(1.525)
    rng = np.random.default_rng(1)
    people = np.column_stack([rng.normal(0.7, 0.05, 500), rng.normal(1.0, 0.05, 500)])
    with_people = np.concatenate([end_points, transform_points(ORIGIN, people)])
    np.testing.assert_array_equal(
        measured_distances(grid, with_people, 0.0), measured_distances(grid, end_points, 0.0)
    )


def test_a_map_without_surfaces_stays_without():
    grid = OccupancyGrid(np.zeros((4, 5), dtype=np.int8), 0.05, ORIGIN)
    fine = measured_distances(grid, transform_points(ORIGIN, np.full((10, 2), 0.1)), 0.0)
    assert fine.shape == (4 * FINER, 5 * FINER)
    assert (fine > 0.2).all()


def test_distances_come_back_from_their_image(tmp_path):
    distances = np.random.default_rng(0).uniform(0.0, 1.4, (7, 9))
    save_distances(distances, tmp_path / "surfaces.png")
    found = load_distances(tmp_path / "surfaces.png")
    np.testing.assert_allclose(found, np.minimum(distances, 1.0), atol=5.1e-5)


def test_an_image_that_holds_no_distances_is_refused(tmp_path):
    (tmp_path / "surfaces.png").write_bytes(b"no image")
    with pytest.raises(MapError, match=r"cannot read the distances"):
        load_distances(tmp_path / "surfaces.png")
    with pytest.raises(MapError, match=r"cannot read the distances"):
        load_distances(tmp_path / "absent.png")
