# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from local_inn_ros.world.cell_runs import CellRuns
from local_inn_ros.world.distance_field import at_least_within
from local_inn_ros.world.part_outline import solidity_of
from local_inn_ros.world.tiles import tiles


def drawn(seed: int, rows: int, cols: int, share: float) -> np.ndarray:
    return np.random.default_rng(seed).random((rows, cols)) < share


masks = st.builds(
    drawn, st.integers(0, 99), st.integers(1, 40), st.integers(1, 40), st.floats(0.0, 1.0)
)


@given(masks)
def test_runs_are_the_mask_and_its_regions_those_of_an_image(mask: np.ndarray) -> None:
    runs = CellRuns.where(mask, True)
    assert runs.count == np.count_nonzero(mask)
    np.testing.assert_array_equal(runs.mask(), mask)
    count, labels = runs.components()
    expected, expected_count = ndimage.label(mask)
    assert count == expected_count
    for number in range(count):
        region = runs.chosen(labels == number).mask()
        assert len(np.unique(expected[region])) == 1
        assert np.count_nonzero(expected == expected[region][0]) == np.count_nonzero(region)


@given(masks)
def test_cells_are_counted_row_by_row_and_found_again(mask: np.ndarray) -> None:
    runs = CellRuns.where(mask, True)
    cells = runs.cells_at(np.arange(runs.count))
    np.testing.assert_array_equal(cells, np.argwhere(mask))
    everywhere = np.argwhere(np.ones((mask.shape[0] + 2, mask.shape[1] + 2))) - 1
    held = runs.run_of(everywhere) >= 0
    np.testing.assert_array_equal(held, np.pad(mask, 1).ravel())


@pytest.mark.parametrize("cells", [1.0, 3.5, 40.0])
def test_what_is_far_enough_is_the_same_in_tiles(cells: float) -> None:
    region = ~drawn(3, 1100, 1500, 2e-4)
    whole = ndimage.distance_transform_edt(region) >= cells
    np.testing.assert_array_equal(at_least_within(region, cells), whole)


def test_tiles_cover_a_grid_once_with_a_margin() -> None:
    times, seen = np.zeros((1500, 2500), int), np.arange(1500 * 2500).reshape(1500, 2500)
    for tile in tiles((1500, 2500), 10):
        times[tile.inner] += 1
        np.testing.assert_array_equal(seen[tile.outer][tile.within], seen[tile.inner])
        rows, cols = tile.inner
        assert tile.outer[0].start == max(rows.start - 10, 0)
        assert tile.outer[1].stop == min(cols.stop + 10, 2500)
    assert (times == 1).all()


@pytest.mark.parametrize(("cells", "solidity"), [("xxx/xxx", 1.0), ("x../xxx", 4 / 5), ("x", 1.0)])
def test_solidity_is_one_where_a_region_is_convex(cells: str, solidity: float) -> None:
    region = np.array([[cell == "x" for cell in row] for row in cells.split("/")])
    assert solidity_of(region) == pytest.approx(solidity)
