# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The files of a bundle, without networks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from local_inn_bundles import description_of
from model_fixtures import SENSOR, room

from local_inn_ros.bundles.bundle import file_sha256
from local_inn_ros.bundles.description import (
    FileReference,
    MapReference,
    write_description,
)
from local_inn_ros.systems.local_inn_2d.config import GRAPHS, PriorSpec
from local_inn_ros.world import grid_hash, save_map
from local_inn_ros.world.distance_image import save_distances

GRID = room()


def write_bundle(folder: Path, distances_m: np.ndarray | None) -> None:
    save_map(GRID, folder / "map.yaml")
    for name in GRAPHS:
        (folder / name).write_bytes(name.encode())
    if distances_m is not None:
        save_distances(distances_m, folder / "surfaces.png")
    description = description_of(
        SENSOR,
        MapReference(
            file="map.yaml",
            sha256=grid_hash(GRID),
            surfaces=None if distances_m is None else reference_to(folder / "surfaces.png"),
        ),
        PriorSpec(deviation=(0.2, 0.2, 0.26), widest_spread=1.0, fine_spread=0.5),
        forward_deviation_m=0.1,
        files={name: reference_to(folder / name) for name in GRAPHS},
    )
    write_description(description, folder / "bundle.yaml")


def reference_to(path: Path) -> FileReference:
    return FileReference(file=path.name, sha256=file_sha256(path))
