# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`local-inn train`: from a map to a bundle."""

from __future__ import annotations

import importlib.util
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from local_inn_ros.cli.options import (
    MountOption,
    OdomTopicOption,
    ReferenceOption,
    ScanTopicOption,
    SeedOption,
    open_bag,
)

EXAMPLE = (
    "Example: local-inn train --map maps/lab.yaml --sensor config/sensors/f1tenth.yaml "
    "--out models/lab"
)


class Preset(str, Enum):
    """How long is trained."""

    QUICK = "quick"
    STANDARD = "standard"
    BEST = "best"


def train(
    map_file: Annotated[Path, typer.Option("--map", help="The map's YAML file.")],
    sensor: Annotated[Path, typer.Option("--sensor", help="The laser's description (YAML).")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the bundle to make.")],
    preset: Annotated[
        Preset, typer.Option("--preset", help="How long is trained.")
    ] = Preset.STANDARD,
    steps: Annotated[
        int | None, typer.Option("--steps", min=1, help="Gradient steps, in place of the preset's.")
    ] = None,
    bag: Annotated[
        Path | None,
        typer.Option("--bag", help="Also learn from the scans of this recording; see --reference."),
    ] = None,
    reference: ReferenceOption = None,
    scan_topic: ScanTopicOption = "/scan",
    odom_topic: OdomTopicOption = "/odom",
    mount: MountOption = None,
    device: Annotated[
        str, typer.Option("--device", help="Where it is trained: cpu, or cuda for a GPU.")
    ] = "cpu",
    seed: SeedOption = 0,
) -> None:
    """Train a bundle from a map alone, or from a map and a recording with known poses.

    Ctrl-C stops early and leaves a bundle that works. The same seed gives the same bundle.
    """
    from local_inn_ros.errors import LocalInnError

    if importlib.util.find_spec("torch") is None or importlib.util.find_spec("FrEIA") is None:
        raise LocalInnError(
            "training needs torch and FrEIA, which a robot does not: install them with "
            "`pip install 'local_inn_ros[train]'`"
        )
    from dataclasses import replace

    from local_inn_ros.cli.output import say
    from local_inn_ros.cli.training_bar import training_bar
    from local_inn_ros.recordings.posed_scans import posed_scans
    from local_inn_ros.sensing import load_sensor_spec
    from local_inn_ros.systems.local_inn_2d.presets import PRESETS
    from local_inn_ros.systems.local_inn_2d.train import train_bundle
    from local_inn_ros.world import load_map

    grid, spec = load_map(map_file), load_sensor_spec(sensor)
    settings = PRESETS[preset.value]
    if steps is not None:
        settings = replace(settings, steps=steps)
    posed = None
    if bag is not None:
        recording = open_bag(bag, scan_topic, odom_topic, reference, mount)
        posed = posed_scans(recording, spec)
    with training_bar(settings.steps) as show:
        folder = train_bundle(grid, spec, settings, seed, out, show, posed, device)
    say(f"written: {folder}")
