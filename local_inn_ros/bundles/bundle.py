# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The folder that a trained model is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.bundles.description import BundleDescription, read_description
from local_inn_ros.errors import BundleError
from local_inn_ros.world import OccupancyGrid, grid_hash, load_map
from local_inn_ros.world.distance_image import load_distances
from local_inn_ros.world.map_file import read_map_description

if TYPE_CHECKING:
    from local_inn_ros.world import LikelihoodField, RayCaster

NETWORKS = ("encoder", "inverse", "forward")


# Without slots: what is made of the map is kept in the instance.
@dataclass(frozen=True, eq=False)
class Bundle:
    """A loaded bundle: checked, with its map.

    What localizers and searches make of the map is made once, when it is first asked for, and
    shared: none of them changes it.

    Attributes:
        path: the folder.
        description: what bundle.yaml says.
        grid: the map that the networks hold.
        distances_m: (f rows, f cols) distance to where the surfaces lie within the map's cells,
            at cells f times finer; None where no posed scans told.
    """

    path: Path
    description: BundleDescription
    grid: OccupancyGrid
    distances_m: NDArray[np.float64] | None = None

    @staticmethod
    def load(path: str | Path) -> Bundle:
        """Load a bundle and check that nothing of it is missing or changed.

        Raises:
            BundleError: a file is missing, truncated or changed, or the schema is another.
            MapError: the bundle's copy of the map, or the distances, cannot be read.
        """
        folder = Path(path)
        if not folder.is_dir():
            raise BundleError(f"no bundle at {folder}: there is no such folder")
        description = read_description(folder / "bundle.yaml")
        for name in NETWORKS:
            if name not in description.networks:
                raise BundleError(f"{folder}/bundle.yaml names no {name} network")
            reference = description.networks[name]
            _check_file(folder / reference.file, reference.sha256)
        if description.weights is not None:
            _check_file(folder / description.weights.file, description.weights.sha256)
        map_file = folder / description.map.file
        if not map_file.is_file():
            raise BundleError(f"the bundle {folder} lacks its map {description.map.file}")
        image = read_map_description(map_file).image_path
        if image.parent != folder:
            raise BundleError(f"{map_file} names an image outside of the bundle: {image}")
        grid = load_map(map_file)
        if grid_hash(grid) != description.map.sha256:
            raise BundleError(
                f"the map in {folder} is not the one that the bundle was trained on: "
                "restore its files, or train again"
            )
        distances_m = None
        if description.surfaces is not None:
            _check_file(folder / description.surfaces.file, description.surfaces.sha256)
            distances_m = load_distances(folder / description.surfaces.file)
            finer = max(distances_m.shape[0] // grid.rows, 1)
            if distances_m.shape != (finer * grid.rows, finer * grid.cols):
                raise BundleError(
                    f"{description.surfaces.file} in {folder} is of another map than the bundle's: "
                    "restore its files, or train again"
                )
        return Bundle(folder, description, grid, distances_m)

    # Who reads the description alone waits for no compiler.

    @cached_property
    def caster(self) -> RayCaster:
        """Casts rays through the map."""
        from local_inn_ros.world import RayCaster

        return RayCaster(self.grid)

    @cached_property
    def field(self) -> LikelihoodField:
        """The likelihood field of the map, its surfaces where calibration found them."""
        from local_inn_ros.world import LikelihoodField

        offset_m = self.description.calibration.surface_offset_m
        return LikelihoodField(self.grid, offset_m, distances_m=self.distances_m)

    def network_file(self, name: str) -> Path:
        """Return the path of a network: encoder, inverse or forward."""
        return self.path / self.description.networks[name].file

    def check_map(self, grid: OccupancyGrid) -> None:
        """Refuse another map than the one the bundle was made from.

        Raises:
            BundleError: the maps differ.
        """
        if grid_hash(grid) != self.description.map.sha256:
            raise BundleError(
                f"the bundle {self.path.name} was made from another map than the one given "
                f"({grid.rows}x{grid.cols} cells of {grid.resolution_m:g} m; the bundle's has "
                f"{self.grid.rows}x{self.grid.cols} of {self.grid.resolution_m:g} m): use the "
                "bundle's map, or train on this one with 'local-inn train'"
            )


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _check_file(path: Path, sha256: str) -> None:
    if not path.is_file():
        raise BundleError(f"the bundle {path.parent} lacks {path.name}: copy it again, or train")
    if file_sha256(path) != sha256:
        raise BundleError(
            f"{path} is truncated or was changed (its hash differs from the one in "
            "bundle.yaml): copy the bundle again, or train"
        )
