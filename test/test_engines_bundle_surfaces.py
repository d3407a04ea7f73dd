# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a bundle says of where surfaces lie within the map's cells: kept, checked and used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from model_fixtures import SENSOR, room

from local_inn_ros.engines.bundle import NETWORKS, Bundle, file_sha256
from local_inn_ros.engines.description import (
    SCHEMA,
    BundleDescription,
    Calibration,
    FileReference,
    MapReference,
    PriorSpec,
    write_description,
)
from local_inn_ros.errors import BundleError
from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.from_bundle import build_refiner
from local_inn_ros.world import RayCaster, grid_hash, save_map
from local_inn_ros.world.distance_image import save_distances
from local_inn_ros.world.measured_surfaces import FINER, measured_distances

GRID = room()


def write_bundle(folder: Path, distances_m: np.ndarray | None) -> None:
    save_map(GRID, folder / "map.yaml")
    for name in NETWORKS:
        (folder / name).write_bytes(name.encode())
    if distances_m is not None:
        save_distances(distances_m, folder / "surfaces.png")
    description = BundleDescription(
        schema_name=SCHEMA,
        system="local_inn",
        created_by="test",
        sensor=SENSOR,
        map=MapReference(file="map.yaml", sha256=grid_hash(GRID)),
        prior=PriorSpec(deviation=(0.2, 0.2, 0.26), widest_spread=1.0, fine_spread=0.5),
        latent_size=6,
        networks={name: reference_to(folder / name) for name in NETWORKS},
        calibration=Calibration(forward_deviation_m=0.1),
        training={},
        measured={},
        surfaces=None if distances_m is None else reference_to(folder / "surfaces.png"),
    )
    write_description(description, folder / "bundle.yaml")


def reference_to(path: Path) -> FileReference:
    return FileReference(file=path.name, sha256=file_sha256(path))


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
    found = build_refiner(Bundle.load(tmp_path)).refine(points, truth).pose
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
