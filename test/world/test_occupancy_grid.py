# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_inn_ros.errors import MapError
from local_inn_ros.geometry import Pose2
from local_inn_ros.world import FREE, OCCUPIED, UNKNOWN, OccupancyGrid, grid_hash

poses = st.builds(Pose2, st.floats(-100, 100), st.floats(-100, 100), st.floats(-math.pi, math.pi))


ORIGIN = Pose2(1.0, 2.0, 0.0)


def small_grid(origin: Pose2 = ORIGIN, resolution_m: float = 0.5) -> OccupancyGrid:
    cells = np.array([[FREE, OCCUPIED, UNKNOWN], [FREE, 40, FREE]], dtype=np.int8)
    return OccupancyGrid(cells, resolution_m, origin)


def test_row_zero_lies_at_the_lowest_y() -> None:
    grid = small_grid()
    np.testing.assert_allclose(grid.cell_to_world([[0, 0], [1, 2]]), [[1.25, 2.25], [2.25, 2.75]])
    np.testing.assert_array_equal(
        grid.world_to_cell([[1.01, 2.01], [2.49, 2.99]]), [[0, 0], [1, 2]]
    )


@given(poses, st.floats(0.01, 2.0), st.integers(-50, 50), st.integers(-50, 50))
def test_cell_centres_come_back_for_any_origin(
    origin: Pose2, resolution_m: float, row: int, col: int
) -> None:
    grid = small_grid(origin, resolution_m)
    np.testing.assert_array_equal(
        grid.world_to_cell(grid.cell_to_world([[row, col]])), [[row, col]]
    )


@given(poses)
def test_bounds_touch_the_turned_grid_on_all_sides(origin: Pose2) -> None:
    grid = small_grid(origin)
    # Centres of the cells just outside, shrunk back, are the corners of the outermost cells.
    corners = np.array([[-0.5, -0.5], [-0.5, 2.5], [1.5, -0.5], [1.5, 2.5]])
    points = grid.cell_to_world(corners)
    bounds = grid.bounds
    np.testing.assert_allclose(points.min(axis=0), [bounds.x_min_m, bounds.y_min_m], atol=1e-9)
    np.testing.assert_allclose(points.max(axis=0), [bounds.x_max_m, bounds.y_max_m], atol=1e-9)


def test_masks_part_the_grid_in_three() -> None:
    grid = small_grid()
    parts = grid.free_mask().astype(int) + grid.occupied_mask() + grid.unknown_mask()
    assert (parts == 1).all()
    assert grid.unknown_mask().sum() == 2
    assert grid.free_area_m2 == pytest.approx(3 * 0.25)


def test_values_off_the_grid_are_unknown() -> None:
    grid = small_grid()
    values = grid.values_at([[1.75, 2.25], [1.25, 2.25], [0.99, 2.25], [1.25, 3.01]])
    np.testing.assert_array_equal(values, [OCCUPIED, FREE, UNKNOWN, UNKNOWN])
    np.testing.assert_array_equal(grid.contains([[1.75, 2.25], [0.99, 2.25]]), [True, False])


def test_cells_are_a_frozen_copy() -> None:
    cells = np.zeros((2, 2), dtype=np.int8)
    grid = OccupancyGrid(cells, 0.1, Pose2.identity())
    cells[0, 0] = OCCUPIED
    assert grid.cells[0, 0] == FREE
    with pytest.raises(ValueError, match="read-only"):
        grid.cells[0, 0] = OCCUPIED


@pytest.mark.parametrize(
    ("cells", "resolution_m", "origin", "words"),
    [
        (np.zeros((0, 3)), 0.1, Pose2.identity(), "rows and columns"),
        (np.zeros(3), 0.1, Pose2.identity(), "rows and columns"),
        (np.full((2, 2), 101), 0.1, Pose2.identity(), "between -1"),
        (np.full((2, 2), -2), 0.1, Pose2.identity(), "between -1"),
        (np.zeros((2, 2)), 0.0, Pose2.identity(), "positive"),
        (np.zeros((2, 2)), math.nan, Pose2.identity(), "positive"),
        (np.zeros((2, 2)), 0.1, Pose2(math.inf, 0.0, 0.0), "finite"),
    ],
)
def test_refuses_what_is_no_map(
    cells: np.ndarray, resolution_m: float, origin: Pose2, words: str
) -> None:
    with pytest.raises(MapError, match=words):
        OccupancyGrid(cells.astype(np.int16), resolution_m, origin)


def test_hash_survives_the_trip_through_a_message() -> None:
    grid = small_grid(Pose2(-51.224998, 3.1, math.pi), 0.05)
    # nav_msgs/MapMetaData holds the resolution as float32 and the heading as a quaternion.
    # Its rounding may leave half a turn on the other side of the seam.
    yaw = math.nextafter(math.pi, 0.0)
    received = OccupancyGrid(
        grid.cells, float(np.float32(0.05)), Pose2(grid.origin.x, grid.origin.y, yaw)
    )
    assert received.origin.yaw != grid.origin.yaw
    assert grid_hash(received) == grid_hash(grid)


def test_hash_tells_maps_apart() -> None:
    grid = small_grid()
    changed = grid.cells.copy()
    changed[1, 1] = 41
    others = [
        OccupancyGrid(changed, 0.5, grid.origin),
        OccupancyGrid(grid.cells, 0.51, grid.origin),
        OccupancyGrid(grid.cells, 0.5, Pose2(1.0, 2.001, 0.0)),
        OccupancyGrid(grid.cells, 0.5, Pose2(1.0, 2.0, 0.001)),
        OccupancyGrid(grid.cells.reshape(3, 2), 0.5, grid.origin),
    ]
    hashes = {grid_hash(grid), *map(grid_hash, others)}
    assert len(hashes) == 1 + len(others)
