# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Drives with the monitor looking on: when it calls the robot lost, and whether that is so."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from local_inn_ros.benchmarking.quality_trials import WRONG_M, WRONG_RAD
from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.filtering.prior import squared_innovation
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.monitoring.kidnap_monitor import KidnapMonitor
from local_inn_ros.localization.pipeline import LocalizationPipeline
from local_inn_ros.localization.protocols import FixProducer
from local_inn_ros.recordings.bag_reader import Recording
from local_inn_ros.sensing import Odometry, Scan
from local_inn_ros.simulation.driven_way import DrivenWay
from local_inn_ros.simulation.simulator import Event, TruthState

# How well the pose is known at the start.
_START_M, _START_RAD = 0.1, math.radians(3.0)
# Between the last reading at one place and the first at the other.
_PUT_DOWN_S = 0.2


@dataclass(frozen=True, slots=True)
class MeasuredScan:
    """What there was to say after one scan.

    Attributes:
        stamp_s: stamp of the scan.
        lost: whether the monitor calls the robot lost.
        wrong: whether the fused pose is 0.5 m or 10 degrees off, or more.
    """

    stamp_s: float
    lost: bool
    wrong: bool


@dataclass(frozen=True, slots=True)
class Watch:
    """What a monitor said during drives.

    Attributes:
        seconds: how long was driven.
        false_alarms: how often it began to call a robot lost whose fused pose was right.
        true_alarms: the same of a pose that was wrong.
        wrong_s: how long the fused pose was wrong.
    """

    seconds: float
    false_alarms: int
    true_alarms: int
    wrong_s: float

    @staticmethod
    def of(sightings: Iterable[MeasuredScan]) -> Watch:
        """Count over one drive."""
        false, true, seconds, wrong_s = 0, 0, 0.0, 0.0
        before: MeasuredScan | None = None
        for now in sightings:
            if now.lost and not (before is not None and before.lost):
                true, false = true + now.wrong, false + (not now.wrong)
            if before is not None:
                seconds += now.stamp_s - before.stamp_s
                wrong_s += before.wrong * (now.stamp_s - before.stamp_s)
            before = now
        return Watch(seconds, false, true, wrong_s)

    def __add__(self, other: Watch) -> Watch:
        """Count two drives together."""
        return Watch(
            self.seconds + other.seconds,
            self.false_alarms + other.false_alarms,
            self.true_alarms + other.true_alarms,
            self.wrong_s + other.wrong_s,
        )


class WatchedRobot:
    """A robot that localizes itself, and a monitor that looks on. Nobody helps it when lost."""

    def __init__(self, localizer: FixProducer[Scan], start: Pose2, stamp_s: float) -> None:
        """Begin from a pose of the base in the map frame."""
        # Scans of recordings are as if of one instant; simulated lasers sit on the base here.
        self._pipeline = LocalizationPipeline(localizer, PoseFilter(), mount=Pose2.identity())
        self._monitor = KidnapMonitor()
        known = GaussianPose2.from_deviations(start, _START_M, _START_M, _START_RAD)
        self._pipeline.set_initial_pose(known, stamp_s)

    def watch(self, events: Iterable[Event]) -> Iterator[MeasuredScan]:
        """Go through what happens, and tell of each scan that was answered.

        Raises:
            SensorError: a scan cannot be used.
        """
        way: DrivenWay | None = None
        for event in in_order_of_use(events):
            if isinstance(event, TruthState):
                way = _told(way, event)
            elif isinstance(event, Odometry):
                self._pipeline.add_odometry(event)
            elif way is not None and isinstance(event, Scan):
                sighting = self._looked_at(event, way)
                if sighting is not None:
                    yield sighting

    def _looked_at(self, scan: Scan, way: DrivenWay) -> MeasuredScan | None:
        result = self._pipeline.add_scan(scan)
        if result is None:
            return None
        innovation = squared_innovation(result.prior, result.fix.measurement)
        lost = self._monitor.observe(result.stamp_s, result.fix.quality, innovation)
        truth = Pose2.from_array(way.at(np.array([result.stamp_s]))[0])
        way.forget_before(result.stamp_s)
        return MeasuredScan(result.stamp_s, lost, is_wrong(truth, result.fused.mean))


def in_order_of_use(events: Iterable[Event]) -> Iterator[Event]:
    """Yield what happens as a robot can use it.

    A scan waits for the first odometry that is not older than its last beam. What waits at the end
    does so in vain.
    """
    waiting: deque[Scan] = deque()
    for event in events:
        if isinstance(event, Scan):
            waiting.append(event)
            continue
        yield event
        if isinstance(event, Odometry):
            while waiting and waiting[0].end_s <= event.stamp_s:
                yield waiting.popleft()


def _told(way: DrivenWay | None, truth: TruthState) -> DrivenWay:
    """Return the way up to where the robot is told to be now."""
    if way is None:
        return DrivenWay(truth.stamp_s, truth.pose)
    way.add(truth.stamp_s, truth.pose)
    return way


def is_wrong(truth: Pose2, pose: Pose2) -> bool:
    """Tell whether a pose is 0.5 m or 10 degrees off, or more."""
    return truth.distance_to(pose) >= WRONG_M or abs(truth.between(pose).yaw) >= WRONG_RAD


def recorded_events(recording: Recording) -> list[Event]:
    """Return the readings of a recording, each scan with where the robot was before it.

    Scans that the reference does not cover are left out.
    """
    assert recording.reference is not None
    events: list[Event] = []
    for reading in recording.readings():
        if isinstance(reading, Scan):
            row = recording.reference.at([reading.stamp_s])[0]
            if not np.isfinite(row).all():
                continue
            events.append(TruthState(reading.stamp_s, Pose2.from_array(row), 0.0, 0.0))
        events.append(reading)
    return events


def spliced(before: Iterable[Event], after: Iterable[Event]) -> Iterator[Event]:
    """Join two parts of one recording as if the robot had been carried from one to the other.

    The second part follows the first in time, and its odometry goes on where the first ended: the
    wheels notice nothing.
    """
    stamp_s, odometry = 0.0, Pose2.identity()
    for event in before:
        stamp_s = max(stamp_s, event.stamp_s)
        if isinstance(event, Odometry):
            odometry = event.pose
        yield event
    later_s: float | None = None
    moved: Pose2 | None = None
    for event in after:
        if later_s is None:
            later_s = stamp_s - event.stamp_s + _PUT_DOWN_S
        shifted = replace(event, stamp_s=event.stamp_s + later_s)
        if isinstance(shifted, Odometry):
            if moved is None:
                moved = odometry @ shifted.pose.inverse()
            shifted = replace(shifted, pose=moved @ shifted.pose)
        yield shifted
