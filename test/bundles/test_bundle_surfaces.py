# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a bundle says of where surfaces lie within the map's cells: kept, checked and used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from bundle_files import GRID, write_bundle
from model_fixtures import SENSOR

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.errors import BundleError
from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.alignment.refiner import Refiner
from local_inn_ros.world import RayCaster
from local_inn_ros.world.measured_surfaces import FINER, measured_distances


def test_a_bundle_without_measured_surfaces_has_none(tmp_path: Path) -> None:
    write_bundle(tmp_path, None)
    assert Bundle.load(tmp_path).distances_m is None


def test_scans_are_aligned_with_the_measured_surfaces(tmp_path: Path) -> None:
    # The building stands 2 cm aside of where the map's cells say, which end points tell.
    truth, moved = Pose2(1.5, 0.5, 0.4), np.array([0.02, -0.02])
    angles = SENSOR.beam_angles_rad()
    ranges = RayCaster(GRID).cast(truth.to_array()[None], angles, 15.0)[0].astype(np.float64)
    points = ranges[:, None] * np.column_stack([np.cos(angles), np.sin(angles)])
    headings = angles + truth.yaw
    ends = np.array([truth.x, truth.y]) + ranges[:, None] * np.column_stack(
        [np.cos(headings), np.sin(headings)]
    )
    noise = np.random.default_rng(0).normal(0.0, 0.01, (40, *ends.shape))
    end_points = (ends + moved + noise).reshape(-1, 2)
    write_bundle(tmp_path, measured_distances(GRID, end_points, 0.0))
    found = Refiner(Bundle.load(tmp_path).field, SENSOR.noise_std_m).refine(points, truth).pose
    assert [found.x - truth.x, found.y - truth.y] == pytest.approx(moved.tolist(), abs=0.004)


def test_changed_surfaces_are_refused(tmp_path: Path) -> None:
    write_bundle(tmp_path, np.ones((GRID.rows * FINER, GRID.cols * FINER)))
    with (tmp_path / "surfaces.png").open("ab") as file:
        file.write(b" ")
    with pytest.raises(BundleError, match=r"surfaces\.png is truncated or was changed"):
        Bundle.load(tmp_path)


def test_lacking_surfaces_are_refused(tmp_path: Path) -> None:
    write_bundle(tmp_path, np.ones((GRID.rows * FINER, GRID.cols * FINER)))
    (tmp_path / "surfaces.png").unlink()
    with pytest.raises(BundleError, match=r"lacks surfaces\.png"):
        Bundle.load(tmp_path)


def test_surfaces_of_another_map_are_refused(tmp_path: Path) -> None:
    write_bundle(tmp_path, np.ones((GRID.rows * FINER, GRID.cols)))
    with pytest.raises(BundleError, match=r"surfaces\.png .* is of another map"):
        Bundle.load(tmp_path)
