# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest

from local_inn_ros.errors import MapError
from local_inn_ros.geometry import Pose2
from local_inn_ros.simulation.worlds import generate_floor, generate_race_track
from local_inn_ros.world import (
    FREE,
    OCCUPIED,
    ClosedPath,
    FreeSpace,
    OccupancyGrid,
    PathsToRoute,
    plan_lap,
)


def ring(origin: Pose2) -> OccupancyGrid:
    """A corridor 2 m wide round a block of 8 x 3 m, with a pillar of 0.4 m in it."""
    cells = np.full((90, 140), OCCUPIED, dtype=np.int8)
    cells[10:80, 10:130] = FREE
    cells[30:60, 30:110] = OCCUPIED
    cells[18:22, 70:74] = OCCUPIED
    return OccupancyGrid(cells, 0.1, origin)


@pytest.mark.parametrize("yaw", [0.0, 0.7, -2.0])
def test_lap_goes_once_round_the_block_and_clear_of_it(yaw: float) -> None:
    grid = ring(Pose2(4.0, 5.0, yaw))
    lap = plan_lap(grid, clearance_m=0.3)
    assert FreeSpace(grid, 0.3).contains(lap).all()
    closed = ClosedPath.through(lap)
    # Once round at the middle of the corridor is 2 x (10 + 5) m, less the corners' rounding.
    assert closed.length_m == pytest.approx(29.0, abs=2.0)
    middle = grid.cell_to_world([[44.5, 69.5]])[0]
    bearing = np.unwrap(np.arctan2(lap[:, 1] - middle[1], lap[:, 0] - middle[0]))
    assert bearing[-1] - bearing[0] == pytest.approx(2.0 * math.pi, abs=0.2)


@pytest.mark.parametrize("seed", range(3))
def test_lap_of_a_generated_track_keeps_near_its_centre_line(seed: int) -> None:
    world = generate_race_track(np.random.default_rng(seed))
    lap = plan_lap(world.grid)
    apart = np.linalg.norm(lap[:, None] - world.route, axis=2).min(axis=1)
    assert apart.max() < 1.0
    assert ClosedPath.through(lap).length_m == pytest.approx(60.0, rel=0.1)


def test_a_room_has_no_lap() -> None:
    cells = np.full((30, 30), OCCUPIED, dtype=np.int8)
    cells[2:28, 2:28] = FREE
    with pytest.raises(MapError, match="goes round nothing"):
        plan_lap(OccupancyGrid(cells, 0.1, Pose2.identity()))


def test_ways_from_every_room_lead_to_the_lap_without_touching_a_wall() -> None:
    world = generate_floor(np.random.default_rng(0))
    ways = PathsToRoute(world.grid, world.route, clearance_m=0.25)
    space = FreeSpace(world.grid, 0.25)
    for pose in space.sample(np.random.default_rng(0), 100):
        way = ways.path_from(pose[0], pose[1])
        assert np.linalg.norm(way[0] - pose[:2]) < 0.2
        assert np.linalg.norm(way[-1] - world.route, axis=1).min() < 0.25
        assert np.linalg.norm(np.diff(way, axis=0), axis=1).max(initial=0.0) < 0.15
        assert space.contains(way).all()


def test_a_route_elsewhere_is_refused() -> None:
    world = generate_floor(np.random.default_rng(0))
    with pytest.raises(MapError, match="does not lie in the free space"):
        PathsToRoute(world.grid, world.route + 500.0, clearance_m=0.25)
