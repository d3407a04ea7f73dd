# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From a map to a bundle."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from local_inn_ros.bundles.description import RecordValue
from local_inn_ros.errors import DeviceError
from local_inn_ros.sensing import SensorSpec
from local_inn_ros.systems.local_inn_2d.calibrate import (
    calibrate_on_map,
    calibrate_on_what_was_learned,
)
from local_inn_ros.systems.local_inn_2d.export import check_place, write_bundle
from local_inn_ros.systems.local_inn_2d.map_calibration import calibrate_map
from local_inn_ros.systems.local_inn_2d.measure import measure
from local_inn_ros.systems.local_inn_2d.network import LocalInn
from local_inn_ros.systems.local_inn_2d.presets import TrainingSettings
from local_inn_ros.systems.local_inn_2d.scan_sources import (
    MapSource,
    MixedSource,
    PosedScans,
    ScanSource,
)
from local_inn_ros.systems.local_inn_2d.torch_engine import TorchEngine
from local_inn_ros.training.fit import TrainingProgress, fit
from local_inn_ros.world import OccupancyGrid

_LOG = logging.getLogger(__name__)
# Half of the scans from the recording, where there is one: it holds what a map does not (people,
# furniture, the sensor's own ways), the map holds the places where nobody drove.
_POSED_SHARE = 0.5


def train_bundle(
    grid: OccupancyGrid,
    sensor: SensorSpec,
    settings: TrainingSettings,
    seed: int,
    out: Path,
    progress: Callable[[TrainingProgress], None],
    posed: PosedScans | None = None,
    device: str = "cpu",
) -> Path:
    """Train Local_INN on a map and write its bundle.

    The same arguments on the same machine give the same networks. An interrupt (Ctrl-C) ends the
    training early; the bundle is written all the same.

    Args:
        grid: the map.
        sensor: the scanner.
        settings: how to train.
        seed: of everything random.
        out: folder of the bundle; one that is there is replaced when the new one is complete.
        progress: called now and then.
        posed: scans of a recording with reference poses, to train on too.
        device: where the networks are trained, as torch names it: ``cpu``, ``cuda``.

    Returns:
        The folder.

    Raises:
        BundleError: ``out`` holds something that is not a bundle.
        DeviceError: torch has no such device here.
        MapError: the map has no room for a robot.
    """
    check_place(out)
    check_device(device)
    rng = np.random.default_rng(seed)
    simulated = MapSource(grid, sensor, settings.clearance_m, settings.blocked_share)
    source: ScanSource = simulated
    if posed is not None:
        source = MixedSource(simulated, posed, _POSED_SHARE)
    model = new_model(simulated, sensor, settings, seed).to(device)
    started = time.monotonic()
    steps = fit(model, source, settings, rng, progress)
    seconds = time.monotonic() - started
    model.cpu()

    unseen = MapSource(grid, sensor, settings.clearance_m, blocked_share=0.0)
    measured = measure(TorchEngine(model, settings.narrowest_spread), unseen, settings, rng)
    record: dict[str, RecordValue] = {
        "seed": seed,
        "steps": steps,
        "seconds": round(seconds, 1),
        "device": device,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "posed_scans": 0 if posed is None else len(posed),
        "batch": settings.batch,
        "samples": settings.samples,
        "learning_rate": settings.learning_rate,
        "map_learning_rate": settings.map_learning_rate,
        "drawn_beams": settings.drawn_beams,
        "narrowest_spread": settings.narrowest_spread,
        "clearance_m": settings.clearance_m,
        "blocked_share": settings.blocked_share,
        "calibration_scans": settings.calibration_scans,
        "network": {**asdict(settings.network), "cells_m": list(settings.network.cells_m)},
    }
    surfaces = calibrate_map(grid, sensor, posed)
    write_bundle(model, grid, sensor, settings, measured, record, surfaces, out)
    if posed is None:
        calibrate_on_map(out, settings.calibration_scans, rng)
    else:
        calibrate_on_what_was_learned(out, settings.calibration_scans, posed, surfaces.halves, rng)
    _LOG.info("wrote %s after %d steps in %.0f s", out, steps, seconds)
    return out


def check_device(device: str) -> None:
    """Refuse a device before hours are spent on the way to it.

    Raises:
        DeviceError: torch does not know it, or has none here.
    """
    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        # A build without CUDA asserts, one with it raises; both explain themselves in a line.
        reason = str(error).splitlines()[0]
        raise DeviceError(f"cannot train on {device!r}: {reason}; `cpu` always works") from None


def new_model(
    source: MapSource, sensor: SensorSpec, settings: TrainingSettings, seed: int
) -> LocalInn:
    """Build untrained networks, the same for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return LocalInn(
            sensor, source.free_space.bounds, settings.prior_deviation, settings.network
        )
