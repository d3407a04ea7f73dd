# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Worlds that differ from the map that a robot knows, and maps that are drawn of them."""

import math

import numpy as np
import pytest
from scipy import ndimage

from local_inn_ros.geometry import Pose2
from local_inn_ros.sensing import LaserSpec, Scan
from local_inn_ros.simulation import LaserModel, OdometryModel, Simulator, TruthState
from local_inn_ros.simulation.worlds import (
    DrivenWorld,
    GeneratedWorld,
    WorldKind,
    driven_world,
    generate_floor,
    generate_race_track,
)
from local_inn_ros.simulation.worlds.drawn_map import draw_map
from local_inn_ros.world import FREE, OCCUPIED, FreeSpace, OccupancyGrid, RayCaster

ANGLES = np.linspace(-math.pi, math.pi, 360, endpoint=False)
SPEC = LaserSpec(
    name="test",
    beam_count=181,
    angle_min_rad=-2.35,
    angle_max_rad=2.35,
    range_min_m=0.05,
    range_max_m=30.0,
    noise_std_m=0.01,
    rate_hz=40.0,
    network_beams=91,
)


@pytest.fixture(scope="module")
def floor() -> GeneratedWorld:
    return generate_floor(np.random.default_rng(0))


@pytest.fixture(scope="module")
def smooth(floor: GeneratedWorld) -> DrivenWorld:
    return driven_world(WorldKind.SMOOTH, floor.grid, floor.route, np.random.default_rng(1))


@pytest.fixture(scope="module")
def drawn(floor: GeneratedWorld) -> OccupancyGrid:
    unchanged = driven_world(WorldKind.SMOOTH, floor.grid, floor.route, None)
    return draw_map(unchanged, floor.route, np.random.default_rng(2))


def test_the_maps_own_world_is_the_map(floor: GeneratedWorld) -> None:
    world = driven_world(WorldKind.OWN, floor.grid, floor.route, np.random.default_rng(0))
    assert world.grid is floor.grid
    poses = FreeSpace(floor.grid, 0.3).sample(np.random.default_rng(0), 5)
    expected = RayCaster(floor.grid).cast(poses, ANGLES, 20.0)
    np.testing.assert_array_equal(world.caster.cast(poses, ANGLES, 20.0), expected)


def test_some_furniture_is_there_that_the_map_lacks_and_some_is_gone(
    floor: GeneratedWorld, smooth: DrivenWorld
) -> None:
    poses = FreeSpace(smooth.grid, 0.3).sample(np.random.default_rng(0), 200)
    seen, known = (one.cast(poses, ANGLES, 60.0) for one in (smooth.caster, RayCaster(floor.grid)))
    off = (seen - known)[np.isfinite(seen) & np.isfinite(known)]
    shorter, longer = np.mean(off < -0.2), np.mean(off > 0.2)
    assert 0.005 < shorter < 0.12
    assert 0.002 < longer < 0.1
    assert abs(np.median(off)) < 0.005
    new = (smooth.grid.cells == OCCUPIED) & (floor.grid.cells == FREE)
    assert 0.001 < new.mean() < 0.03
    # The lap is clear of them.
    away = ndimage.distance_transform_edt(~new) * floor.grid.resolution_m
    cells = floor.grid.world_to_cell(floor.route)
    assert away[cells[:, 0], cells[:, 1]].min() > 0.6


def test_where_nothing_has_changed_only_the_stairs_are_gone(floor: GeneratedWorld) -> None:
    world = driven_world(WorldKind.SMOOTH, floor.grid, floor.route, None)
    poses = FreeSpace(floor.grid, 0.3).sample(np.random.default_rng(0), 100)
    off = world.caster.cast(poses, ANGLES, 20.0) - RayCaster(floor.grid).cast(poses, ANGLES, 20.0)
    # Beyond that are beams that graze a corner.
    assert np.mean(np.abs(off) > 0.1) < 0.02


def test_the_same_seed_gives_the_same_world(floor: GeneratedWorld) -> None:
    one, same, other = (
        driven_world(WorldKind.SMOOTH, floor.grid, floor.route, np.random.default_rng(seed))
        for seed in (4, 4, 5)
    )
    poses = FreeSpace(floor.grid, 0.3).sample(np.random.default_rng(0), 20)
    ranges = [world.caster.cast(poses, ANGLES, 20.0) for world in (one, same, other)]
    np.testing.assert_array_equal(ranges[0], ranges[1])
    np.testing.assert_array_equal(one.grid.cells, same.grid.cells)
    assert (ranges[0] != ranges[2]).any()


def test_a_robot_drives_between_smooth_walls_and_sees_them() -> None:
    track = generate_race_track(np.random.default_rng(3), lap_m=45.0)
    world = driven_world(WorldKind.SMOOTH, track.grid, track.route, np.random.default_rng(0))
    spec = SPEC.model_copy(update={"scan_duration_s": 0.0})
    simulator = Simulator(
        world.grid,
        track.route,
        LaserModel(spec),
        OdometryModel(),
        5.0,
        np.random.default_rng(0),
        caster=world.caster,
    )
    errors, stairs, truth = [], [], Pose2.identity()
    for event in simulator.events(3.0):
        if isinstance(event, TruthState):
            truth = event.pose
        elif isinstance(event, Scan):
            at = truth.to_array()[None], spec.beam_angles_rad(), 30.0
            errors.append(event.ranges_m - world.caster.cast(*at)[0])
            stairs.append(event.ranges_m - RayCaster(track.grid, threads=1).cast(*at)[0])
    assert np.std(errors) == pytest.approx(0.01, rel=0.1)
    assert np.percentile(np.abs(stairs), 75) > 1.3 * np.percentile(np.abs(errors), 75)


def test_a_drawn_map_has_walls_of_a_cell_whose_surface_lies_within(
    floor: GeneratedWorld, drawn: OccupancyGrid
) -> None:
    assert set(np.unique(drawn.cells)) == {-1, FREE, OCCUPIED}
    world = driven_world(WorldKind.SMOOTH, floor.grid, floor.route, None)
    # Beams along the axes of the grid, at the walls of the corridor: how far into the first
    # occupied cell does the surface lie?
    poses = FreeSpace(floor.grid, 0.5).sample(np.random.default_rng(0), 400)
    poses[:, 2] = 0.0
    square = [0.0, 0.5 * math.pi, math.pi, -0.5 * math.pi]
    true = world.caster.cast(poses, square, 8.0)
    told = RayCaster(drawn, threads=1).cast(poses, square, 8.0)
    met = np.isfinite(true) & np.isfinite(told)
    assert met.mean() > 0.6
    into = (true - told)[met]
    # Beyond that are ends of walls, and walls that were drawn with gaps.
    assert np.mean(np.abs(into) < 0.15) > 0.85
    into = into[np.abs(into) < 0.15]
    # On average half a cell, and anything between its faces, with a little noise.
    assert np.mean(into) == pytest.approx(0.025, abs=0.012)
    assert np.percentile(into, 95) - np.percentile(into, 5) > 0.025
    assert np.mean((into > -0.03) & (into < 0.08)) > 0.9
    # Walls are thin: most occupied cells touch one that is not.
    deep = ndimage.binary_erosion(drawn.occupied_mask(), np.ones((3, 3)))
    assert deep.sum() < 0.02 * drawn.occupied_mask().sum()


def test_a_drawn_map_knows_the_lap_and_not_what_nobody_saw(
    floor: GeneratedWorld, drawn: OccupancyGrid
) -> None:
    values = drawn.values_at(floor.route)
    assert (values == FREE).all()
    inside = floor.grid.cells == FREE
    seen = drawn.values_at(floor.grid.cell_to_world(np.argwhere(inside)))
    assert 0.002 < np.mean(seen == -1) < 0.3
    assert np.mean(seen == FREE) > 0.65
    # What is behind the walls is unknown.
    assert np.mean(drawn.cells == -1) > 0.1


def test_the_same_seed_draws_the_same_map(floor: GeneratedWorld, drawn: OccupancyGrid) -> None:
    unchanged = driven_world(WorldKind.SMOOTH, floor.grid, floor.route, None)
    again = draw_map(unchanged, floor.route, np.random.default_rng(2))
    np.testing.assert_array_equal(again.cells, drawn.cells)
    assert again.origin == drawn.origin
    other = draw_map(unchanged, floor.route, np.random.default_rng(3))
    assert other.origin != drawn.origin
