# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Times a bundle on this machine: every engine, stage by stage, beside the particle filter."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from local_inn_ros.benchmarking.accuracy_job import MOUNT, noisy_sensor
from local_inn_ros.benchmarking.bench_report import (
    USUAL_SAMPLES,
    BenchReport,
    EngineTimes,
    NodeTimes,
)
from local_inn_ros.benchmarking.cpu_share import RATES_HZ, cpu_share
from local_inn_ros.benchmarking.drive_conditions import CONDITIONS
from local_inn_ros.benchmarking.first_fix import time_first_fix
from local_inn_ros.benchmarking.machine_engines import open_engines
from local_inn_ros.benchmarking.search_time import SEARCHES, time_searches
from local_inn_ros.benchmarking.time_spread import TimeSpread
from local_inn_ros.benchmarking.timed_runs import (
    LOCATE,
    WHOLE,
    NetworkRun,
    ParticleRun,
    StageTimes,
    TimedRun,
    time_by_turns,
    turns,
)
from local_inn_ros.benchmarking.worlds import drive_lap_of
from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.systems.protocol import Model, RunSettings

# Samples are drawn in pairs: there is no odd number of them.
SAMPLES = (2, USUAL_SAMPLES, 100, 1000)
PARTICLES = (500, 2000, 4000)
SPEED_MPS = 5.0
LEAST_DURATION_S = 1.0
# How long each rate is kept up for the processor's share.
_PACED_S = 3.0
# The stage that only a localizer without a refiner has.
_STATISTICS = "statistics"


@dataclass(frozen=True, slots=True)
class BenchSettings:
    """How thoroughly to measure.

    Attributes:
        duration_s: simulated seconds that are driven, and real ones that the nodes are fed.
        seed: of all chance.
    """

    duration_s: float = 10.0
    seed: int = 0


NodeMeter = Callable[[Bundle, BenchSettings], NodeTimes]
"""Times the nodes; given by whoever may import ROS."""


class Bench:
    """One bundle on the bench."""

    def __init__(
        self, bundle: Bundle, settings: BenchSettings, meter: NodeMeter | None = None
    ) -> None:
        """Open the engines and drive.

        Args:
            bundle: the trained model; its map has a lap.
            settings: how thoroughly to measure.
            meter: times the nodes, where ROS is installed.

        Raises:
            BundleError: the networks cannot be loaded.
            MapError: the map has no lap.
        """
        self._bundle = bundle
        self._settings = settings
        self._meter = meter
        self._engines = open_engines(bundle)
        self._drive = drive_lap_of(
            bundle,
            noisy_sensor(bundle),
            MOUNT,
            CONDITIONS["clean"],
            SPEED_MPS,
            settings.duration_s,
            settings.seed,
        )

    @property
    def steps(self) -> int:
        """How many steps ``run`` has."""
        each = turns(self._drive) * (len(SAMPLES) + 1) + SEARCHES + 1 + len(RATES_HZ) + 1
        particles = turns(self._drive) * len(PARTICLES)
        return len(self._engines.opened) * each + particles + (self._meter is not None)

    def run(self, on_step: Callable[[], None]) -> BenchReport:
        """Measure.

        Args:
            on_step: called after each step.

        Raises:
            LocalInnError: the bundle cannot be localized with.
        """
        machine = _machine()
        taken = time_by_turns(self._runs(), self._drive, on_step)
        engines = {
            name: self._engine_times(name, model, taken, on_step)
            for name, model in self._engines.opened.items()
        }
        nodes = None
        if self._meter is not None:
            nodes = self._meter(self._bundle, self._settings)
            on_step()
        return BenchReport(
            bundle=self._bundle.path.name,
            machine=machine,
            scans=len(self._drive.scans),
            engines=engines,
            missing=self._engines.missing,
            particles={count: TimeSpread.of(taken[_mcl(count)][WHOLE]) for count in PARTICLES},
            nodes=nodes,
        )

    def _runs(self) -> dict[str, TimedRun]:
        """Return all that follow the drive by turns, by name."""
        runs: dict[str, TimedRun] = {}
        for name, model in self._engines.opened.items():
            for count in SAMPLES:
                runs[_inn(name, count)] = NetworkRun(model, RunSettings(samples=count))
            runs[_plain(name)] = NetworkRun(model, RunSettings(RefinerChoice.NONE, USUAL_SAMPLES))
        for count in PARTICLES:
            rng = np.random.default_rng([self._settings.seed, count])
            runs[_mcl(count)] = ParticleRun(self._bundle, count, rng)
        return runs

    def _engine_times(
        self, name: str, model: Model, taken: dict[str, StageTimes], on_step: Callable[[], None]
    ) -> EngineTimes:
        search = time_searches(model, self._drive, on_step)
        shares = {}
        for rate_hz in RATES_HZ:
            shares[rate_hz] = self._cpu_share(model, rate_hz)
            on_step()
        first_fix = time_first_fix(self._bundle.path, name)
        on_step()
        stages = {stage: TimeSpread.of(s) for stage, s in taken[_inn(name, USUAL_SAMPLES)].items()}
        stages[_STATISTICS] = TimeSpread.of(taken[_plain(name)][_STATISTICS])
        return EngineTimes(
            name=model.engine_name,
            samples={n: TimeSpread.of(taken[_inn(name, n)][LOCATE]) for n in SAMPLES},
            stages=stages,
            search=search,
            cpu_share=shares,
            first_fix=first_fix,
        )

    def _cpu_share(self, model: Model, rate_hz: float) -> float:
        settings = self._settings
        duration_s = min(_PACED_S, settings.duration_s)
        return cpu_share(model, USUAL_SAMPLES, rate_hz, SPEED_MPS, duration_s, settings.seed)


def _inn(engine: str, samples: int) -> str:
    return f"{engine} with {samples} samples"


def _plain(engine: str) -> str:
    return f"{engine} without a refiner"


def _mcl(particles: int) -> str:
    return f"Monte Carlo with {particles} particles"


def _machine() -> dict[str, object]:
    """Return what this machine is, and how busy it was with other things."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_average": os.getloadavg()[0],
        "niceness": os.nice(0),
    }


def _processor() -> str:
    """Return the processor's name as Linux has it, or its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())
