# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`local-inn train FOLDER`: from pictures with known poses to a bundle."""

from __future__ import annotations

from pathlib import Path

from local_inn_ros.cli.output import say
from local_inn_ros.cli.training_bar import training_bar
from local_inn_ros.recordings.picture_folder import read_picture_folder
from local_inn_ros.systems.protocol import System, TrainingInputs, TrainingOrder
from local_inn_ros.systems.registry import load_bundle


def train_on_pictures(
    method: System,
    folder: Path,
    out: Path,
    preset: str | None,
    steps: int | None,
    seed: int,
    device: str,
    resume: bool,
) -> None:
    """Train a system on a folder of pictures, and say what came of it.

    Raises:
        LocalInnError: the folder cannot be read, or not be learned from.
    """
    from local_inn_ros.training.train import train_bundle

    posed = read_picture_folder(folder)
    depth = "with depth" if posed.have_depth else "without depth"
    say(f"{len(posed)} pictures of {posed.camera.in_words()}, {depth}")
    inputs = TrainingInputs(None, {"camera": posed.camera}, pictures=posed)
    order = TrainingOrder(preset or method.presets[0], steps, seed, device)
    with training_bar() as show:
        written = train_bundle(method, inputs, order, out, show, resume)
    say(f"written: {written}")
    measured = load_bundle(written).description.measured
    if "held_out_median_m" in measured:
        say(
            "pictures held out: median "
            f"{100.0 * measured['held_out_median_m']:.1f} cm, "
            f"{measured['held_out_median_deg']:.2f} degrees"
        )
