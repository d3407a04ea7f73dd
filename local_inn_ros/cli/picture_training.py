# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`local-inn train` for a camera: from pictures with known poses to a bundle."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from local_inn_ros.cli.bag_pictures import PicturesOfBag, pictures_of_bag
from local_inn_ros.cli.output import say
from local_inn_ros.cli.training_bar import training_bar
from local_inn_ros.errors import LocalInnError
from local_inn_ros.recordings.picture_folder import read_picture_folder
from local_inn_ros.sensing.camera.posed_pictures import PosedPictures
from local_inn_ros.systems.protocol import (
    LearnsFromPictures,
    System,
    TrainingInputs,
    TrainingOrder,
)
from local_inn_ros.systems.registry import load_bundle


@dataclass(frozen=True, slots=True)
class PictureOrder:
    """How a person wants a system trained on pictures.

    Attributes:
        method: the system.
        order: how long, with which seed, and where.
        out: folder of the bundle.
        resume: go on with a training that was killed.
    """

    method: System
    order: TrainingOrder
    out: Path
    resume: bool


def train_camera(order: PictureOrder, folder: Path | None, told: PicturesOfBag) -> None:
    """Train a system on the pictures of a folder or of a bag, and say what came of it.

    Raises:
        LocalInnError: neither is given or both are, or they cannot be read or be learned from.
    """
    if folder is not None:
        _refuse_beside_folder(told)
        train_on_pictures(read_picture_folder(folder), order)
        return
    if told.bag is None:
        raise LocalInnError(
            f"{order.method.name} learns from pictures with poses: name a folder of pictures, or a "
            "recording with --bag"
        )
    if not isinstance(order.method, LearnsFromPictures):
        raise LocalInnError(f"{order.method.name} does not learn from pictures")
    laser = told.localize_with
    if laser is not None and laser.exists() and order.out.exists() and order.out.samefile(laser):
        raise LocalInnError(f"--out would replace {laser}, the laser's bundle: name another folder")
    with TemporaryDirectory(prefix="local_inn_pictures_") as kept:
        posed = pictures_of_bag(told.bag, told, order.method.picture_multiple, Path(kept))
        train_on_pictures(posed, order)


def _refuse_beside_folder(told: PicturesOfBag) -> None:
    given = {
        "--bag": told.bag,
        "--sensor": told.sensor,
        "--localize-with": told.localize_with,
        "--reference": told.reference,
        "--image-topic": told.image_topic,
    }
    named = [name for name, value in given.items() if value is not None]
    if named:
        raise LocalInnError(
            f"a folder of pictures has their camera and their poses: leave {', '.join(named)} out"
        )


def train_on_pictures(posed: PosedPictures, told: PictureOrder) -> None:
    """Train a system on pictures, and say what came of it.

    Raises:
        LocalInnError: they cannot be learned from.
    """
    from local_inn_ros.training.train import train_bundle

    depth = "with depth" if posed.have_depth else "without depth"
    say(f"{len(posed)} pictures of {posed.camera.in_words()}, {depth}")
    inputs = TrainingInputs(None, {"camera": posed.camera}, pictures=posed)
    with training_bar() as show:
        written = train_bundle(told.method, inputs, told.order, told.out, show, told.resume)
    say(f"written: {written}")
    measured = load_bundle(written).description.measured
    if "held_out_median_m" in measured:
        say(
            "pictures held out: median "
            f"{100.0 * measured['held_out_median_m']:.1f} cm, "
            f"{measured['held_out_median_deg']:.2f} degrees"
        )
