# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from scipy import ndimage

from local_inn_ros.errors import MapError
from local_inn_ros.geometry import Pose2, transform_points
from local_inn_ros.world import FREE, OCCUPIED, UNKNOWN, FreeSpace, OccupancyGrid


def room(origin: Pose2, outside: int = UNKNOWN) -> OccupancyGrid:
    """A walled room of 4 x 2 m inside, on a map of 6 x 4 m, with a free pocket in its wall."""
    cells = np.full((40, 60), outside, dtype=np.int8)
    cells[8:32, 6:54] = OCCUPIED
    cells[10:30, 10:50] = FREE
    cells[20:22, 7:9] = FREE
    return OccupancyGrid(cells, 0.1, origin)


TURNED = Pose2(5.0, -3.0, 0.8)


def test_only_the_room_counts_not_the_pocket() -> None:
    space = FreeSpace(room(TURNED))
    assert space.area_m2 == pytest.approx(8.0)
    assert space.mask.sum() == 800
    corners = np.array([[9.5, 9.5], [9.5, 49.5], [29.5, 9.5], [29.5, 49.5]])
    points = room(TURNED).cell_to_world(corners)
    assert space.bounds.x_min_m == pytest.approx(points[:, 0].min())
    assert space.bounds.y_max_m == pytest.approx(points[:, 1].max())


def test_a_plain_room_on_an_even_sheet_may_be_a_block_in_a_hall_unless_somebody_says() -> None:
    grid = room(TURNED, outside=FREE)
    assert grid.free_area_m2 > 16.0
    assert FreeSpace(grid).area_m2 == pytest.approx(grid.free_area_m2 - 0.04)
    inside = [tuple(grid.cell_to_world([[20, 30]])[0])]
    assert FreeSpace(grid, 0.0, inside).area_m2 == pytest.approx(8.0)


def test_the_outside_of_a_house_with_rooms_does_not_count() -> None:
    cells = np.zeros((100, 140), dtype=np.int8)
    cells[10:90, 10:130] = OCCUPIED
    cells[12:88, 12:128] = FREE
    # Walls with doors.
    cells[12:78, 50] = cells[22:88, 90] = OCCUPIED
    space = FreeSpace(OccupancyGrid(cells, 0.1, TURNED))
    assert space.area_m2 == pytest.approx(0.01 * (76 * 116 - 2 * 66))
    assert not space.mask[:10].any()


def test_where_all_is_outside_the_outside_counts() -> None:
    grid = OccupancyGrid(np.zeros((10, 10), dtype=np.int8), 0.1, Pose2.identity())
    assert FreeSpace(grid, 0.3).area_m2 == pytest.approx(1.0)


def test_clearance_is_kept_from_walls_and_from_the_unknown() -> None:
    grid = room(Pose2.identity())
    points = FreeSpace(grid, 0.5).sample(np.random.default_rng(0), 4000)[:, :2]
    # The room is 1 <= x <= 5, 1 <= y <= 3; half a cell is lost to the jitter in a cell.
    assert points[:, 0].min() >= 1.45
    assert points[:, 0].max() <= 4.55
    assert points[:, 1].min() >= 1.45
    assert points[:, 1].max() <= 2.55


def test_says_so_where_no_space_is_left() -> None:
    with pytest.raises(MapError, match=r"1\.5 m clear"):
        FreeSpace(room(TURNED), 1.5)


def test_samples_are_uniform_in_place_and_heading() -> None:
    grid = room(TURNED)
    space = FreeSpace(grid)
    poses = space.sample(np.random.default_rng(1), 20_000)
    assert poses.shape == (20_000, 3)
    assert space.contains(poses).all()
    local = np.array([(TURNED.inverse() @ Pose2.from_array(pose)).to_array() for pose in poses])
    # Means of uniform draws: 5 standard errors of span / sqrt(12 n).
    for axis, (low, high) in enumerate([(1.0, 5.0), (1.0, 3.0)]):
        tolerance = 5.0 * (high - low) / math.sqrt(12 * 20_000)
        assert local[:, axis].mean() == pytest.approx(0.5 * (low + high), abs=tolerance)
    counts, _ = np.histogram(poses[:, 2], bins=8, range=(-math.pi, math.pi))
    assert np.abs(counts - 2500).max() < 5 * math.sqrt(2500)
    # Not only cell centres.
    within = np.mod(local[:, 0] / 0.1, 1.0)
    counts, _ = np.histogram(within, bins=10, range=(0.0, 1.0))
    assert np.abs(counts - 2000).max() < 5 * math.sqrt(2000)


def test_the_same_seed_draws_the_same() -> None:
    space = FreeSpace(room(TURNED))
    first = space.sample(np.random.default_rng(7), 10)
    np.testing.assert_array_equal(space.sample(np.random.default_rng(7), 10), first)


def test_lattice_covers_the_space_and_stays_in_it() -> None:
    space = FreeSpace(room(TURNED), 0.2)
    lattice = space.grid_poses(0.5, 6)
    assert space.contains(lattice).all()
    places, counts = np.unique(lattice[:, :2], axis=0, return_counts=True)
    assert (counts == 6).all()
    yaws = np.sort(lattice[np.all(lattice[:, :2] == places[0], axis=1), 2])
    np.testing.assert_allclose(np.diff(yaws), math.pi / 3)
    # From anywhere, a place of the lattice is no farther than the diagonal of a square.
    points = space.sample(np.random.default_rng(0), 500)[:, :2]
    nearest = np.linalg.norm(points[:, None] - places, axis=2).min(axis=1)
    assert nearest.max() <= 0.5 * math.sqrt(2.0)
    # And no more places than squares over the bounds.
    assert len(places) <= (space.bounds.width_m / 0.5 + 1) * (space.bounds.height_m / 0.5 + 1)


def test_lattice_does_not_miss_a_narrow_corridor() -> None:
    cells = np.full((3, 100), OCCUPIED, dtype=np.int8)
    cells[1] = FREE
    space = FreeSpace(OccupancyGrid(cells, 0.1, TURNED))
    assert len(space.grid_poses(1.0, 1)) >= 10


def test_contains_is_false_off_the_map_and_in_walls() -> None:
    space = FreeSpace(room(Pose2.identity()))
    points = [[3.0, 2.0], [0.8, 2.0], [-1.0, 2.0], [3.0, 99.0]]
    np.testing.assert_array_equal(space.contains(points), [True, False, False, False])


@pytest.mark.parametrize("yaw", [0.0, 0.8, 2.5, -1.2])
def test_the_bounds_hold_every_cell_and_no_more(yaw: float) -> None:
    cells = np.full((30, 30), OCCUPIED, dtype=np.int8)
    ways = ndimage.binary_dilation(np.random.default_rng(1).random((30, 30)) < 0.2)
    cells[ways] = FREE
    space = FreeSpace(OccupancyGrid(cells, 0.1, Pose2(2.0, 1.0, yaw)))
    corners = np.argwhere(space.mask)[:, None, ::-1] + [[0, 0], [1, 0], [0, 1], [1, 1]]
    points = transform_points(space.grid.origin, corners.reshape(-1, 2) * 0.1)
    bounds = space.bounds
    low, high = (bounds.x_min_m, bounds.y_min_m), (bounds.x_max_m, bounds.y_max_m)
    np.testing.assert_allclose(low, points.min(axis=0), atol=1e-12)
    np.testing.assert_allclose(high, points.max(axis=0), atol=1e-12)
