# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_inn_ros.geometry import Pose2, transform_points
from local_inn_ros.simulation.worlds import generate_race_track
from local_inn_ros.world import (
    FREE,
    OCCUPIED,
    UNKNOWN,
    FreeSpace,
    LikelihoodField,
    OccupancyGrid,
    RayCaster,
    distance_to_occupied,
    signed_distance,
)


def wall_ahead(origin: Pose2, resolution_m: float = 0.1) -> OccupancyGrid:
    """A wall from 2 m on along the grid's x, solid to the end; 3 m in all, 2 m wide."""
    cells = np.zeros((20, 30), dtype=np.int8)
    cells[:, 20:] = OCCUPIED
    return OccupancyGrid(cells, resolution_m, origin)


def test_distances_agree_with_every_pair_of_cells() -> None:
    rng = np.random.default_rng(0)
    cells = rng.choice([FREE, UNKNOWN, 30, OCCUPIED], (9, 12), p=[0.6, 0.2, 0.1, 0.1])
    grid = OccupancyGrid(cells.astype(np.int8), 0.2, Pose2.identity())
    all_cells = np.argwhere(np.ones(cells.shape, dtype=bool))
    occupied = np.argwhere(cells == OCCUPIED)
    apart = np.linalg.norm(all_cells[:, None] - occupied, axis=2).min(axis=1) * 0.2
    np.testing.assert_allclose(distance_to_occupied(grid).ravel(), apart)
    signed = signed_distance(grid)
    np.testing.assert_allclose(
        signed[cells != OCCUPIED], apart.reshape(9, 12)[cells != OCCUPIED] - 0.1
    )
    assert (signed[cells == OCCUPIED] < 0.0).all()


def test_an_empty_map_is_far_from_everything() -> None:
    grid = OccupancyGrid(np.zeros((3, 4), dtype=np.int8), 1.0, Pose2.identity())
    assert (distance_to_occupied(grid) >= 5.0).all()
    values = LikelihoodField(grid, max_distance_m=0.6).evaluate([[1.0, 1.0]])
    assert values.distances_m[0] == 0.6
    assert np.isinf(RayCaster(grid).cast([[1.0, 1.0, 0.0]], [0.0], 10.0)).all()


@settings(deadline=None)
@given(st.floats(-0.55, 0.55), st.floats(0.06, 1.94), st.floats(-math.pi, math.pi))
def test_before_a_straight_wall_it_is_the_distance_to_its_face(
    ahead: float, aside: float, yaw: float
) -> None:
    origin = Pose2(3.0, -1.0, yaw)
    field = LikelihoodField(wall_ahead(origin), max_distance_m=0.6)
    values = field.evaluate(transform_points(origin, np.array([[2.0 - ahead, aside]])))
    assert values.distances_m[0] == pytest.approx(ahead, abs=1e-9)
    # The gradient points away from the wall.
    np.testing.assert_allclose(values.gradients[0], [-math.cos(yaw), -math.sin(yaw)], atol=1e-6)


def test_surface_offset_moves_the_zero_into_the_wall() -> None:
    grid = wall_ahead(Pose2.identity())
    field = LikelihoodField(grid, surface_offset_m=-0.05)
    assert field.evaluate([[2.05, 1.0]]).distances_m[0] == pytest.approx(0.0, abs=1e-12)
    assert field.evaluate([[2.00, 1.0]]).distances_m[0] == pytest.approx(0.05)


def test_far_from_surfaces_and_off_the_map_nothing_pulls() -> None:
    field = LikelihoodField(wall_ahead(Pose2.identity()), max_distance_m=0.6)
    points = [[0.5, 1.0], [2.9, 1.0], [-0.1, 1.0], [2.5, 2.01], [math.nan, 1.0], [math.inf, 0.0]]
    values = field.evaluate(points)
    np.testing.assert_allclose(values.distances_m, [0.6, -0.6, 0.6, 0.6, 0.6, 0.6])
    assert (values.gradients == 0.0).all()


def test_gradient_is_the_derivative() -> None:
    world = generate_race_track(np.random.default_rng(2))
    turned = OccupancyGrid(world.grid.cells, world.grid.resolution_m, Pose2(1.0, 2.0, 0.6))
    field = LikelihoodField(turned)
    rng = np.random.default_rng(0)
    points = FreeSpace(turned).sample(rng, 4000)[:, :2] + rng.normal(0.0, 0.3, (4000, 2))
    step = 1e-7
    gradients = field.evaluate(points).gradients
    numeric = np.column_stack(
        [
            field.evaluate(points + step * axis).distances_m
            - field.evaluate(points - step * axis).distances_m
            for axis in np.eye(2)
        ]
    ) / (2.0 * step)
    # Across the border of two cells there is no derivative; a step that small rarely crosses.
    wrong = np.abs(gradients - numeric).max(axis=1) > 1e-4
    assert wrong.mean() < 1e-3
    assert np.mean(np.abs(gradients).max(axis=1) > 0.1) > 0.2


def test_end_points_of_cast_beams_lie_on_the_zero() -> None:
    world = generate_race_track(np.random.default_rng(2))
    poses = FreeSpace(world.grid, 0.2).sample(np.random.default_rng(0), 100)
    angles = np.radians(np.arange(-135.0, 135.0))
    ranges = RayCaster(world.grid).cast(poses, angles, 30.0)
    bearings = poses[:, 2:] + angles
    ends = np.stack(
        [
            poses[:, :1] + ranges * np.cos(bearings),
            poses[:, 1:2] + ranges * np.sin(bearings),
        ],
        axis=-1,
    ).reshape(-1, 2)
    distances = LikelihoodField(world.grid).evaluate(ends).distances_m
    # Straight walls are exact; on the steps of slanting ones it is off by part of a cell.
    assert np.median(np.abs(distances)) < 0.1 * world.grid.resolution_m
    assert np.abs(distances).max() < world.grid.resolution_m
