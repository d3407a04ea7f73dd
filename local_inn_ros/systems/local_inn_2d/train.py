# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One training of Local_INN: networks from a map, and from posed scans where there are any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.description import BundleDescription, Calibration, RecordValue
from local_inn_ros.errors import DeviceError, MapError, SensorError
from local_inn_ros.flows.fit_task import FitTask, SampleSource
from local_inn_ros.sensing import LaserSpec
from local_inn_ros.systems.local_inn_2d.calibrate import (
    calibrated_on_map,
    calibrated_on_what_was_learned,
)
from local_inn_ros.systems.local_inn_2d.export import write_files
from local_inn_ros.systems.local_inn_2d.map_calibration import (
    MapCalibration,
    calibrate_map,
    caster_of,
)
from local_inn_ros.systems.local_inn_2d.measure import measure
from local_inn_ros.systems.local_inn_2d.network import LocalInn, torch_engine_of
from local_inn_ros.systems.local_inn_2d.networks import GraphNetworks
from local_inn_ros.systems.local_inn_2d.objective import LocalInnObjective
from local_inn_ros.systems.local_inn_2d.presets import PRESETS, TrainingSettings
from local_inn_ros.systems.local_inn_2d.scan_sources import MapSource, MixedSource, PosedScans
from local_inn_ros.systems.protocol import TrainingInputs, TrainingOrder
from local_inn_ros.world import FreeParts, OccupancyGrid, choose_parts, grid_hash

# Half of the scans from the recording, where there is one: it holds what a map does not (people,
# furniture, the sensor's own ways), the map holds the places where nobody drove.
_POSED_SHARE = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class LocalInn2dTraining:
    """See ``TrainingRun``.

    Attributes:
        grid: the map.
        laser: the scanner.
        settings: how it is trained.
        seed: of everything random.
        device: where the networks are trained.
        posed: scans of a recording with known poses; None where the map has to do.
        inside: a point in each part of the map that is learned.
        surfaces: how the map relates to them.
        model: the networks.
        task: what the fit loop has to do.
    """

    grid: OccupancyGrid
    laser: LaserSpec
    settings: TrainingSettings
    seed: int
    device: str
    posed: PosedScans | None
    inside: tuple[tuple[float, float], ...]
    surfaces: MapCalibration
    model: LocalInn
    task: FitTask

    @staticmethod
    def begin(inputs: TrainingInputs, order: TrainingOrder) -> LocalInn2dTraining:
        """Begin a training of one of the presets.

        Raises:
            DeviceError: torch has no such device here.
            MapError: the map has no room for a robot.
            SensorError: the sensor is no planar laser, or the scans do not fit it.
        """
        settings = PRESETS[order.preset]
        if order.steps is not None:
            settings = replace(settings, steps=order.steps)
        return LocalInn2dTraining.of(inputs, settings, order.seed, order.device)

    @staticmethod
    def of(
        inputs: TrainingInputs, settings: TrainingSettings, seed: int, device: str = "cpu"
    ) -> LocalInn2dTraining:
        """Begin a training of any settings; see ``begin``."""
        check_device(device)
        laser, grid = _laser_among(inputs), inputs.grid
        if grid is None:
            raise MapError("local_inn_2d learns from a map: name its YAML file with --map")
        posed = None if inputs.posed is None else PosedScans.of(inputs.posed, laser)
        inside = inputs.inside or choose_parts(FreeParts.of(grid)).points
        surfaces = calibrate_map(grid, laser, posed)
        simulated = MapSource(
            grid,
            laser,
            settings.clearance_m,
            settings.blocked_share,
            inside,
            caster_of(grid, surfaces, laser, inside),
        )
        source: SampleSource = simulated
        if posed is not None:
            source = MixedSource(simulated, posed, _POSED_SHARE)
        model = new_model(simulated, laser, settings, seed).to(device)
        task = FitTask(
            model,
            optimizer_of(model, settings),
            source,
            LocalInnObjective(model, settings),
            settings.steps,
            settings.batch,
        )
        return LocalInn2dTraining(
            grid, laser, settings, seed, device, posed, inside, surfaces, model, task
        )

    @property
    def identity(self) -> Mapping[str, RecordValue]:
        """All that the outcome depends on."""
        settings = self.settings
        return {
            "seed": self.seed,
            "steps": settings.steps,
            "device": self.device,
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
            "map": grid_hash(self.grid),
            "inside": " ".join(f"{x:g},{y:g}" for x, y in self.inside),
            "laser": self.laser.model_dump_json(),
            "posed_scans": 0 if self.posed is None else len(self.posed),
            "posed_sha256": "" if self.posed is None else self.posed.sha256(),
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

    def write(
        self, folder: Path, record: Mapping[str, RecordValue], rng: np.random.Generator
    ) -> BundleDescription:
        """Measure what was learned, and write graphs, weights and map (see ``TrainingRun``)."""
        settings, model = self.settings, self.model.cpu()
        caster = caster_of(self.grid, self.surfaces, self.laser, self.inside)
        unseen = MapSource(self.grid, self.laser, settings.clearance_m, 0.0, self.inside, caster)
        networks = GraphNetworks(torch_engine_of(model, settings.narrowest_spread))
        measured = measure(networks, unseen, settings, rng)
        return write_files(
            model, self.grid, self.laser, settings, measured, record, self.surfaces, folder
        ).within(self.inside)

    def calibrate(self, bundle: Bundle, rng: np.random.Generator) -> Calibration:
        """Measure whether the covariances are true (see ``TrainingRun``)."""
        count = self.settings.calibration_scans
        if self.posed is None:
            return calibrated_on_map(bundle, count, rng)
        return calibrated_on_what_was_learned(bundle, count, self.posed, self.surfaces.halves, rng)


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
    source: MapSource, laser: LaserSpec, settings: TrainingSettings, seed: int
) -> LocalInn:
    """Build untrained networks, the same for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return LocalInn(laser, source.free_space.bounds, settings.prior_deviation, settings.network)


def optimizer_of(model: LocalInn, settings: TrainingSettings) -> torch.optim.Optimizer:
    """Nodes of feature maps are moved by few scans of each batch, and take larger steps for it."""
    places = [*model.encoder.places.parameters(), *model.decoder.places.parameters()]
    of_places = {id(parameter) for parameter in places}
    others = [each for each in model.parameters() if each.requires_grad]
    others = [each for each in others if id(each) not in of_places]
    return torch.optim.Adam(
        [
            {"params": others, "lr": settings.learning_rate},
            {"params": places, "lr": settings.map_learning_rate},
        ],
        betas=(0.9, 0.99),
        eps=1e-10,
        fused=True,
    )


def _laser_among(inputs: TrainingInputs) -> LaserSpec:
    lasers = [one for one in inputs.sensors.values() if isinstance(one, LaserSpec)]
    if len(lasers) != 1 or len(inputs.sensors) != 1:
        kinds = ", ".join(one.kind for one in inputs.sensors.values()) or "none"
        raise SensorError(f"local_inn_2d is for one planar laser; given: {kinds}")
    return lasers[0]
