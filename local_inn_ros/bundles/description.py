# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What bundle.yaml says, as checked data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from local_inn_ros.errors import BundleError
from local_inn_ros.sensing import SensorSpec

# What may stand in the record of a training.
RecordValue = str | int | float | bool | dict[str, int | float | list[float]] | None

SCHEMA = "local_inn_ros/bundle/2"


def _within_the_folder(name: str) -> str:
    if name in ("", ".", "..") or "/" in name or "\\" in name:
        raise ValueError(f"a bundle's files lie in its own folder, and {name!r} is no name there")
    return name


# A bundle may come from anywhere: what it names must not lead to other files of the robot.
FileName = Annotated[str, AfterValidator(_within_the_folder)]


class _Block(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PriorSpec(_Block):
    """Which priors the networks were trained for.

    Attributes:
        deviation: (x m, y m, yaw rad) standard deviation of a prior of spread 1.
        widest_spread: widest prior that the networks know.
        fine_spread: spread of the second pass, which starts from the answer of the first.
    """

    deviation: tuple[float, float, float]
    widest_spread: float = Field(gt=0.0)
    fine_spread: float = Field(gt=0.0)


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
    """What was measured after training, on poses and noise that training had not seen.

    Attributes:
        samples: of the network's samples.
        aligned: of poses aligned by a refiner, by the refiner's name (``RefinerChoice``).
        forward_deviation_m: robust standard deviation of the forward pass against ray casting.
        surface_offset_m: where end points lie, from the faces of the map's occupied cells;
            0 for simulated scans, negative where the walls of a mapped building hold end points
            in the middle of their cells.
    """

    samples: CovarianceModel = CovarianceModel()
    aligned: dict[str, CovarianceModel] = {}
    forward_deviation_m: float = Field(gt=0.0)
    surface_offset_m: float = 0.0


class FileReference(_Block):
    """A file of the bundle.

    Attributes:
        file: name within the bundle's folder.
        sha256: hash of its content.
    """

    file: FileName
    sha256: str


class MapReference(_Block):
    """The map that a bundle was made from; a copy lies in the bundle.

    Attributes:
        file: name of the copy's YAML file within the bundle's folder.
        sha256: hash of what the map says (``world.grid_hash``), whatever file holds it.
    """

    file: FileName
    sha256: str


class BundleDescription(_Block):
    """All that a bundle says of itself.

    Attributes:
        schema_name: version of this layout.
        system: the method that made the networks.
        created_by: version of the package that wrote the bundle.
        sensor: what the networks were trained for.
        map: the map they hold.
        prior: the priors they were trained for.
        latent_size: length of the latent z.
        networks: encoder, inverse and forward, by name.
        calibration: what was measured after training.
        training: settings of the training, for the record.
        measured: errors on poses that training had not seen, for the record.
        surfaces: distances to where the map's surfaces lie within its cells, as an image
            (``world.distance_image``); None where no posed scans told.
        weights: the networks' weights by torch's names (safetensors), of the same training as
            ``networks``; None in bundles that are older than this entry.
    """

    schema_name: str
    system: str
    created_by: str
    sensor: SensorSpec
    map: MapReference
    prior: PriorSpec
    latent_size: int = Field(ge=1)
    networks: dict[str, FileReference]
    calibration: Calibration
    training: dict[str, RecordValue]
    measured: dict[str, float]
    surfaces: FileReference | None = None
    weights: FileReference | None = None


def read_description(path: Path) -> BundleDescription:
    """Read and check a bundle.yaml.

    Raises:
        BundleError: it is missing, unreadable, or of another schema.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BundleError(f"no bundle at {path.parent}: it has no {path.name}") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BundleError(f"cannot read {path}: {error}") from error
    found = content.get("schema_name") if isinstance(content, dict) else None
    if found != SCHEMA:
        raise BundleError(
            f"{path} is of schema {found!r}, this version reads {SCHEMA!r}: "
            "train the bundle again, or install the version that made it"
        )
    try:
        return BundleDescription(**content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise BundleError(f"{path}: {where}: {first['msg']}") from None


def write_description(description: BundleDescription, path: Path) -> None:
    """Write a bundle.yaml (YAML that safe_load reads, in the order of the fields)."""
    content = description.model_dump(mode="json")
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
