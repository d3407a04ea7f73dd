# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Options of `local-inn simulate` for cameras, and what becomes of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

if TYPE_CHECKING:
    import numpy as np

    from local_inn_ros.geometry import Pose3
    from local_inn_ros.recordings.bag_writer import BagWriter
    from local_inn_ros.recordings.picture_writer import PictureWriter
    from local_inn_ros.simulation.camera import Camera, CameraModel
    from local_inn_ros.simulation.worlds import DrivenWorld

# Ahead of the rear axle and above the ground, as on a small car.
_MOUNT = (0.2, 0.0, 0.25, 0.0, 0.0)


class Lit(str, Enum):
    """What `--light` can be."""

    OFFICE = "office"
    DAY = "day"
    EVENING = "evening"


CameraOption: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option(
        "--camera",
        help="A camera's description (YAML): the robot takes its pictures too. Can be given "
        "several times.",
    ),
]
CameraMountOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--camera-mount",
        metavar="X,Y,Z,PITCH,YAW",
        help="Where a camera is on the robot and where it looks, in m and rad, down and to the "
        "left counted positive; once for each camera. Without it, ahead from 0.2,0,0.25.",
    ),
]
LightOption: TypeAlias = Annotated[
    Lit, typer.Option("--light", help="The light that pictures are taken in; drawn by --seed.")
]
AppearanceOption: TypeAlias = Annotated[
    int,
    typer.Option(
        "--appearance",
        min=0,
        help="Seed of what walls, floor and furniture are made of; the same for each drive in one "
        "and the same building, whatever --seed.",
    ),
]
PeopleOption: TypeAlias = Annotated[
    int, typer.Option("--people", min=0, max=1000, help="How many people walk about in pictures.")
]
DepthOption: TypeAlias = Annotated[
    bool, typer.Option("--depth", help="Write the depth of each picture too.")
]
JpegOption: TypeAlias = Annotated[
    bool, typer.Option("--jpeg", help="Write pictures as JPEG: image_raw/compressed.")
]


@dataclass(frozen=True, slots=True)
class Shown:
    """How the world looks; see ``camera.fitting.Looks``."""

    appearance: int
    light: str
    people: int


@dataclass(frozen=True, slots=True, eq=False)
class NamedCamera:
    """A camera of the robot.

    Attributes:
        model: what it takes.
        prefix: of its topics.
        frame: its optical frame.
    """

    model: CameraModel
    prefix: str
    frame: str

    def writer(self, bag: BagWriter, jpeg: bool) -> PictureWriter:
        """Return what writes its pictures into a bag."""
        from local_inn_ros.recordings.picture_writer import PictureWriter

        return PictureWriter(bag, self.model.spec, self.prefix, self.frame, jpeg)


def named_cameras(
    files: list[Path] | None, mounts: list[str] | None, depth: bool
) -> dict[str, NamedCamera]:
    """Return the cameras of files by their names.

    Raises:
        SensorError: a file is not that of a camera.
        typer.BadParameter: two have one name, or mounts do not fit the cameras.
    """
    if not files:
        if mounts:
            raise typer.BadParameter("it is of no --camera", param_hint="--camera-mount")
        return {}
    from local_inn_ros.sensing.sensor_kinds import load_camera_spec
    from local_inn_ros.simulation.camera import CameraModel
    from local_inn_ros.simulation.camera.fitting import looking_ahead

    if mounts and len(mounts) != len(files):
        raise typer.BadParameter(
            f"there are {len(files)} cameras and {len(mounts)} mounts: give each its own",
            param_hint="--camera-mount",
        )
    specs = [load_camera_spec(file) for file in files]
    placed = (
        [_placed(text) for text in mounts] if mounts else [looking_ahead(_MOUNT[:3])] * len(specs)
    )
    if len({spec.name for spec in specs}) < len(specs):
        raise typer.BadParameter("two cameras have the same name", param_hint="--camera")
    alone = len(specs) == 1
    return {
        spec.name: NamedCamera(
            CameraModel(spec, mount, sees_depth=depth),
            "" if alone else f"/{spec.name}",
            "camera_optical_frame" if alone else f"{spec.name}_optical_frame",
        )
        for spec, mount in zip(specs, placed, strict=True)
    }


def fitted_to(
    world: DrivenWorld, models: list[CameraModel], shown: Shown, rng: np.random.Generator
) -> list[Camera]:
    """Return cameras that look at a world; none where no model is given."""
    if not models:
        return []
    from local_inn_ros.simulation.camera import LightKind
    from local_inn_ros.simulation.camera.fitting import Looks, fitted_cameras

    looks = Looks(shown.appearance, LightKind(shown.light), shown.people)
    return fitted_cameras(world, looks, models, rng)


def _placed(text: str) -> Pose3:
    """Read a mount.

    Raises:
        typer.BadParameter: it is not five finite numbers.
    """
    from local_inn_ros.simulation.camera.fitting import looking_ahead

    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != len(_MOUNT) or not all(map(math.isfinite, numbers)):
        raise typer.BadParameter(
            f"{text!r} is not x,y,z,pitch,yaw in m and rad, such as 0.2,0,0.25,0,0",
            param_hint="--camera-mount",
        )
    return looking_ahead(numbers[:3], *numbers[3:])
