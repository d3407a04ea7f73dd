# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The files of a bundle, without networks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from model_fixtures import SENSOR, room

from local_inn_ros.bundles.bundle import NETWORKS, file_sha256
from local_inn_ros.bundles.description import (
    SCHEMA,
    BundleDescription,
    Calibration,
    FileReference,
    MapReference,
    PriorSpec,
    write_description,
)
from local_inn_ros.world import grid_hash, save_map
from local_inn_ros.world.distance_image import save_distances

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
