# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The maps of other projects, where they lie beside the repository."""

import warnings
from pathlib import Path

import numpy as np
import pytest

from local_inn_ros.world import (
    ClosedPath,
    FreeSpace,
    LikelihoodField,
    MapWarning,
    OccupancyGrid,
    RayCaster,
    load_map,
    map_hash,
    plan_lap,
    save_map,
)

DATA = Path(__file__).parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(
    not (DATA / "maps").is_dir(), reason="the shared maps are not beside the repository"
)

SOUND = ["levine_slam_dark", "berlin", "skirk", "hangar", "outdoor2_sim"]


def load_quietly(name: str) -> OccupancyGrid:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return load_map(DATA / "maps" / f"{name}.yaml")


@pytest.mark.parametrize("name", SOUND)
def test_sound_maps_load_without_a_doubt_and_save_as_themselves(name: str, tmp_path: Path) -> None:
    grid = load_quietly(name)
    assert FreeSpace(grid).area_m2 > 0.99 * grid.free_area_m2
    save_map(grid, tmp_path / "copy.yaml")
    assert map_hash(tmp_path / "copy.yaml") == map_hash(DATA / "maps" / f"{name}.yaml")


def test_levine_has_the_free_area_that_is_known_of_it() -> None:
    assert load_quietly("levine_slam_dark").free_area_m2 == pytest.approx(128.0, abs=1.0)


def test_bright_unknown_is_read_as_map_server_does_but_not_silently() -> None:
    with pytest.warns(MapWarning) as caught:
        grid = load_map(DATA / "maps" / "levine_grey216.yaml")
    assert "grey level 216" in str(caught[0].message)
    assert grid.free_mask().mean() > 0.98


@pytest.mark.parametrize("name", SOUND)
def test_a_lap_is_found_on_each(name: str) -> None:
    grid = load_quietly(name)
    lap = plan_lap(grid)
    assert FreeSpace(grid, 0.3).contains(lap).all()
    path = ClosedPath.through(lap)
    # A closed curve that does not cross itself turns once round.
    assert path.curvatures.sum() * path.step_m == pytest.approx(2.0 * np.pi, abs=0.05)
    assert path.length_m > 20.0


@pytest.mark.parametrize("name", SOUND)
def test_end_points_of_cast_beams_lie_on_the_likelihood_fields_zero(name: str) -> None:
    grid = load_quietly(name)
    poses = FreeSpace(grid, 0.2).sample(np.random.default_rng(0), 200)
    angles = np.radians(np.arange(-135.0, 135.0))
    ranges = RayCaster(grid).cast(poses, angles, 60.0)
    bearings = poses[:, 2:] + angles
    ends = np.stack(
        [poses[:, :1] + ranges * np.cos(bearings), poses[:, 1:2] + ranges * np.sin(bearings)], -1
    )[np.isfinite(ranges)]
    distances = np.abs(LikelihoodField(grid).evaluate(ends).distances_m)
    assert np.isfinite(ranges).mean() > 0.98
    assert np.median(distances) < 0.2 * grid.resolution_m
    assert distances.max() < grid.resolution_m


def test_the_map_made_by_slam_loads() -> None:
    grid = load_map(DATA / "intel_lab" / "map_lap1.yaml")
    assert FreeSpace(grid).area_m2 == pytest.approx(364.3, abs=0.5)
    assert grid.unknown_mask().mean() == pytest.approx(0.636, abs=0.01)
