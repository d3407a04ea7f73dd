# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a simulated robot measured on its way, to be replayed as a recording is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.benchmarking.drive_conditions import Condition
from local_inn_ros.geometry import Pose2
from local_inn_ros.recordings.reading_order import at_one_instant_each, in_order_of_use
from local_inn_ros.recordings.trajectory import Trajectory
from local_inn_ros.sensing import LaserSpec, Odometry, Scan
from local_inn_ros.simulation import LaserModel, Simulator
from local_inn_ros.simulation.simulator import Event, TruthState
from local_inn_ros.simulation.worlds import DrivenWorld

# From rest to speed; what happens until then is not recorded.
RUN_UP_S = 2.0
# Multiples of the golden section, less their whole part, are spread evenly however many are taken.
_GOLDEN_SECTION = 0.6180339887498949


@dataclass(frozen=True, slots=True, eq=False)
class Drive:
    """A simulated robot's readings, and where it was.

    Attributes:
        scans: by their stamps, at least one; each as if of one instant.
        odometry: by their stamps.
        truth: poses of the base in the map frame, often enough for any instant between.
        swept_scans: the same scans as the laser gave them, their beams one after the other.
    """

    scans: tuple[Scan, ...]
    odometry: tuple[Odometry, ...]
    truth: Trajectory
    swept_scans: tuple[Scan, ...] = ()

    def readings(self) -> Iterator[Scan | Odometry]:
        """Return scans, as the laser gave them, and odometry as a robot can use them."""
        return in_order_of_use(self.swept_scans or self.scans, self.odometry)

    def steady_readings(self) -> Iterator[Scan | Odometry]:
        """Return the same, each scan as if of one instant."""
        return in_order_of_use(self.scans, self.odometry)


def record(events: Iterable[Event], mount: Pose2) -> Drive:
    """Keep what a simulator reports; at least one scan and the truth at it.

    A scan that began before all else is left out: nobody told where it did.

    Args:
        events: in the order of time.
        mount: pose of the laser in the base frame.
    """
    swept: list[Scan] = []
    odometry: list[Odometry] = []
    stamps: list[float] = []
    poses: list[NDArray[np.float64]] = []
    for event in events:
        if isinstance(event, Scan):
            if stamps and event.stamp_s >= stamps[0]:
                swept.append(event)
        elif isinstance(event, Odometry):
            odometry.append(event)
        elif isinstance(event, TruthState):
            stamps.append(event.stamp_s)
            poses.append(event.pose.to_array())
    readings = at_one_instant_each(in_order_of_use(swept, odometry), lambda _: mount)
    scans = tuple(reading for reading in readings if isinstance(reading, Scan))
    truth = Trajectory.from_unordered(stamps, np.array(poses))
    return Drive(scans, tuple(odometry), truth, tuple(swept))


def drive_lap(
    world: DrivenWorld,
    route: NDArray[np.float64],
    sensor: LaserSpec,
    mount: Pose2,
    condition: Condition,
    speed_mps: float,
    duration_s: float,
    seed: int,
) -> Drive:
    """Drive a part of a lap; each seed starts at another place of it.

    Args:
        world: what is driven in.
        route: (n, 2) closed lap in the map frame.
        sensor: the laser, with its noise.
        mount: pose of the laser in the base frame.
        condition: what the robot meets.
        speed_mps: speed on the lap, where its bends allow it.
        duration_s: how long is recorded, after a run-up.
        seed: of all chance, and of the place.

    Raises:
        MapError: the route does not lie in the free space of the world.
    """
    start = int(len(route) * (seed * _GOLDEN_SECTION % 1.0))
    simulator = Simulator(
        world.grid,
        np.roll(route, -start, axis=0),
        LaserModel(sensor, blocked_share=condition.blocked_share, base_from_laser=mount),
        condition.odometry(),
        speed_mps,
        np.random.default_rng(seed),
        caster=world.caster,
    )
    simulator.advance_to(RUN_UP_S)
    return record(simulator.whole_scans(duration_s), mount)


def with_gaps(drive: Drive, share: float, rng: np.random.Generator) -> Drive:
    """Return a drive without a share of its scans, drawn by lot; the first one is kept."""
    kept = rng.random(len(drive.scans)) >= share
    kept[0] = True
    scans = tuple(scan for scan, keep in zip(drive.scans, kept, strict=True) if keep)
    swept = drive.swept_scans
    if swept:
        swept = tuple(scan for scan, keep in zip(swept, kept, strict=True) if keep)
    return replace(drive, scans=scans, swept_scans=swept)
