# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a robot measures after it was put down anywhere, standing or driving on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.benchmarking.drive_conditions import Condition
from local_inn_ros.benchmarking.simulated_drive import Drive, record
from local_inn_ros.errors import BagError
from local_inn_ros.geometry import Pose2
from local_inn_ros.recordings.bag_reader import Recording
from local_inn_ros.recordings.trajectory import Trajectory
from local_inn_ros.sensing import LaserSpec, Odometry, Scan
from local_inn_ros.simulation import LaserModel, Simulator
from local_inn_ros.simulation.sensors import Laser
from local_inn_ros.simulation.worlds import DrivenWorld
from local_inn_ros.world import ClosedPath, FreeSpace

# A robot does not stand nearer to a wall than this.
CLEARANCE_M = 0.2


def standing(
    world: DrivenWorld,
    sensor: LaserSpec,
    blocked_share: float,
    count: int,
    rng: np.random.Generator,
) -> Iterator[Drive]:
    """Yield single scans from poses all over the free space of a world, the laser on the base.

    Args:
        world: what the robot stands in.
        sensor: the laser, with its noise.
        blocked_share: share of the beams stopped by things that are not on the map.
        count: how many.
        rng: source of all chance.

    Raises:
        MapError: the world has no room for a robot.
    """
    for row in FreeSpace(world.grid, CLEARANCE_M).sample(rng, count):
        # Nobody who stood in the way at one place does so at the next.
        laser = Laser(world.caster, LaserModel(sensor, blocked_share=blocked_share), rng)
        scan = laser.scan(Pose2.from_array(row), 0.0)
        yield Drive((scan,), (), Trajectory(np.zeros(1), row[None]))


def driving(
    world: DrivenWorld,
    sensor: LaserSpec,
    route: NDArray[np.float64],
    condition: Condition,
    speed_mps: float,
    duration_s: float,
    count: int,
    rng: np.random.Generator,
) -> Iterator[Drive]:
    """Yield drives, each from where the robot was put down on a lap, at rest; no drive is empty.

    Args:
        world: what the robot drives in.
        sensor: the laser, with its noise, on the robot's base.
        route: (n, 2) closed lap in the map frame; it is driven either way.
        condition: what the robot meets.
        speed_mps: speed on the lap; the first metres are driven gently.
        duration_s: how long each drive is, from the moment when the robot is put down.
        count: how many.
        rng: source of all chance.

    Raises:
        MapError: the route does not lie in the free space of the world.
    """
    laser = LaserModel(sensor, blocked_share=condition.blocked_share)
    (own,) = rng.spawn(1)
    simulator = Simulator(
        world.grid, route, laser, condition.odometry(), speed_mps, own, caster=world.caster
    )
    laps = (ClosedPath.through(route, 0.1), ClosedPath.through(route[::-1], 0.1))
    for _ in range(count):
        lap = laps[int(rng.integers(2))]
        simulator.teleport(lap.pose(int(rng.integers(len(lap.points)))))
        yield record(simulator.whole_scans(duration_s), Pose2.identity())


def recorded(
    recording: Recording, duration_s: float, count: int, rng: np.random.Generator
) -> Iterator[Drive]:
    """Yield stretches of a recording from scans drawn at random; a search begins with nothing.

    Args:
        recording: with a reference.
        duration_s: length of each stretch; 0 is one scan.
        count: how many.
        rng: source of all chance.

    Raises:
        BagError: there is no reference, or it covers no scan with so much after it.
    """
    if recording.reference is None:
        raise BagError(f"no reference poses were named for {recording.path}")
    scans = list(recording.scans())
    stamps = np.array([scan.stamp_s for scan in scans])
    known = np.all(np.isfinite(recording.reference.at(stamps)), axis=1)
    starts = np.flatnonzero(known & (stamps + duration_s <= stamps[known].max(initial=-np.inf)))
    if len(starts) == 0:
        raise BagError(f"{recording.path} has no {duration_s:g} s with reference poses")
    for first in rng.choice(starts, count, replace=count > len(starts)).tolist():
        last = int(np.searchsorted(stamps, stamps[first] + duration_s, side="right"))
        kept = tuple(scans[k] for k in range(first, last) if known[k])
        yield Drive(kept, _around(recording.odometry, kept), recording.reference)


def _around(odometry: tuple[Odometry, ...], scans: tuple[Scan, ...]) -> tuple[Odometry, ...]:
    """Return the readings from the last one before the scans to the first one after them."""
    stamps = np.array([reading.stamp_s for reading in odometry])
    first = int(np.searchsorted(stamps, scans[0].stamp_s, side="right")) - 1
    last = int(np.searchsorted(stamps, scans[-1].stamp_s, side="left"))
    return odometry[max(first, 0) : last + 1]
