# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`local-inn train`: from a map to a bundle."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Annotated

import typer

from local_inn_ros.cli.map_parts import InsideOption, parse_inside, tell_choice
from local_inn_ros.cli.options import (
    MapFrameOption,
    MountOption,
    OdomTopicOption,
    ReferenceOption,
    ScanTopicOption,
    SeedOption,
    open_bag,
    scans_to_learn_from,
    tried_bundle,
)

EXAMPLE = (
    "Example: local-inn train --map maps/lab.yaml --sensor config/sensors/f1tenth.yaml "
    "--out models/lab"
)


def train(
    out: Annotated[
        Path,
        typer.Option(
            "--out", help="Folder of the bundle to make.", callback=tried_bundle, readable=False
        ),
    ],
    pictures: Annotated[
        Path | None,
        typer.Argument(
            metavar="FOLDER",
            help="For a camera: pictures with poses (sequence.json, transforms.json or TUM), in "
            "place of --bag.",
        ),
    ] = None,
    map_file: Annotated[
        Path | None, typer.Option("--map", help="For a laser: the map's YAML file.")
    ] = None,
    sensor: Annotated[
        Path | None, typer.Option("--sensor", help="For a laser: its description (YAML).")
    ] = None,
    system: Annotated[
        str,
        typer.Option(
            "--system", help="The method: local_inn_2d for a planar laser, pose_inn for a camera."
        ),
    ] = "local_inn_2d",
    preset: Annotated[
        str | None,
        typer.Option(
            "--preset",
            help="How long is trained: quick, standard (usual) or best. For a camera also paper: "
            "the networks of PoseINN as published.",
        ),
    ] = None,
    steps: Annotated[
        int | None, typer.Option("--steps", min=1, help="Gradient steps, in place of the preset's.")
    ] = None,
    bag: Annotated[
        Path | None,
        typer.Option(
            "--bag",
            help="For a laser: also learn from the scans of this recording, see --reference. For "
            "a camera: learn from its pictures, see --localize-with and --reference.",
        ),
    ] = None,
    reference: ReferenceOption = None,
    localize_with: Annotated[
        Path | None,
        typer.Option(
            "--localize-with",
            metavar="BUNDLE",
            help="For a camera: the bundle of the robot's laser, which tells where the pictures "
            "of --bag were taken.",
        ),
    ] = None,
    image_topic: Annotated[
        str | None,
        typer.Option(
            "--image-topic", help="For a camera: topic of the pictures, where a bag has several."
        ),
    ] = None,
    inside: InsideOption = None,
    scan_topic: ScanTopicOption = "/scan",
    odom_topic: OdomTopicOption = "/odom",
    mount: MountOption = None,
    map_frame: MapFrameOption = "map",
    device: Annotated[
        str, typer.Option("--device", help="Where it is trained: cpu, or cuda for a GPU.")
    ] = "cpu",
    seed: SeedOption = 0,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a training that was killed.")
    ] = False,
) -> None:
    """Train a bundle: for a laser from a map, for a camera from pictures with known poses.

    A laser's may learn from a recording with known poses, too. A camera's pictures are those of a
    folder, or of a bag in which the robot's laser or a reference tells where they were taken.

    Ctrl-C stops early and leaves a bundle that works. The same seed gives the same bundle. A
    training that was killed leaves its state in a folder beside the bundle's: the same command
    with --resume goes on with it, and gives what it would have given.
    """
    from local_inn_ros.errors import LocalInnError
    from local_inn_ros.systems.protocol import LearnsFromPictures, TrainingInputs, TrainingOrder
    from local_inn_ros.systems.registry import system_named

    method = system_named(system)
    if preset is not None and preset not in method.presets:
        raise LocalInnError(
            f"{system} has no preset {preset!r}; it has {', '.join(method.presets)}"
        )
    if importlib.util.find_spec("torch") is None or importlib.util.find_spec("FrEIA") is None:
        raise LocalInnError(
            "training needs torch and FrEIA, which a robot does not: install them with "
            "`pip install 'local_inn_ros[train]'`"
        )
    order = TrainingOrder(preset or method.presets[0], steps, seed, device)
    if pictures is not None or isinstance(method, LearnsFromPictures):
        from local_inn_ros.cli.bag_pictures import PicturesOfBag
        from local_inn_ros.cli.picture_training import PictureOrder, train_camera

        _refuse_map(map_file)
        told = PicturesOfBag(
            bag, image_topic, sensor, localize_with, reference,
            scan_topic, odom_topic, mount, map_frame,
        )  # fmt: skip
        train_camera(PictureOrder(method, order, out, resume), pictures, told)
        return
    if localize_with is not None or image_topic is not None:
        raise LocalInnError(
            f"--localize-with and --image-topic are for a camera, and {system} is for a laser: "
            "name the method with --system"
        )
    if map_file is None or sensor is None:
        raise LocalInnError(
            "name the map and the laser with --map and --sensor, or a folder of pictures with poses"
        )
    from local_inn_ros.cli.bundle_notes import tell_doubts, tell_drawing
    from local_inn_ros.cli.output import say
    from local_inn_ros.cli.training_bar import training_bar
    from local_inn_ros.sensing import LaserSpec, load_sensor_spec
    from local_inn_ros.systems.registry import load_bundle
    from local_inn_ros.training.train import train_bundle
    from local_inn_ros.world import FreeParts, choose_parts, load_map

    grid, spec = load_map(map_file), load_sensor_spec(sensor)
    posed = None
    if bag is not None:
        laser = spec if isinstance(spec, LaserSpec) else None
        posed = scans_to_learn_from(
            open_bag(bag, scan_topic, odom_topic, reference, mount, laser, map_frame)
        )
    driven = None if posed is None else posed.poses
    choice = choose_parts(FreeParts.of(grid), parse_inside(inside), driven)
    tell_choice(choice)
    inputs = TrainingInputs(grid, {spec.kind: spec}, posed, choice.points)
    with training_bar() as show:
        folder = train_bundle(method, inputs, order, out, show, resume)
    say(f"written: {folder}")
    trained = load_bundle(folder)
    if posed is None:
        tell_drawing(trained)
    tell_doubts(method, trained.description)


def _refuse_map(map_file: Path | None) -> None:
    """Refuse what is for a laser beside pictures.

    Raises:
        LocalInnError: a map was given.
    """
    from local_inn_ros.errors import LocalInnError

    if map_file is not None:
        raise LocalInnError("a camera learns from pictures with poses, and no map: leave --map out")
