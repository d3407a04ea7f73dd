# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which part of a map is the robot's, on maps as people draw them."""

from __future__ import annotations

import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from drawn_layouts import Layout, layouts
from scipy import ndimage

from local_inn_ros.errors import MapError
from local_inn_ros.geometry import Pose2
from local_inn_ros.world import (
    FREE,
    OCCUPIED,
    FreeParts,
    FreeSpace,
    OccupancyGrid,
    PartChoice,
    choose_parts,
    load_map,
)

DATA = Path(__file__).parents[3] / "shared" / "data"
LAYOUTS = layouts()
# Where shapes say enough; elsewhere all that is possible is kept.
OUTRIGHT = 0.75


@cache
def chosen(layout: Layout) -> tuple[set[int], PartChoice]:
    """Return the parts that are right, and what was taken."""
    parts = FreeParts.of(layout.grid)
    right = set(parts.part_at(layout.right).tolist())
    assert -1 not in right
    return right, choose_parts(parts)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_the_robots_part_is_taken_and_doubts_are_said(layout: Layout) -> None:
    right, choice = chosen(layout)
    taken = set(choice.taken)
    assert right <= taken, choice.sentence()
    # What is taken besides is told as a doubt, what is left out is told with its area.
    if taken != right:
        assert not choice.sure
        assert "does not tell" in choice.sentence()
    for number in choice.why:
        if number not in taken:
            assert f"{choice.parts.areas_m2[number]:.1f} m2" in choice.sentence()


def test_most_layouts_are_decided_outright() -> None:
    assert len(LAYOUTS) >= 30
    outright = [right == set(choice.taken) for right, choice in map(chosen, LAYOUTS)]
    assert np.mean(outright) >= OUTRIGHT


@pytest.mark.parametrize("layout", LAYOUTS[::5], ids=lambda layout: layout.name)
def test_a_point_in_each_part_taken_tells_them_again(layout: Layout) -> None:
    _, choice = chosen(layout)
    again = choose_parts(FreeParts.of(layout.grid), choice.points)
    assert (again.taken, again.sure) == (choice.taken, True)
    space = FreeSpace(layout.grid, 0.0, choice.points)
    assert space.area_m2 == pytest.approx(choice.area_m2)


def two_rooms() -> OccupancyGrid:
    """A room of 4 x 2 m, and one of 1 x 2 m that no door leads to."""
    cells = np.full((44, 110), OCCUPIED, dtype=np.int8)
    cells[2:42, 2:82] = FREE
    cells[2:42, 86:106] = FREE
    return OccupancyGrid(cells, 0.05, Pose2(1.0, 2.0, 0.5))


def test_a_person_decides() -> None:
    grid = two_rooms()
    parts = FreeParts.of(grid)
    small = tuple(grid.cell_to_world([[20, 95]])[0])
    choice = choose_parts(parts, [small])
    assert choice.area_m2 == pytest.approx(2.0)
    assert choice.sure
    # A point in the wall beside it means it too; one on no part at all is refused.
    in_wall = tuple(grid.cell_to_world([[20, 84]])[0])
    assert choose_parts(parts, [in_wall]).area_m2 == pytest.approx(2.0)
    with pytest.raises(MapError, match=r"\(50, 50\) lies in no free part .*\(x .* to"):
        choose_parts(parts, [(50.0, 50.0)])


def test_a_recording_decides() -> None:
    grid = two_rooms()
    parts = FreeParts.of(grid)
    driven = np.column_stack(
        [grid.cell_to_world([[20, col] for col in range(88, 104)]), np.zeros(16)]
    )
    choice = choose_parts(parts, poses=driven)
    assert choice.area_m2 == pytest.approx(2.0)
    assert "the recording drives there" in choice.sentence()
    with pytest.raises(MapError, match="16 of 16 poses of the recording lie in no free part"):
        choose_parts(parts, poses=driven + np.array([30.0, 0.0, 0.0]))


def test_a_wall_with_a_hole_that_no_robot_passes_is_a_wall() -> None:
    layout = next(one for one in LAYOUTS if one.name == "narrow gap")
    right, choice = chosen(layout)
    assert set(choice.taken) == right
    # Its cells are connected with the outside all the same.
    regions, _ = ndimage.label(layout.grid.free_mask())
    outside = regions[0, 0]
    row, col = layout.grid.world_to_cell(layout.right)[0]
    assert regions[row, col] == outside


@pytest.mark.skipif(not (DATA / "maps").is_dir(), reason="no shared maps beside the repository")
@pytest.mark.parametrize(
    ("name", "inside"),
    [
        ("maps/levine_slam_dark", (0.0, 0.0)),
        ("maps/berlin", (0.0, 0.0)),
        ("maps/skirk", (0.0, 0.0)),
        ("maps/hangar", (0.0, 0.0)),
        ("maps/outdoor2_sim", (0.0, 0.0)),
        # Its corridors are open to an outside that reads as free; what they go round is closed.
        ("maps/levine_grey216", (0.0, 0.0)),
        ("intel_lab/map_lap1", (0.0, 0.0)),
    ],
)
def test_real_maps(name: str, inside: tuple[float, float]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        grid = load_map(DATA / f"{name}.yaml")
    choice = choose_parts(FreeParts.of(grid))
    assert choice.parts.part_near(*inside) in choice.taken
    assert choice.share > 0.95
