# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Walls without stairs, and beams against them."""

import math

import numpy as np
import pytest

from local_inn_ros.geometry import Pose2
from local_inn_ros.simulation.worlds import generate_floor, generate_race_track
from local_inn_ros.simulation.worlds.segment_caster import SegmentCaster
from local_inn_ros.simulation.worlds.wall_chains import wall_chains
from local_inn_ros.simulation.worlds.wall_outlines import smooth_outlines
from local_inn_ros.simulation.worlds.wall_smoothing import smooth_walls
from local_inn_ros.world import FreeSpace, OccupancyGrid, RayCaster

Y, X = np.mgrid[0:200, 0:200] + 0.5
ANGLES = np.linspace(-math.pi, math.pi, 720, endpoint=False)


def walls_of(occupied: np.ndarray, offset: float = 0.0) -> np.ndarray:
    return smooth_walls(wall_chains(occupied), offset)


def tilted(degrees: float, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates of points along and across a rectangle about (100, 100)."""
    angle = math.radians(degrees)
    x, y = points[..., 0] - 100.0, points[..., 1] - 100.0
    return math.cos(angle) * x + math.sin(angle) * y, math.cos(angle) * y - math.sin(angle) * x


def test_outlines_are_closed_and_go_through_all_faces() -> None:
    occupied = np.random.default_rng(0).random((30, 40)) < 0.4
    chains = wall_chains(occupied)
    padded = np.pad(occupied, 1)
    faces = (padded[1:] != padded[:-1]).sum() + (padded[:, 1:] != padded[:, :-1]).sum()
    assert len(chains.points) == chains.starts[-1] == faces
    assert len(np.unique(chains.points, axis=0)) == faces
    for begin, end in zip(chains.starts[:-1], chains.starts[1:], strict=True):
        chain = chains.points[begin:end]
        steps = np.linalg.norm(np.roll(chain, -1, axis=0) - chain, axis=1)
        assert steps.max() < 1.01
    # On one side of each face lies an occupied cell, on the other none.
    inside = np.floor(chains.points - 0.5 * chains.outward).astype(int) + 1
    outside = np.floor(chains.points + 0.5 * chains.outward).astype(int) + 1
    assert padded[inside[:, 1], inside[:, 0]].all()
    assert not padded[outside[:, 1], outside[:, 0]].any()


def test_cells_that_touch_at_a_corner_leave_no_gap() -> None:
    occupied = np.eye(40, dtype=bool)
    caster = SegmentCaster(walls_of(occupied))
    # From one side of the diagonal to the other, all along it.
    starts = np.array([[at, at + 6.0, -0.25 * math.pi] for at in np.linspace(5.0, 30.0, 501)])
    ranges = caster.cast(starts, [0.0, 0.3, -0.3], 50.0)
    assert (ranges < 7.0).all()


def test_a_round_pillar_is_round() -> None:
    walls = walls_of(np.hypot(X - 100.3, Y - 99.1) < 63.2)
    off = np.hypot(walls[:, 0] - 100.3, walls[:, 1] - 99.1) - 63.2
    assert abs(off.mean()) < 0.03
    assert np.percentile(np.abs(off), 95) < 0.25
    assert np.abs(off).max() < 0.5


@pytest.mark.parametrize("degrees", [1.0, 3.0, 10.0, 27.0, 45.0])
def test_a_wall_that_lies_askew_has_no_stairs(degrees: float) -> None:
    along, across = tilted(degrees, np.stack([X, Y], axis=-1))
    walls = walls_of((np.abs(along) < 60.2) & (np.abs(across) < 20.3))
    along, across = tilted(degrees, walls[:, :2])
    side = np.abs(along) < 50.0
    off = np.abs(across[side]) - 20.3
    assert abs(off.mean()) < 0.2
    assert np.abs(off).max() < 0.4
    # Nowhere does it turn as a stair does.
    slopes = np.diff(across[side & (across > 0)]) / np.diff(along[side & (across > 0)])
    assert np.percentile(np.abs(slopes), 95) < 0.12
    # Its corners stay.
    assert np.hypot(np.abs(along) - 60.2, np.abs(across) - 20.3).min() < 1.0


def test_walls_along_the_grid_stay_where_they_are() -> None:
    occupied = np.zeros((60, 80), dtype=bool)
    occupied[20:40, 10:70] = True
    walls = walls_of(occupied)
    middle = (walls[:, 0] > 20.0) & (walls[:, 0] < 60.0)
    np.testing.assert_allclose(np.abs(walls[middle, 1] - 30.0), 10.0, atol=0.02)


@pytest.mark.parametrize("offset", [-0.5, 0.25])
def test_surfaces_lie_as_far_from_the_faces_as_told(offset: float) -> None:
    occupied = np.zeros((60, 80), dtype=bool)
    occupied[20:40, 10:70] = True
    walls = walls_of(occupied, offset)
    middle = (walls[:, 0] > 20.0) & (walls[:, 0] < 60.0)
    np.testing.assert_allclose(np.abs(walls[middle, 1] - 30.0), 10.0 + offset, atol=0.02)


def ring(radius_m: float, x: float, y: float, count: int) -> np.ndarray:
    turn = 2.0 * math.pi * np.arange(count) / count
    points = np.column_stack([x + radius_m * np.cos(turn), y + radius_m * np.sin(turn)])
    return np.hstack([points, np.roll(points, -1, axis=0)])


def test_beams_meet_a_circle_where_geometry_says() -> None:
    """Of 3,000 sides a circle of 4 m is off by 2 micrometres."""
    caster = SegmentCaster(ring(4.0, 1.3, -2.2, 3000))
    poses = np.array([[1.3, -2.2, 0.3], [3.1, -0.2, -1.0], [-1.9, -3.0, 2.0]])
    ranges = caster.cast(poses, ANGLES, 30.0)
    for pose, row in zip(poses, ranges, strict=True):
        x, y = pose[0] - 1.3, pose[1] + 2.2
        along = x * np.cos(pose[2] + ANGLES) + y * np.sin(pose[2] + ANGLES)
        expected = -along + np.sqrt(along**2 - x * x - y * y + 16.0)
        np.testing.assert_allclose(row, expected, atol=1e-5)
    outside = caster.cast([[8.3, -2.2, math.pi]], [0.0, 0.2, 1.5], 30.0)[0]
    bend = 7.0 * math.cos(0.2)
    assert outside[0] == pytest.approx(3.0, abs=1e-5)
    assert outside[1] == pytest.approx(bend - math.sqrt(bend**2 - 33.0), abs=1e-5)
    assert np.isinf(outside[2])


def test_beams_meet_lines_where_geometry_says() -> None:
    line = np.array([[-20.0, 3.0, 30.0, 8.0]])
    caster = SegmentCaster(line)
    angles = np.linspace(0.3, 2.8, 400)
    ranges = caster.cast([[0.0, 0.0, 0.0]], angles, 100.0)[0].astype(float)
    # On the line, 5 x - 50 y = -250; the beam ends where its bearing meets it.
    expected = 250.0 / (50.0 * np.sin(angles) - 5.0 * np.cos(angles))
    met = np.abs(expected * np.cos(angles) - 5.0) < 24.0
    assert met.sum() > 250
    np.testing.assert_allclose(ranges[met], expected[met], rtol=1e-6)
    assert (caster.cast([[0.0, 0.0, 0.0]], angles, 4.0) <= 4.0).sum() == 0
    assert np.isinf(caster.cast([[0.0, 20.0, 1.0]], [0.0], 50.0)).all()


@pytest.mark.parametrize("seed", range(3))
def test_against_faces_of_cells_it_agrees_with_the_grids_own_caster(seed: int) -> None:
    grid = generate_floor(np.random.default_rng(seed)).grid
    row, col = np.nonzero(grid.occupied_mask())
    low = np.column_stack([col, row]) * grid.resolution_m + [grid.origin.x, grid.origin.y]
    sides = [((0, 0), (1, 0)), ((1, 0), (1, 1)), ((1, 1), (0, 1)), ((0, 1), (0, 0))]
    faces = np.vstack(
        [np.hstack([low + np.multiply(end, grid.resolution_m) for end in side]) for side in sides]
    )
    poses = FreeSpace(grid, 0.2).sample(np.random.default_rng(seed), 40)
    angles = np.linspace(-2.3, 2.3, 301)
    ours = SegmentCaster(faces).cast(poses, angles, 12.0)
    theirs = RayCaster(grid, threads=1).cast(poses, angles, 12.0)
    # A beam through the very corner of a cell may pass it or not.
    assert (
        np.mean(np.isclose(ours, theirs, atol=1e-4) | (np.isinf(ours) & np.isinf(theirs))) > 0.9995
    )


def test_smooth_walls_are_the_maps_to_within_a_cell() -> None:
    world = generate_race_track(np.random.default_rng(3), lap_m=45.0)
    grid: OccupancyGrid = world.grid
    caster = SegmentCaster(smooth_outlines(grid, grid.occupied_mask(), 0.0).segments)
    poses = FreeSpace(grid, 0.3).sample(np.random.default_rng(0), 60)
    smooth = caster.cast(poses, ANGLES, 30.0)
    stairs = RayCaster(grid, threads=1).cast(poses, ANGLES, 30.0)
    off = smooth - stairs
    assert np.isfinite(off).all()
    assert abs(np.median(off)) < 0.005
    assert np.percentile(np.abs(off), 75) < 0.03


def test_an_origin_that_is_turned_turns_the_walls() -> None:
    cells = generate_race_track(np.random.default_rng(3), lap_m=45.0).grid
    origin = Pose2(3.0, -2.0, 0.7)
    grid = OccupancyGrid(cells.cells, 0.05, origin)
    caster = SegmentCaster(smooth_outlines(grid, grid.occupied_mask(), 0.0).segments)
    poses = FreeSpace(grid, 0.3).sample(np.random.default_rng(0), 20)
    off = caster.cast(poses, ANGLES, 30.0) - RayCaster(grid, threads=1).cast(poses, ANGLES, 30.0)
    assert np.percentile(np.abs(off), 75) < 0.03
