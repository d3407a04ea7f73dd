# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What bundle.yaml says, as checked data: an envelope, and one block that the system checks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from local_inn_ros.bundles.migration import migrated
from local_inn_ros.engines import TensorSignature
from local_inn_ros.errors import BundleError
from local_inn_ros.sensing import LaserSpec
from local_inn_ros.sensing.sensor_kinds import AnySensorSpec
from local_inn_ros.text_files import lfs_pointer_note, yaml_fault

# What may stand in the record of a training.
RecordValue = str | int | float | bool | dict[str, int | float | list[float]] | None

SCHEMA = "local_inn_ros/bundle/3"


def _within_the_folder(name: str) -> str:
    if name in ("", ".", "..") or "/" in name or "\\" in name:
        raise ValueError(f"a bundle's files lie in its own folder, and {name!r} is no name there")
    return name


# A bundle may come from anywhere: what it names must not lead to other files of the robot.
FileName = Annotated[str, AfterValidator(_within_the_folder)]


class _Block(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CovarianceModel(_Block):
    """How covariances are made to tell the truth, fitted to errors on poses held out.

    Attributes:
        scale: for (ahead, aside, yaw) in the axes of the sensor: what deviations are multiplied by.
        floor: for the same (m, m, rad): deviations that are always there besides.
        unexplained_gain: where the map leaves a share u of a scan unexplained, variances are
            exp(gain u) times as large.
    """

    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)
    floor: tuple[float, float, float] = (0.0, 0.0, 0.0)
    unexplained_gain: float = Field(default=0.0, ge=0.0)


class Calibration(_Block):
    """Covariances, as measured after training on poses and noise that training had not seen.

    Attributes:
        samples: of the network's samples.
        aligned: of poses aligned by a refiner, by the refiner's name (``RefinerChoice``).
    """

    samples: CovarianceModel = CovarianceModel()
    aligned: dict[str, CovarianceModel] = {}


class FileReference(_Block):
    """A file of the bundle.

    Attributes:
        file: name within the bundle's folder.
        sha256: hash of its content.
    """

    file: FileName
    sha256: str


class GraphReference(FileReference):
    """A network as an ONNX file, with what it takes and gives.

    Attributes:
        inputs: axes of each tensor, by name, in the order of the graph's arguments: a length, or
            the axis' name where any length will do.
        outputs: likewise.
    """

    inputs: dict[str, list[int | str]]
    outputs: dict[str, list[int | str]]


class MapReference(_Block):
    """A map that a bundle was made from; a copy lies in the bundle.

    Attributes:
        kind: what it is; a grid as map_server loads it.
        file: name of the copy's YAML file within the bundle's folder.
        sha256: hash of what the map says (``world.grid_hash``), whatever file holds it.
        surface_offset_m: where end points lie, from the faces of the map's occupied cells;
            0 for simulated scans, negative where the walls of a mapped building hold end points
            in the middle of their cells.
        inside: a point (x, y) of the map frame in each part of the free space that the bundle was
            trained on and searches; where there is none, the shapes of the parts decide.
        surfaces: distances to where the map's surfaces lie within its cells, as an image
            (``world.distance_image``); None where no posed scans told.
    """

    kind: Literal["occupancy_grid"] = "occupancy_grid"
    file: FileName
    sha256: str
    surface_offset_m: float = 0.0
    inside: tuple[tuple[float, float], ...] = ()
    surfaces: FileReference | None = None


class BundleDescription(_Block):
    """All that a bundle says of itself.

    Attributes:
        schema_name: version of this layout.
        system: the method of the literature that it is of; it reads ``block``.
        created_by: version of the package that wrote the bundle.
        pose_space: what poses are: ``se2`` in the plane, ``se3`` in space.
        sensors: what the system was trained for, by the sensors' names.
        maps: what it holds.
        graphs: its networks, by name.
        files: its other files, by name.
        calibration: covariances, as measured after training.
        block: what the system itself has to say, and checks.
        training: settings of the training, for the record.
        measured: errors on poses that training had not seen, for the record.
    """

    schema_name: str
    system: str
    created_by: str
    pose_space: Literal["se2", "se3"]
    sensors: dict[str, AnySensorSpec]
    maps: tuple[MapReference, ...]
    graphs: dict[str, GraphReference] = {}
    files: dict[str, FileReference] = {}
    calibration: Calibration = Calibration()
    block: dict[str, Any] = {}
    training: dict[str, RecordValue] = {}
    measured: dict[str, float] = {}

    def within(self, inside: tuple[tuple[float, float], ...]) -> BundleDescription:
        """Return the same of a bundle trained on the parts of its map with these points."""
        maps = (self.maps[0].model_copy(update={"inside": inside}), *self.maps[1:])
        return self.model_copy(update={"maps": maps})

    @property
    def laser(self) -> LaserSpec:
        """The planar laser that the bundle is for.

        Raises:
            BundleError: it is for none, or for several.
        """
        lasers = [one for one in self.sensors.values() if isinstance(one, LaserSpec)]
        if len(lasers) != 1:
            kinds = ", ".join(one.kind for one in self.sensors.values())
            raise BundleError(f"the bundle is for {kinds or 'no sensor'}, not for one planar laser")
        return lasers[0]


def axes_of(signatures: tuple[TensorSignature, ...]) -> dict[str, list[int | str]]:
    """Return the axes of tensors, as a ``GraphReference`` has them."""
    return {one.name: list(one.axes) for one in signatures}


def read_description(path: Path) -> BundleDescription:
    """Read and check a bundle.yaml; one of schema 2 is read as what it says in schema 3.

    Raises:
        BundleError: it is missing, unreadable, or of another schema.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BundleError(f"no bundle at {path.parent}: it has no {path.name}") from None
    except OSError as error:
        raise BundleError(f"cannot read {path}: {error}") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        note = lfs_pointer_note(path) or f"is not valid YAML: {yaml_fault(error)}"
        raise BundleError(f"{path} {note}") from error
    note = lfs_pointer_note(path)
    if note:
        raise BundleError(f"{path} {note}")
    try:
        told = migrated(content)
        found = told.get("schema_name") if isinstance(told, dict) else None
        if not isinstance(told, dict) or found != SCHEMA:
            raise BundleError(
                f"{path} is of schema {found!r}, this version reads {SCHEMA!r}: "
                "train the bundle again, or install the version that made it"
            )
        return BundleDescription(**told)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise BundleError(f"{path}: {where}: {first['msg']}") from None


def write_description(description: BundleDescription, path: Path) -> None:
    """Write a bundle.yaml (YAML that safe_load reads, in the order of the fields)."""
    content = description.model_dump(mode="json")
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
