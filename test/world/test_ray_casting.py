# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from local_inn_ros.geometry import Pose2
from local_inn_ros.simulation.worlds import generate_race_track
from local_inn_ros.world import FREE, OCCUPIED, UNKNOWN, FreeSpace, OccupancyGrid, RayCaster

REACH_M = 100.0


def exact_range(
    grid: OccupancyGrid, pose: NDArray[np.float64], angle: float, grown: float
) -> float:
    """Intersect one ray with the square of every occupied cell, each side moved by ``grown``."""
    local = grid.origin.inverse() @ Pose2.from_array(pose)
    start = np.array([local.x, local.y])
    direction = np.array([math.cos(local.yaw + angle), math.sin(local.yaw + angle)])
    nearest = math.inf
    for row, col in np.argwhere(grid.occupied_mask()):
        low = np.array([col, row]) * grid.resolution_m - grown
        high = np.array([col + 1, row + 1]) * grid.resolution_m + grown
        enter, leave = 0.0, math.inf
        for axis in range(2):
            if abs(direction[axis]) < 1e-15:
                if not low[axis] <= start[axis] <= high[axis]:
                    enter = math.inf
                continue
            ends = (np.array([low[axis], high[axis]]) - start[axis]) / direction[axis]
            enter, leave = max(enter, ends.min()), min(leave, ends.max())
        if enter <= leave:
            nearest = min(nearest, enter)
    return nearest


def check_against_exact(
    grid: OccupancyGrid, poses: NDArray[np.float64], angles: NDArray[np.float64]
) -> None:
    """Check that ranges lie between those to squares a hair larger and a hair smaller.

    A ray that grazes a cell by less than the hair, or passes through a point where two cells
    meet, may go either way; every other must be right to the millimetre.
    """
    hair = 1e-6 * grid.resolution_m
    ranges = RayCaster(grid).cast(poses, angles, REACH_M)
    assert ranges.shape == (len(poses), len(angles))
    assert ranges.dtype == np.float32
    for i, pose in enumerate(poses):
        for j, angle in enumerate(angles):
            least = exact_range(grid, pose, angle, hair)
            most = exact_range(grid, pose, angle, -hair)
            assert least - 1e-3 <= ranges[i, j] <= most + 1e-3


cell_values = st.sampled_from([FREE, FREE, FREE, UNKNOWN, 50, OCCUPIED])


@st.composite
def little_maps(draw: st.DrawFn) -> OccupancyGrid:
    rows, cols = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    values = draw(st.lists(cell_values, min_size=rows * cols, max_size=rows * cols))
    resolution_m = draw(st.sampled_from([0.05, 0.3, 1.0]))
    yaw = draw(st.sampled_from([0.0, 0.4, math.pi / 2, -2.5]))
    origin = Pose2(draw(st.floats(-9, 9)), draw(st.floats(-9, 9)), yaw)
    return OccupancyGrid(np.array(values, np.int8).reshape(rows, cols), resolution_m, origin)


# Within cells, on faces and on corners; along the axes, on diagonals, nearly so, and any way.
offsets = st.one_of(st.sampled_from([0.0, 0.5]), st.floats(0, 1))
headings = st.one_of(
    st.integers(-4, 4).map(lambda k: k * math.pi / 4),
    st.integers(-4, 4).map(lambda k: k * math.pi / 4 + 1e-4),
    st.floats(-math.pi, math.pi),
)


@settings(max_examples=150, deadline=None)
@given(little_maps(), st.data())
def test_agrees_with_exact_intersection_of_every_cell(
    grid: OccupancyGrid, data: st.DataObject
) -> None:
    row = data.draw(st.integers(0, grid.rows - 1)) + data.draw(offsets)
    col = data.draw(st.integers(0, grid.cols - 1)) + data.draw(offsets)
    # On the outer edge itself rounding decides whether the sensor is on the grid at all.
    row, col = np.clip([row, col], 1e-3, [grid.rows - 1e-3, grid.cols - 1e-3])
    place = grid.cell_to_world([[row - 0.5, col - 0.5]])[0]
    pose = np.array([[*place, data.draw(headings)]])
    angles = np.array(data.draw(st.lists(headings, min_size=1, max_size=6)))
    check_against_exact(grid, pose, angles)


def test_agrees_with_exact_intersection_on_a_large_clutter() -> None:
    rng = np.random.default_rng(3)
    cells = np.where(rng.random((40, 60)) < 0.02, OCCUPIED, FREE).astype(np.int8)
    grid = OccupancyGrid(cells, 0.1, Pose2(-2.0, 1.0, 0.7))
    places = grid.cell_to_world(rng.uniform([0, 0], [39, 59], (40, 2)))
    poses = np.column_stack([places, rng.uniform(-math.pi, math.pi, 40)])
    check_against_exact(grid, poses, np.linspace(-2.3, 2.3, 8))


def walled(cells: list[list[int]], resolution_m: float = 1.0) -> OccupancyGrid:
    return OccupancyGrid(np.array(cells, dtype=np.int8), resolution_m, Pose2.identity())


def test_range_ends_on_the_face_of_the_cell() -> None:
    grid = walled([[0, 0, 0, 100]])
    ranges = RayCaster(grid).cast([[0.25, 0.5, 0.0]], [0.0, math.pi, 0.1], REACH_M)
    np.testing.assert_allclose(ranges, [[2.75, math.inf, 2.75 / math.cos(0.1)]], rtol=1e-6)


def test_grazing_ray_runs_along_a_wall_without_touching_it() -> None:
    grid = walled([[0] * 50 + [100], [100] * 51], resolution_m=0.05)
    y = 0.05 - 1e-6
    ranges = RayCaster(grid).cast([[0.01, y, 0.0]], [0.0, 1e-4, -1e-4], REACH_M)[0]
    assert ranges[0] == pytest.approx(2.49, abs=1e-6)
    assert ranges[1] == pytest.approx(0.01, abs=1e-5)
    assert ranges[2] == pytest.approx(2.49, abs=1e-6)


def test_no_beam_slips_between_cells_that_meet_at_a_corner() -> None:
    grid = walled([[0, 100, 0], [100, 0, 0], [0, 0, 100]])
    # Towards the corner where the two cells meet, and a hair to each side of it.
    poses = [[0.5, 0.5, math.pi / 4 + off] for off in (-1e-6, 0.0, 1e-6)]
    ranges = RayCaster(grid).cast(poses, [0.0], REACH_M)
    np.testing.assert_allclose(ranges, math.sqrt(0.5), atol=1e-4)


def test_a_gap_of_one_cell_lets_beams_through() -> None:
    grid = walled([[0, 100, 0, 0, 100], [0, 0, 0, 0, 100], [0, 100, 0, 0, 100]])
    ranges = RayCaster(grid).cast([[0.5, 1.5, 0.0]], [0.0, 0.3, 0.7, 1.0], REACH_M)[0]
    assert ranges[0] == pytest.approx(3.5)
    assert ranges[1] == pytest.approx(3.5 / math.cos(0.3))
    # Steeper ones meet the occupied cell from below, then from its left.
    assert ranges[2] == pytest.approx(0.5 / math.sin(0.7), abs=1e-6)
    assert ranges[3] == pytest.approx(0.5 / math.cos(1.0), abs=1e-6)


def test_unknown_cells_and_probabilities_stop_nothing() -> None:
    grid = walled([[0, -1, 50, 99, 100]])
    assert RayCaster(grid).cast([[0.5, 0.5, 0.0]], [0.0], REACH_M)[0, 0] == pytest.approx(3.5)


def test_inside_an_occupied_cell_the_range_is_zero() -> None:
    grid = walled([[0, 100, 0]])
    assert (RayCaster(grid).cast([[1.5, 0.5, 0.3]], [0.0, 1.0, 3.0], REACH_M) == 0.0).all()


def test_off_the_grid_there_is_nothing() -> None:
    grid = walled([[0, 100, 0]])
    # Even a beam that would come back onto the grid: the map says nothing of what lies between.
    assert np.isinf(RayCaster(grid).cast([[-1.0, 0.5, 0.0]], [0.0], REACH_M)).all()


def test_nothing_lies_beyond_the_maximum_range() -> None:
    grid = walled([[0] * 30 + [100]])
    cast = RayCaster(grid).cast
    assert cast([[0.5, 0.5, 0.0]], [0.0], 29.6)[0, 0] == pytest.approx(29.5)
    assert cast([[0.5, 0.5, 0.0]], [0.0], 29.4)[0, 0] == math.inf


def test_threads_change_nothing() -> None:
    world = generate_race_track(np.random.default_rng(0))
    poses = FreeSpace(world.grid, 0.1).sample(np.random.default_rng(1), 700)
    angles = np.radians(np.arange(-135.0, 135.0))
    one = RayCaster(world.grid, threads=1).cast(poses, angles, 30.0)
    np.testing.assert_array_equal(RayCaster(world.grid, threads=3).cast(poses, angles, 30.0), one)
    # The track is closed, so every beam meets something.
    assert np.isfinite(one).all()


def test_a_turned_map_gives_the_same_ranges() -> None:
    world = generate_race_track(np.random.default_rng(0))
    poses = FreeSpace(world.grid, 0.1).sample(np.random.default_rng(1), 50)
    angles = np.radians(np.arange(-135.0, 135.0, 5.0))
    move = Pose2(7.0, -3.0, 1.1)
    turned = OccupancyGrid(world.grid.cells, world.grid.resolution_m, move @ world.grid.origin)
    moved = np.array([(move @ Pose2.from_array(pose)).to_array() for pose in poses])
    straight = RayCaster(world.grid).cast(poses, angles, 30.0)
    difference = np.abs(RayCaster(turned).cast(moved, angles, 30.0) - straight)
    # Rounding may send a beam past the other side of a corner; it must be the odd one.
    assert np.mean(difference > 1e-4) < 1e-3


def test_refuses_poses_that_are_no_poses() -> None:
    caster = RayCaster(walled([[0, 100]]))
    with pytest.raises(ValueError, match=r"poses \(n, 3\)"):
        caster.cast([[0.5, 0.5]], [0.0], REACH_M)
    with pytest.raises(ValueError, match="finite"):
        caster.cast([[0.5, 0.5, math.nan]], [0.0], REACH_M)
    assert caster.cast(np.zeros((0, 3)), [0.0], REACH_M).shape == (0, 1)
