# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a simulated robot measured on its way, to be replayed as a recording is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from local_inn_ros.errors import MapError
from local_inn_ros.evaluation.reading_order import in_order_of_use
from local_inn_ros.evaluation.trajectory import Trajectory
from local_inn_ros.sensing import Odometry, Scan
from local_inn_ros.simulation.simulator import Event, Simulator, TruthState

# However slow the bends, a lap takes no longer than this times its length at the speed wanted.
_SLOWEST_SHARE = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Drive:
    """A simulated robot's readings, and where it was.

    Attributes:
        scans: by their stamps, at least one.
        odometry: by their stamps.
        truth: poses of the base in the map frame, at the stamps of the readings.
    """

    scans: tuple[Scan, ...]
    odometry: tuple[Odometry, ...]
    truth: Trajectory

    def readings(self) -> Iterator[Scan | Odometry]:
        """Return scans and odometry in the order in which a robot can use them."""
        return in_order_of_use(self.scans, self.odometry)


def record(events: Iterable[Event]) -> Drive:
    """Keep what a simulator reports; at least one scan and the truth at it."""
    scans, odometry, stamps, poses = [], [], [], []
    for event in events:
        if isinstance(event, Scan):
            scans.append(event)
        elif isinstance(event, Odometry):
            odometry.append(event)
        else:
            stamps.append(event.stamp_s)
            poses.append(event.pose.to_array())
    truth = Trajectory.from_unordered(stamps, np.array(poses))
    return Drive(tuple(scans), tuple(odometry), truth)


def events_over(simulator: Simulator, distance_m: float, speed_mps: float) -> Iterator[Event]:
    """Yield what happens until a robot has gone a distance from where it is.

    Args:
        simulator: the robot, wanted to drive at ``speed_mps``.
        distance_m: length of the way.
        speed_mps: above 0.

    Raises:
        MapError: it did not get so far in ten times the time that it should take.
    """
    gone_m, last = 0.0, simulator.truth.pose
    for event in simulator.events(distance_m / (speed_mps * _SLOWEST_SHARE)):
        if isinstance(event, TruthState):
            if gone_m >= distance_m:
                return
            gone_m += math.hypot(event.pose.x - last.x, event.pose.y - last.y)
            last = event.pose
        yield event
    raise MapError(
        f"the simulated robot went {gone_m:.1f} m, not the {distance_m:.1f} m of its lap"
    )
