# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A lap that was driven once and is replayed without end, so that feeding a robot costs little."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from local_inn_ros.benchmarking.worlds import world_of
from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.errors import LocalInnError
from local_inn_ros.geometry import Pose2
from local_inn_ros.sensing import Odometry, Scan
from local_inn_ros.simulation import Event, LaserModel, OdometryModel, Simulator, TruthState
from local_inn_ros.simulation.driven_way import DrivenWay
from local_inn_ros.simulation.worlds import WorldKind
from local_inn_ros.world import plan_lap

# As on an F1TENTH car.
MOUNT = Pose2(0.27, 0.0, 0.0)
_SLIP = 0.1
# The robot starts at rest; what it does until here is not replayed.
_RUN_UP_S = 3.0
_LEAST_LAP_S, _MOST_LAP_S = 2.0, 120.0
# A lap is closed where it comes so near to where it began.
_CLOSED_M = 0.1
# Odometry at 100 Hz and scans at 40 Hz are in step every so often.
_IN_STEP_S = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """What a robot's sensors said at one instant of a lap.

    Attributes:
        time_s: since the lap began.
        truth: where the base was, in the map frame.
        odometry: what the odometry said; None where it said nothing then.
        scan: what the laser had seen when its last beam was measured; None where that was not then.
        scan_truth: where the base was half way through the scan, in the map frame.
    """

    time_s: float
    truth: Pose2
    odometry: Odometry | None = None
    scan: Scan | None = None
    scan_truth: Pose2 | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Lap:
    """A lap that ends where it began.

    Attributes:
        moments: in the order of time; the first has odometry.
        duration_s: from the first moment to the first of the next lap.
    """

    moments: tuple[Moment, ...]
    duration_s: float

    def replay(self) -> Iterator[Moment]:
        """Yield the moments lap after lap, without end; time and odometry go on from lap to lap.

        The odometry drifts on as it did on the recorded lap; from the last moment of a lap to the
        first of the next it tells how the robot really moved.
        """
        said = [(one.truth, one.odometry) for one in self.moments if one.odometry is not None]
        (first_truth, first), (last_truth, last) = said[0], said[-1]
        # From one lap's odometry to the next one's, in the frame of the lap before.
        step = last.pose @ last_truth.between(first_truth) @ first.pose.inverse()
        carried, passed_s = Pose2.identity(), 0.0
        while True:
            for one in self.moments:
                yield _moved(one, carried, passed_s)
            carried, passed_s = carried @ step, passed_s + self.duration_s


def record_lap(bundle: Bundle, speed_mps: float, seed: int) -> Lap:
    """Drive once round the map of a bundle.

    Raises:
        LocalInnError: the map has no lap, or the robot does not come round.
    """
    route = plan_lap(bundle.grid)
    world = world_of(bundle, WorldKind.SMOOTH, route, seed)
    simulator = Simulator(
        world.grid,
        route,
        LaserModel(bundle.description.laser, base_from_laser=MOUNT),
        OdometryModel(slip=_SLIP, turn_slip=_SLIP),
        speed_mps,
        np.random.default_rng(seed),
        caster=world.caster,
    )
    moments: list[Moment] = []
    for moment in _moments(simulator.events(_RUN_UP_S + _MOST_LAP_S)):
        if moments and _closes(moments[0], moment):
            duration_s = moment.time_s - moments[0].time_s
            return Lap(tuple(_since(moments[0].time_s, one) for one in moments), duration_s)
        if moments or (moment.odometry is not None and moment.time_s >= _RUN_UP_S):
            moments.append(moment)
    raise LocalInnError(f"the robot does not come round within {_MOST_LAP_S:.0f} s")


def _moments(events: Iterable[Event]) -> Iterator[Moment]:
    """Put together what became known at one and the same time."""
    way: DrivenWay | None = None
    moment: Moment | None = None
    for event in events:
        if isinstance(event, TruthState):
            if moment is not None:
                yield moment
            moment = Moment(event.stamp_s, event.pose)
            if way is None:
                way = DrivenWay(event.stamp_s, event.pose)
            way.add(event.stamp_s, event.pose)
        elif moment is not None and isinstance(event, Odometry):
            moment = replace(moment, odometry=event)
        elif moment is not None and way is not None:
            middle = Pose2.from_array(way.at(np.array([event.middle_s]))[0])
            way.forget_before(event.middle_s)
            moment = replace(moment, scan=event, scan_truth=middle)


def _since(start_s: float, moment: Moment) -> Moment:
    return replace(moment, time_s=moment.time_s - start_s)


def _closes(first: Moment, here: Moment) -> bool:
    """Tell whether a lap is over: where it began, with both sensors in step as they were then."""
    steps = (here.time_s - first.time_s) / _IN_STEP_S
    return (
        here.odometry is not None
        and abs(steps - round(steps)) < 1e-6
        and here.time_s - first.time_s > _LEAST_LAP_S
        and first.truth.distance_to(here.truth) < _CLOSED_M
    )


def _moved(moment: Moment, carried: Pose2, passed_s: float) -> Moment:
    odometry = moment.odometry
    if odometry is not None:
        odometry = replace(odometry, pose=carried @ odometry.pose)
    return replace(moment, time_s=moment.time_s + passed_s, odometry=odometry)
