# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The parts of the quality benchmark, each of which a process can run by itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.benchmarking.drive_conditions import CONDITIONS, Condition
from local_inn_ros.benchmarking.quality_score import JudgedPoses
from local_inn_ros.benchmarking.quality_trials import (
    PlacedScan,
    crowded_scans,
    simulated_scans,
    trials,
)
from local_inn_ros.benchmarking.simulated_drive import RUN_UP_S
from local_inn_ros.benchmarking.watched_drive import (
    Watch,
    WatchedRobot,
    is_wrong,
    recorded_events,
    spliced,
)
from local_inn_ros.benchmarking.worlds import lap_of, world_of
from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.errors import BagError
from local_inn_ros.geometry import Pose2, compose_poses
from local_inn_ros.localization.protocols import FixProducer
from local_inn_ros.localization.quality.scan_quality import scan_quality
from local_inn_ros.recordings.bag_reader import BagTopics, Recording, open_recording
from local_inn_ros.sensing import Scan
from local_inn_ros.sensing.mount import Mount
from local_inn_ros.simulation import LaserModel, Simulator
from local_inn_ros.simulation.simulator import Event, TruthState
from local_inn_ros.simulation.worlds import WorldKind
from local_inn_ros.systems.local_inn_2d.runtime import LocalInn2d
from local_inn_ros.systems.protocol import RunSettings
from local_inn_ros.systems.registry import open_model
from local_inn_ros.world import FreeSpace

CROWD = Condition("crowd", blocked_share=0.65)
WATCHED = {**CONDITIONS, CROWD.name: CROWD}
# Before and after the robot is carried away.
_SETTLED_S, _WATCHED_S = 2.0, 4.0
_GOLDEN_SECTION = 0.6180339887498949
_CLEARANCE_M = 0.3
_TOPICS = BagTopics(reference="/ground_truth")


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A map to measure on.

    Attributes:
        name: what it is called in tables.
        bundle: folder of the trained model.
        route: (n, 2) closed lap in the map frame; planned on the map where left out.
        recording: a bag of real scans with their poses, for maps of real places.
        world: what a simulated robot drives in there.
    """

    name: str
    bundle: Path
    route: NDArray[np.float64] | None = None
    recording: Path | None = None
    world: WorldKind = WorldKind.SMOOTH

    def lap(self, bundle: Bundle) -> NDArray[np.float64]:
        """Return the lap (n, 2) that is driven there.

        Raises:
            MapError: the map has none.
        """
        return lap_of(bundle) if self.route is None else self.route


@dataclass(frozen=True, slots=True, eq=False)
class TrialJob:
    """Scans to be set beside right and wrong poses.

    Attributes:
        place: where.
        scans: how many.
        most_blocked: from none up to this share of their beams are stopped by people.
        seed: of all chance.
    """

    place: Place
    scans: int
    most_blocked: float
    seed: int

    def run(self) -> JudgedPoses:
        """Judge every pose by its scan.

        Raises:
            LocalInnError: the bundle or the recording cannot be used.
        """
        model = _opened(self.place)
        bundle = model.bundle
        rng = np.random.default_rng(self.seed)
        placed: Sequence[PlacedScan]
        if self.place.recording is None:
            world = world_of(bundle, self.place.world, self.place.lap(bundle), self.seed)
            placed = list(simulated_scans(bundle, world, self.scans, self.most_blocked, rng))
        else:
            placed = _recorded_scans(self, _recording(self.place.recording), rng)
        localizer = _localizer(model, Pose2.identity())
        found = list(trials(bundle, model, localizer, placed, rng))
        sensor = bundle.description.laser
        deviation_m = math.hypot(model.forward_deviation_m, sensor.noise_std_m)
        qualities = [
            scan_quality(trial.expected_m, trial.reading, deviation_m, sensor.range_max_m)
            for trial in found
        ]
        return JudgedPoses.of(found, np.array(qualities))


@dataclass(frozen=True, slots=True, eq=False)
class DriveJob:
    """A drive on which the robot is never carried away.

    Attributes:
        place: where.
        condition: name of what the robot meets (``WATCHED``).
        rate_hz: scans a second.
        speed_mps: speed on the lap, where its bends allow it.
        seconds: how long.
        seed: of all chance, and of the place on the lap.
    """

    place: Place
    condition: str
    rate_hz: float
    speed_mps: float
    seconds: float
    seed: int

    def run(self) -> Watch:
        """Drive, or replay the recording where the place has one, and count alarms."""
        model = _opened(self.place)
        if self.place.recording is not None:
            recording = _recording(self.place.recording)
            localizer = _localizer(model, recording.mount)
            events = recorded_events(recording)
            return Watch.of(_robot(localizer, events).watch(events))
        localizer = _localizer(model, Pose2.identity())
        simulator = _simulator(self, model.bundle)
        simulator.advance_to(RUN_UP_S)
        robot = WatchedRobot(localizer, simulator.truth.pose, simulator.truth.stamp_s)
        return Watch.of(robot.watch(simulator.events(self.seconds)))


@dataclass(frozen=True, slots=True, eq=False)
class TeleportJob:
    """Drives on which the robot is carried elsewhere, one after the other.

    Attributes:
        drive: where and how; how long does not matter here.
        count: how often.
    """

    drive: DriveJob
    count: int

    def run(self) -> NDArray[np.float64]:
        """Return (count,) the seconds until the monitor said so; inf where it did not."""
        model = _opened(self.drive.place)
        rng = np.random.default_rng([self.drive.seed, 1])
        recorded = self.drive.place.recording
        if recorded is not None:
            recording = _recording(recorded)
            localizer = _localizer(model, recording.mount)
            events = recorded_events(recording)
            return np.array([_carried(localizer, events, rng) for _ in range(self.count)])
        localizer = _localizer(model, Pose2.identity())
        simulator = _simulator(self.drive, model.bundle)
        space = FreeSpace(simulator.grid, _CLEARANCE_M)
        simulator.advance_to(RUN_UP_S)
        return np.array([_teleported(localizer, simulator, space, rng) for _ in range(self.count)])


def _opened(place: Place) -> LocalInn2d:
    model = open_model(Bundle.load(place.bundle))
    # Trials look at the forward pass too.
    assert isinstance(model, LocalInn2d)
    return model


def _localizer(model: LocalInn2d, mount: Pose2) -> FixProducer[Scan]:
    return model.fix_producer(Mount.level(mount), RunSettings())


def _recording(path: Path) -> Recording:
    recording = open_recording(path, _TOPICS)
    if recording.reference is None:
        raise BagError(f"the bag {path} has no reference on {_TOPICS.reference}")
    return recording


def _recorded_scans(
    job: TrialJob, recording: Recording, rng: np.random.Generator
) -> Sequence[PlacedScan]:
    """Return some scans of a recording, with people put in their way."""
    assert recording.reference is not None
    scans = list(recording.scans())
    bases = recording.reference.at([scan.stamp_s for scan in scans])
    known = np.flatnonzero(np.isfinite(bases).all(axis=1))
    chosen = np.sort(rng.choice(known, min(job.scans, len(known)), replace=False))
    poses = compose_poses(bases[chosen], recording.mount.to_array())
    return list(crowded_scans([scans[i] for i in chosen], poses, job.most_blocked, rng))


def _simulator(job: DriveJob, bundle: Bundle) -> Simulator:
    route = job.place.lap(bundle)
    world = world_of(bundle, job.place.world, route, job.seed)
    start = int(len(route) * (job.seed * _GOLDEN_SECTION % 1.0))
    condition = WATCHED[job.condition]
    sensor = bundle.description.laser.model_copy(update={"rate_hz": job.rate_hz})
    return Simulator(
        world.grid,
        np.roll(route, -start, axis=0),
        LaserModel(sensor, blocked_share=condition.blocked_share),
        condition.odometry(),
        job.speed_mps,
        np.random.default_rng(job.seed),
        caster=world.caster,
    )


def _robot(localizer: FixProducer[Scan], events: Sequence[Event]) -> WatchedRobot:
    """Return a robot that knows where it is at the first event that tells."""
    first = next(event for event in events if isinstance(event, TruthState))
    return WatchedRobot(localizer, first.pose, first.stamp_s)


def _teleported(
    localizer: FixProducer[Scan], simulator: Simulator, space: FreeSpace, rng: np.random.Generator
) -> float:
    """Let the robot find its way, carry it elsewhere, and return how long nobody noticed."""
    robot = WatchedRobot(localizer, simulator.truth.pose, simulator.truth.stamp_s)
    for _ in robot.watch(simulator.events(_SETTLED_S)):
        pass
    here, there = simulator.truth, simulator.truth.pose
    while not is_wrong(here.pose, there):
        there = Pose2.from_array(space.sample(rng, 1)[0])
    simulator.teleport(there)
    seen = robot.watch(simulator.events(_WATCHED_S))
    return next((one.stamp_s - here.stamp_s for one in seen if one.lost), math.inf)


def _carried(
    localizer: FixProducer[Scan], events: Sequence[Event], rng: np.random.Generator
) -> float:
    """Cut a recording in two places, and return how long the jump stayed unnoticed."""
    stamps = np.array([event.stamp_s for event in events])
    first_s, last_s = float(stamps[0]), float(stamps[-1])
    while True:
        at_s, to_s = rng.uniform(first_s + _SETTLED_S, last_s - _WATCHED_S, 2).tolist()
        before = [one for one in events if at_s - _SETTLED_S <= one.stamp_s <= at_s]
        after = [one for one in events if to_s <= one.stamp_s <= to_s + _WATCHED_S]
        here = [one.pose for one in before if isinstance(one, TruthState)]
        there = [one.pose for one in after if isinstance(one, TruthState)]
        if here and there and is_wrong(here[-1], there[0]):
            break
    moved_s = max(one.stamp_s for one in before)
    seen = _robot(localizer, before).watch(spliced(before, after))
    return next(
        (one.stamp_s - moved_s for one in seen if one.lost and one.stamp_s > moved_s), math.inf
    )
