# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Make the two bundles that `make demo-camera` shows: of the floor's laser, and of its camera.

The laser learns from the floor's map; the camera from one drive in an office's light, in which that
laser says where each picture was taken. Half an hour of one core.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import camera_floor
import numpy as np
import torch

from local_inn_ros.cli.training_bar import training_bar
from local_inn_ros.errors import LocalInnError
from local_inn_ros.sensing import load_laser_spec
from local_inn_ros.simulation.worlds import generate_floor
from local_inn_ros.systems.protocol import TrainingInputs, TrainingOrder
from local_inn_ros.systems.registry import DEFAULT, system_named
from local_inn_ros.training.train import train_bundle

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Train what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "models")
    parser.add_argument("--drives", type=Path, default=ROOT / "build" / "bench" / camera_floor.NAME)
    parser.add_argument("--laser-steps", type=int, default=4_000)
    parser.add_argument("--camera-steps", type=int, default=6_000)
    given = parser.parse_args()
    torch.set_num_threads(1)
    given.drives.mkdir(parents=True, exist_ok=True)
    laser, camera = given.out / "generated_floor", given.out / "generated_floor_camera"
    if not laser.exists():
        rng = np.random.default_rng(camera_floor.FLOOR_SEED)
        grid = generate_floor(rng, *camera_floor.SIZE_M).grid
        spec = load_laser_spec(camera_floor.LASER)
        inputs = TrainingInputs(grid, {"laser": spec})
        order = TrainingOrder("standard", given.laser_steps)
        with training_bar() as show:
            train_bundle(system_named(DEFAULT), inputs, order, laser, show)
        print(f"written: {laser}")
    if not camera.exists():
        bag = camera_floor.learned_bag(laser, camera_floor.CAMERA, given.drives)
        learned = camera_floor.learned_pictures(bag, laser, given.drives)
        inputs = TrainingInputs(None, {"camera": learned.camera}, pictures=learned)
        order = TrainingOrder("standard", given.camera_steps)
        with training_bar() as show:
            train_bundle(system_named("pose_inn"), inputs, order, camera, show)
        print(f"written: {camera}")


if __name__ == "__main__":
    try:
        main()
    except LocalInnError as error:
        sys.exit(f"error: {error}")
