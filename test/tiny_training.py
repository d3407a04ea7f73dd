# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Small networks that train in seconds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from local_inn_ros.flows.fit_task import FitTask, SampleSource
from local_inn_ros.geometry import Pose2
from local_inn_ros.sensing import LaserSpec
from local_inn_ros.systems.local_inn_2d.config import NetworkSettings
from local_inn_ros.systems.local_inn_2d.network import LocalInn
from local_inn_ros.systems.local_inn_2d.objective import LocalInnObjective
from local_inn_ros.systems.local_inn_2d.presets import TrainingSettings
from local_inn_ros.systems.local_inn_2d.scan_sources import MapSource
from local_inn_ros.systems.local_inn_2d.train import new_model, optimizer_of
from local_inn_ros.world import FREE, OCCUPIED, OccupancyGrid

SENSOR = LaserSpec(
    name="tiny",
    beam_count=180,
    angle_min_rad=-2.0,
    angle_max_rad=2.0,
    range_min_m=0.05,
    range_max_m=12.0,
    noise_std_m=0.01,
    rate_hz=20.0,
    network_beams=32,
)
SETTINGS = TrainingSettings(
    steps=30,
    batch=64,
    drawn_beams=8,
    calibration_scans=60,
    network=NetworkSettings(
        octaves=3,
        blocks=2,
        coupling_hidden=32,
        condition=8,
        cells_m=(0.5, 2.0),
        channels=4,
        point_hidden=16,
        scan_hidden=32,
    ),
)


def room() -> OccupancyGrid:
    """A room of 5 x 4 m with a box in it."""
    cells = np.full((100, 120), OCCUPIED, dtype=np.int8)
    cells[10:90, 10:110] = FREE
    cells[10:40, 70:90] = OCCUPIED
    return OccupancyGrid(cells, 0.05, Pose2(-2.0, 1.0, 0.0))


def source(blocked_share: float = 0.0) -> MapSource:
    """Scans of the room."""
    return MapSource(room(), SENSOR, clearance_m=0.2, blocked_share=blocked_share)


def untrained(seed: int = 0) -> LocalInn:
    """Networks that have learned nothing."""
    return new_model(source(), SENSOR, SETTINGS, seed)


def steps(count: int) -> TrainingSettings:
    """The settings with another number of steps."""
    return replace(SETTINGS, steps=count)


def task_of(model: LocalInn, drawn_from: SampleSource, settings: TrainingSettings) -> FitTask:
    """What the fit loop has to do with a model."""
    return FitTask(
        model,
        optimizer_of(model, settings),
        drawn_from,
        LocalInnObjective(model, settings),
        settings.steps,
        settings.batch,
    )
