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

from local_inn_ros.bundles.description import (
    BundleDescription,
    FileReference,
    MapReference,
    read_description,
)
from local_inn_ros.engines import Graph, GraphSet, TensorSignature
from local_inn_ros.errors import BundleError
from local_inn_ros.sensing import LaserSpec
from local_inn_ros.text_files import lfs_pointer_note
from local_inn_ros.world import OccupancyGrid, grid_hash, load_map
from local_inn_ros.world.distance_image import load_distances
from local_inn_ros.world.map_file import read_map_description

if TYPE_CHECKING:
    from local_inn_ros.world import FreeSpace, LikelihoodField, RayCaster
    from local_inn_ros.world.surroundings import Window


# Without slots: what is made of the map is kept in the instance.
@dataclass(frozen=True, eq=False)
class Bundle:
    """A loaded bundle: its envelope is checked, nothing of it is missing or changed.

    What localizers and searches make of the map is made once, when it is first asked for, and
    shared: none of them changes it.

    Attributes:
        path: the folder.
        description: what bundle.yaml says.
        occupancy: the map that the networks hold; None where they hold none of a plane.
        distances_m: (f rows, f cols) distance to where the surfaces lie within the map's cells,
            at cells f times finer; None where no posed scans told.
    """

    path: Path
    description: BundleDescription
    occupancy: OccupancyGrid | None
    distances_m: NDArray[np.float64] | None = None

    @staticmethod
    def load(path: str | Path) -> Bundle:
        """Load a bundle and check that nothing of it is missing or changed.

        Whether its system is known, and fits what the bundle holds, is told when it is opened
        (``systems.registry``).

        Raises:
            BundleError: a file is missing, truncated or changed, or the schema is another.
            MapError: the bundle's copy of the map, or the distances, cannot be read.
        """
        folder = Path(path)
        if not folder.is_dir():
            raise BundleError(f"no bundle at {folder}: there is no such folder")
        description = read_description(folder / "bundle.yaml")
        for file in (*description.graphs.values(), *description.files.values()):
            _check_file(folder, file)
        if len(description.maps) > 1:
            raise BundleError(
                f"{folder}/bundle.yaml names {len(description.maps)} maps: this version reads "
                "bundles of one"
            )
        if not description.maps:
            return Bundle(folder, description, None)
        reference = description.maps[0]
        grid = _load_grid(folder, reference)
        return Bundle(folder, description, grid, _load_surfaces(folder, reference, grid))

    @property
    def grid(self) -> OccupancyGrid:
        """The map.

        Raises:
            BundleError: it holds none.
        """
        if self.occupancy is None:
            raise BundleError(
                f"the bundle {self.path.name} ({self.description.system}) has no map of a plane, "
                "which this needs"
            )
        return self.occupancy

    # Who reads the description alone waits for no compiler.

    @cached_property
    def caster(self) -> RayCaster:
        """Casts rays through the map."""
        from local_inn_ros.world import RayCaster
        from local_inn_ros.world.surroundings import cut

        return RayCaster(cut(self.grid, self._window))

    @cached_property
    def field(self) -> LikelihoodField:
        """The likelihood field of the map, its surfaces where calibration found them."""
        from local_inn_ros.world import LikelihoodField
        from local_inn_ros.world.surroundings import cut

        offset_m, distances_m = self.description.maps[0].surface_offset_m, self.distances_m
        if distances_m is not None:
            finer = distances_m.shape[0] // self.grid.rows
            rows, cols = (slice(finer * one.start, finer * one.stop) for one in self._window)
            distances_m = distances_m[rows, cols]
        return LikelihoodField(cut(self.grid, self._window), offset_m, distances_m=distances_m)

    def free_space(self, clearance_m: float = 0.0) -> FreeSpace:
        """Return the parts of the map that it was trained on, less a clearance.

        Raises:
            MapError: nothing is left of them.
        """
        from local_inn_ros.world import FreeSpace

        return FreeSpace(self.grid, clearance_m, self.description.maps[0].inside)

    @cached_property
    def _window(self) -> Window:
        """Rows and columns of the map that its sensors can see from where the robot drives."""
        from local_inn_ros.world.surroundings import window_round

        sensors = self.description.sensors.values()
        lasers = [sensor for sensor in sensors if isinstance(sensor, LaserSpec)]
        if len(lasers) < len(sensors):
            return slice(0, self.grid.rows), slice(0, self.grid.cols)
        return window_round(self.free_space(), max(laser.range_max_m for laser in lasers))

    @cached_property
    def graphs(self) -> GraphSet:
        """The networks, for an engine to run."""
        return GraphSet(
            self.path,
            {
                name: Graph(
                    name,
                    _signatures(reference.inputs),
                    _signatures(reference.outputs),
                    self.path / reference.file,
                    reference.sha256,
                )
                for name, reference in self.description.graphs.items()
            },
        )

    @property
    def map_sha256(self) -> str:
        """Hash of what the map says; empty where there is none."""
        return self.description.maps[0].sha256 if self.description.maps else ""

    def file(self, name: str) -> Path:
        """Return the path of one of the bundle's other files.

        Raises:
            BundleError: it names no such file.
        """
        if name not in self.description.files:
            raise BundleError(f"{self.path}/bundle.yaml names no file {name!r}: train it again")
        return self.path / self.description.files[name].file

    def check_map(self, grid: OccupancyGrid) -> None:
        """Refuse another map than the one the bundle was made from.

        Raises:
            BundleError: the maps differ.
        """
        if grid_hash(grid) != self.map_sha256:
            raise BundleError(
                f"the bundle {self.path.name} was made from another map than the one given "
                f"({grid.rows}x{grid.cols} cells of {grid.resolution_m:g} m; the bundle's has "
                f"{self.grid.rows}x{self.grid.cols} of {self.grid.resolution_m:g} m): use the "
                "bundle's map, or train on this one with 'local-inn train'"
            )


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _signatures(axes: dict[str, list[int | str]]) -> tuple[TensorSignature, ...]:
    return tuple(TensorSignature(name, tuple(lengths)) for name, lengths in axes.items())


def _load_grid(folder: Path, reference: MapReference) -> OccupancyGrid:
    map_file = folder / reference.file
    if not map_file.is_file():
        raise BundleError(f"the bundle {folder} lacks its map {reference.file}")
    image = read_map_description(map_file).image_path
    if image.parent != folder:
        raise BundleError(f"{map_file} names an image outside of the bundle: {image}")
    grid = load_map(map_file)
    if grid_hash(grid) != reference.sha256:
        raise BundleError(
            f"the map in {folder} is not the one that the bundle was trained on: "
            "restore its files, or train again"
        )
    return grid


def _load_surfaces(
    folder: Path, reference: MapReference, grid: OccupancyGrid
) -> NDArray[np.float64] | None:
    if reference.surfaces is None:
        return None
    _check_file(folder, reference.surfaces)
    distances_m = load_distances(folder / reference.surfaces.file)
    finer = max(distances_m.shape[0] // grid.rows, 1)
    if distances_m.shape != (finer * grid.rows, finer * grid.cols):
        raise BundleError(
            f"{reference.surfaces.file} in {folder} is of another map than the bundle's: "
            "restore its files, or train again"
        )
    return distances_m


def _check_file(folder: Path, reference: FileReference) -> None:
    path = folder / reference.file
    if not path.is_file():
        raise BundleError(f"the bundle {folder} lacks {path.name}: copy it again, or train")
    note = lfs_pointer_note(path)
    if note:
        raise BundleError(f"{path} {note}, or copy the bundle from where it was trained")
    if file_sha256(path) != reference.sha256:
        raise BundleError(
            f"{path} is truncated or was changed (its hash differs from the one in "
            "bundle.yaml): copy the bundle again, or train"
        )
