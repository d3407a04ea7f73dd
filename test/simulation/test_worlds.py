# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math
from functools import cache

import numpy as np
import pytest
from scipy import ndimage

from local_inn_ros.simulation.worlds import GeneratedWorld, generate_floor, generate_race_track
from local_inn_ros.world import ClosedPath, FreeSpace, RayCaster, grid_hash

SEEDS = range(5)


@cache
def track(seed: int) -> GeneratedWorld:
    return generate_race_track(np.random.default_rng(seed))


@cache
def floor(seed: int) -> GeneratedWorld:
    return generate_floor(np.random.default_rng(seed))


def clearances(world: GeneratedWorld) -> np.ndarray:
    """Distance of each point of the lap to the nearest cell that is not free."""
    padded = np.pad(world.grid.free_mask(), 1)
    distance = (ndimage.distance_transform_edt(padded)[1:-1, 1:-1] - 0.5) * world.grid.resolution_m
    cells = world.grid.world_to_cell(world.route)
    return distance[cells[:, 0], cells[:, 1]]


def turns_round(route: np.ndarray) -> float:
    """How many times the heading turns round along a lap; 1 or -1 where it crosses itself not."""
    steps = np.roll(route, -1, axis=0) - route
    headings = np.arctan2(steps[:, 1], steps[:, 0])
    change = np.mod(np.diff(headings, append=headings[:1]) + math.pi, 2.0 * math.pi) - math.pi
    return float(change.sum() / (2.0 * math.pi))


@pytest.mark.parametrize("seed", SEEDS)
def test_race_track_can_be_driven(seed: int) -> None:
    world = track(seed)
    path = ClosedPath.through(world.route)
    assert path.length_m == pytest.approx(60.0, abs=0.1)
    assert np.abs(path.curvatures).max() < 1.0 / 2.45
    assert abs(turns_round(world.route)) == pytest.approx(1.0)
    assert clearances(world).min() > 0.65
    assert 130.0 < world.grid.free_area_m2 < 190.0
    np.testing.assert_allclose(world.route[0], 0.0, atol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_race_track_is_one_closed_corridor(seed: int) -> None:
    grid = track(seed).grid
    _, regions = ndimage.label(grid.free_mask())
    assert regions == 1
    assert not grid.unknown_mask().any()
    edges = np.concatenate([grid.cells[0], grid.cells[-1], grid.cells[:, 0], grid.cells[:, -1]])
    assert (edges == 100).all()


def test_race_track_of_another_size() -> None:
    world = generate_race_track(
        np.random.default_rng(0), lap_m=80.0, width_m=3.0, least_radius_m=3.0
    )
    path = ClosedPath.through(world.route)
    assert path.length_m == pytest.approx(80.0, abs=0.1)
    assert np.abs(path.curvatures).max() < 1.0 / 2.95
    assert world.grid.free_area_m2 == pytest.approx(80.0 * 3.0, rel=0.15)


def test_a_track_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="20 m radius"):
        generate_race_track(np.random.default_rng(0), lap_m=30.0, least_radius_m=20.0)


@pytest.mark.parametrize("seed", SEEDS)
def test_floor_hangs_together_and_its_lap_is_clear(seed: int) -> None:
    world = floor(seed)
    grid = world.grid
    _, regions = ndimage.label(grid.free_mask())
    assert regions == 1
    path = ClosedPath.through(world.route)
    assert 40.0 < path.length_m < 60.0
    assert turns_round(world.route) == pytest.approx(1.0)
    assert clearances(world).min() > 0.45
    assert grid.unknown_mask().any()
    # Rooms and not only the corridor can be entered by a robot 0.6 m wide.
    corridor_m2 = path.length_m * 2.6
    assert FreeSpace(grid, 0.3).area_m2 > 0.9 * corridor_m2
    assert FreeSpace(grid).area_m2 > 1.8 * corridor_m2


@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_sees_out_of_the_building(seed: int) -> None:
    grid = floor(seed).grid
    poses = FreeSpace(grid).sample(np.random.default_rng(0), 500)
    ranges = RayCaster(grid).cast(poses, np.linspace(-3.1, 3.1, 90), 100.0)
    assert np.isfinite(ranges).all()


def test_a_building_too_small_is_refused() -> None:
    with pytest.raises(ValueError, match="no room"):
        generate_floor(np.random.default_rng(0), width_m=12.0, depth_m=9.0)


@pytest.mark.parametrize("generate", [generate_race_track, generate_floor])
def test_the_seed_decides(generate: object) -> None:
    assert callable(generate)
    first, again, other = (generate(np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert grid_hash(first.grid) == grid_hash(again.grid)
    np.testing.assert_array_equal(first.route, again.route)
    assert grid_hash(first.grid) != grid_hash(other.grid)


@pytest.mark.parametrize("generate", [generate_race_track, generate_floor])
def test_places_along_the_lap_look_different(generate: object) -> None:
    assert callable(generate)
    world = generate(np.random.default_rng(1))
    path = ClosedPath.through(world.route, 2.0)
    poses = np.column_stack([path.points, path.headings_rad])
    scans = RayCaster(world.grid).cast(poses, np.linspace(-2.35, 2.35, 90), 30.0)
    apart = np.sqrt(np.mean((scans[:, None] - scans) ** 2, axis=2))
    np.fill_diagonal(apart, np.inf)
    # Root mean square over the beams; a laser's noise is a hundredth of a metre.
    assert apart.min() > 0.1
