# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bundles of the maps that accuracy is measured on; what is missing is trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from local_inn_ros.benchmarking.worlds import DRAWN_FLOOR, drawn_floor, floor
from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.cli.output import say
from local_inn_ros.cli.training_bar import training_bar
from local_inn_ros.errors import LocalInnError
from local_inn_ros.resources import resource_directory
from local_inn_ros.sensing import LaserSpec, load_laser_spec
from local_inn_ros.simulation.worlds import GeneratedWorld, generate_circuit
from local_inn_ros.systems.local_inn_2d.presets import PRESETS
from local_inn_ros.systems.protocol import TrainingInputs, TrainingOrder
from local_inn_ros.systems.registry import DEFAULT, system_named
from local_inn_ros.world import OccupancyGrid, load_map

ROOT = Path(__file__).resolve().parents[1]
MAPS = ROOT.parent / "shared" / "data" / "maps"
SENSOR = ROOT / "config" / "sensors" / "f1tenth.yaml"
NAMES = ("levine_slam_dark", "berlin", "outdoor2_sim", "skirk")
CIRCUIT = "generated_circuit"
FLOOR = "generated_floor"
# As long as the circuits of full races; scans come four times as seldom as on the other maps, so
# that the robot goes far between two of them.
_CIRCUIT_LAP_M, _CIRCUIT_LEAST_RADIUS_M, _CIRCUIT_WIDTH_M = 343.0, 4.0, 3.0
_CIRCUIT_RATE_HZ = 10.0
_SEED = 0


def shipped_bundle() -> Path:
    """Return the folder of the bundle that comes with the package."""
    return resource_directory("models") / "generated_track"


def map_bundles(folder: Path) -> list[Path]:
    """Return the shipped bundle and those of the other maps, trained where they are missing.

    Args:
        folder: holds a bundle of each map, under the map's name.

    Raises:
        LocalInnError: one cannot be trained.
    """
    bundles = [shipped_bundle(), folder / CIRCUIT, folder / DRAWN_FLOOR]
    if not bundles[1].exists():
        _train(*circuit(), bundles[1])
    if not bundles[2].exists():
        _train(drawn_floor(), load_laser_spec(SENSOR), bundles[2])
    for name in NAMES:
        bundle, map_file = folder / name, MAPS / f"{name}.yaml"
        if not map_file.is_file():
            say(f"left out: {name}, whose map is not at {map_file}")
            continue
        if not bundle.exists():
            _train(load_map(map_file), load_laser_spec(SENSOR), bundle)
        bundles.append(bundle)
    return bundles


def floor_bundle(folder: Path) -> Path:
    """Return the bundle of a generated floor of a building, trained where it is missing.

    Args:
        folder: holds it, under its map's name.

    Raises:
        LocalInnError: it cannot be trained.
    """
    bundle = folder / FLOOR
    if not bundle.exists():
        _train(floor().grid, load_laser_spec(SENSOR), bundle)
    return bundle


def circuit_world() -> GeneratedWorld:
    """Return the map of a long race circuit, and a lap on it."""
    return generate_circuit(
        np.random.default_rng(_SEED),
        lap_m=_CIRCUIT_LAP_M,
        least_radius_m=_CIRCUIT_LEAST_RADIUS_M,
        width_m=_CIRCUIT_WIDTH_M,
    )


def circuit() -> tuple[OccupancyGrid, LaserSpec]:
    """Return the map of a long race circuit, and a slow scanner for it."""
    sensor = load_laser_spec(SENSOR).model_copy(update={"rate_hz": _CIRCUIT_RATE_HZ})
    return circuit_world().grid, sensor


def _train(grid: OccupancyGrid, sensor: LaserSpec, bundle: Path) -> None:
    """Train aside, so that what is interrupted is not taken for a bundle next time."""
    try:
        from local_inn_ros.training.train import train_bundle
    except ModuleNotFoundError as error:
        raise LocalInnError(
            f"there is no bundle at {bundle}, and training one needs {error.name}: install "
            "local_inn_ros[train]"
        ) from error
    say(f"training {bundle.name}, which is not at {bundle}")
    aside = bundle.with_name(f"{bundle.name}.new")
    inputs, order = TrainingInputs(grid, {"laser": sensor}), TrainingOrder("standard", seed=_SEED)
    with training_bar() as show:
        train_bundle(system_named(DEFAULT), inputs, order, aside, show)
    if Bundle.load(aside).description.training["steps"] != PRESETS["standard"].steps:
        raise LocalInnError(f"the training of {bundle.name} was interrupted; what it made: {aside}")
    aside.rename(bundle)
