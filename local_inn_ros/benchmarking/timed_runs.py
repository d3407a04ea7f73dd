# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Localizers that follow the same drive by turns, each scan of each of them timed.

By turns, so that whatever else a busy machine does falls on all of them alike: ratios of their
times hold where the times themselves do not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.benchmarking.accuracy_job import MOUNT
from local_inn_ros.benchmarking.simulated_drive import Drive
from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.errors import BagError, SensorError
from local_inn_ros.evaluation.baselines.monte_carlo import MonteCarloLocalizer, MonteCarloSettings
from local_inn_ros.evaluation.replay import starting_pose
from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.geometry import GaussianPose2
from local_inn_ros.localization.pipeline import LocalizationPipeline
from local_inn_ros.sensing import Odometry, Scan
from local_inn_ros.sensing.mount import Mount
from local_inn_ros.systems.protocol import Model, RunSettings, fix_producer_of

# From a scan's array to the fix; the filter's part is not in it.
LOCATE = "locate"
FILTER = "ekf"
# All of it, from the prior to the fused pose.
WHOLE = "whole"
# So many scans in a row for each localizer: its memory stays in the processor's caches, as it
# does on a robot.
_TURN_SCANS = 40
# The first scans fill caches.
SETTLING_SCANS = 20

StageTimes = dict[str, NDArray[np.float64]]


class TimedRun(Protocol):
    """A localizer that tells how long it took."""

    def begin(self, pose: GaussianPose2, stamp_s: float) -> None:
        """Begin from a pose of the base in the map frame."""
        ...

    def add_odometry(self, odometry: Odometry) -> None:
        """Take in a reading of the odometry."""
        ...

    def locate(self, scan: Scan) -> Mapping[str, float] | None:
        """Return the seconds that each stage took; None where there was no answer."""
        ...


class NetworkRun:
    """Network, refiner and filter."""

    def __init__(self, model: Model, settings: RunSettings) -> None:
        """Build the localizer."""
        localizer = fix_producer_of(model, Mount.level(MOUNT), settings)
        self._pipeline = LocalizationPipeline(localizer, PoseFilter())

    def begin(self, pose: GaussianPose2, stamp_s: float) -> None:
        """Begin from a pose."""
        self._pipeline.set_initial_pose(pose, stamp_s)

    def add_odometry(self, odometry: Odometry) -> None:
        """Take in a reading of the odometry."""
        self._pipeline.add_odometry(odometry)

    def locate(self, scan: Scan) -> Mapping[str, float] | None:
        """Return the seconds by stage, of the fix together, of the filter and of the whole."""
        result = self._pipeline.add_scan(scan)
        if result is None:
            return None
        stages = result.fix.stage_s
        locate_s = sum(stages.values())
        return {
            **stages,
            LOCATE: locate_s,
            FILTER: result.seconds - locate_s,
            WHOLE: result.seconds,
        }


class ParticleRun:
    """The Monte-Carlo baseline, with as many beams as the networks use."""

    def __init__(self, bundle: Bundle, particles: int, rng: np.random.Generator) -> None:
        """Build the particle filter."""
        beams = bundle.description.laser.network_beams
        settings = MonteCarloSettings(particles=particles, max_beams=beams)
        self._localizer = MonteCarloLocalizer(bundle.grid, MOUNT, settings, rng)

    def begin(self, pose: GaussianPose2, stamp_s: float) -> None:
        """Begin from a pose."""
        self._localizer.reset(pose, stamp_s)

    def add_odometry(self, odometry: Odometry) -> None:
        """Take in a reading of the odometry."""
        self._localizer.add_odometry(odometry)

    def locate(self, scan: Scan) -> Mapping[str, float] | None:
        """Return the seconds of the whole."""
        started_s = time.perf_counter()
        if self._localizer.add_scan(scan) is None:
            return None
        return {WHOLE: time.perf_counter() - started_s}


class Follower:
    """Hands the readings of a drive to a localizer, and keeps the times that it tells.

    Attributes:
        taken: seconds by stage, of each scan that was answered.
    """

    def __init__(self, run: TimedRun, drive: Drive) -> None:
        """Stand at the true pose of the drive's first scan.

        Raises:
            BagError: that is not known.
        """
        self.taken: list[Mapping[str, float]] = []
        self._run = run
        self._first = drive.scans[0]
        start = starting_pose(self._first, drive.truth)
        if start is None:
            raise BagError("where the drive began is not known")
        self._start = start

    def take(self, reading: Scan | Odometry) -> None:
        """Hand on one reading; a scan that cannot be used is left out.

        Raises:
            BundleError: the network answers with something that is not a number.
        """
        if isinstance(reading, Odometry):
            self._run.add_odometry(reading)
            return
        if reading is self._first:
            self._run.begin(self._start, reading.stamp_s)
        with suppress(SensorError):
            found = self._run.locate(reading)
            if found is not None:
                self.taken.append(found)


def time_by_turns(
    runs: Mapping[str, TimedRun], drive: Drive, on_turn: Callable[[], None]
) -> dict[str, StageTimes]:
    """Let localizers follow a drive by turns, from the true pose at its first scan.

    Args:
        runs: by their names.
        drive: what they follow.
        on_turn: called after each turn, of which there are ``turns`` for each of them.

    Returns:
        For each of them the seconds that its stages took, one for each scan but the first ones.

    Raises:
        BagError: where the drive began is not known, or one of them answered too few scans.
    """
    followers = {name: Follower(run, drive) for name, run in runs.items()}
    for turn in _turns(drive.steady_readings()):
        for follower in followers.values():
            for reading in turn:
                follower.take(reading)
            on_turn()
    return {name: _by_stage(name, one.taken[SETTLING_SCANS:]) for name, one in followers.items()}


def turns(drive: Drive) -> int:
    """Return how many turns a drive gives to each localizer."""
    return len(list(_turns(drive.steady_readings())))


def _turns(readings: Iterable[Scan | Odometry]) -> Iterator[list[Scan | Odometry]]:
    turn: list[Scan | Odometry] = []
    scans = 0
    for reading in readings:
        turn.append(reading)
        scans += isinstance(reading, Scan)
        if scans == _TURN_SCANS:
            yield turn
            turn, scans = [], 0
    if turn:
        yield turn


def _by_stage(name: str, found: list[Mapping[str, float]]) -> StageTimes:
    if not found:
        raise BagError(
            f"{name} answered no more than the first {SETTLING_SCANS} scans, which do not count: "
            "drive for longer"
        )
    return {stage: np.array([each[stage] for each in found]) for stage in found[0]}
