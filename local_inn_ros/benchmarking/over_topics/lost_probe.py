# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Makes a robot lost, again and again, and sees from outside what becomes of it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from nav_msgs.msg import Odometry as OdometryMessage
from rclpy.node import Node
from tf2_msgs.msg import TFMessage

from local_inn_ros.errors import LocalInnError
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.nodes.common.conversions import to_seconds
from local_inn_ros.nodes.common.executor import MessageExecutor
from local_inn_ros.nodes.common.qos import RELIABLE, SENSOR, TRANSFORMS
from local_inn_ros.nodes.demo.demo_probe import DemoProbe, Estimate, Stamp
from local_inn_ros.world import FreeSpace, OccupancyGrid

ELSEWHERE, OFF_THE_MAP = "told elsewhere on the map", "told 500 m off the map"
CARRIED = "carried elsewhere"
KINDS = (ELSEWHERE, CARRIED, OFF_THE_MAP)
# As wide as RViz tells a pose.
_TOLD_M, _TOLD_RAD = 0.5, math.radians(15.0)
_CLEARANCE_M, _LEAST_OFF_M, _OFF_M = 0.3, 2.0, 500.0
_RIGHT_M, _RIGHT_RAD, _IN_A_ROW = 0.5, math.radians(10.0), 10
# So long is waited for a start, for a robot to be found, and between one trial and the next.
_START_S, _GIVEN_UP_S, _PAUSE_S = 120.0, 20.0, 0.5
# A pose off the map is refused: then the robot goes on being right for so long.
_REFUSED_S = 1.0
# The transform is stamped so far ahead (parameter `transform_tolerance`).
_AHEAD_S = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class LostTrial:
    """How a robot was made lost, and what followed until it was found.

    Attributes:
        kind: how.
        began_s: when that was (`time.time`).
        found_s: from then until the first of ten right poses in a row; infinite where none came,
            0 where the pose that was told was refused.
        lasted_s: from then until the trial was over.
        odometry: how many readings of the odometry came meanwhile.
        answered: of how many of those the filter's pose was heard.
        transform_age_s: of each transform from map to odom, when it came here.
    """

    kind: str
    began_s: float
    found_s: float
    lasted_s: float
    odometry: int
    answered: int
    transform_age_s: tuple[float, ...]


class _Ears(DemoProbe):
    """Hears odometry, filtered odometry and transforms, too."""

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__(**node_arguments)
        self.came: dict[Stamp, float] = {}
        self.answered: set[Stamp] = set()
        self.transforms: list[tuple[float, float]] = []
        self.create_subscription(OdometryMessage, "odom", self._on_odometry, SENSOR)
        self.create_subscription(OdometryMessage, "odometry/filtered", self._on_filtered, RELIABLE)
        self.create_subscription(TFMessage, "/tf", self._on_transforms, TRANSFORMS)

    def _on_odometry(self, message: OdometryMessage) -> None:
        self.came[_stamp(message)] = time.time()

    def _on_filtered(self, message: OdometryMessage) -> None:
        self.answered.add(_stamp(message))

    def _on_transforms(self, message: TFMessage) -> None:
        now_s = time.time()
        for one in message.transforms:
            if one.header.frame_id == "map":
                self.transforms.append((now_s, now_s - to_seconds(one.header.stamp) + _AHEAD_S))


class LostProbe:
    """Carries the trials out."""

    def __init__(self, grid: OccupancyGrid, seed: int, **node_arguments: Any) -> None:
        """Connect; see ``rclpy.node.Node`` for the arguments."""
        self._ears = _Ears(**node_arguments)
        self._executor = MessageExecutor(context=node_arguments["context"])
        self._executor.add_node(self._ears)
        self._rng = np.random.default_rng(seed)
        self._free = FreeSpace(grid, _CLEARANCE_M)

    @property
    def node(self) -> Node:
        """The node that listens."""
        return self._ears

    def close(self) -> None:
        """Let go of the node."""
        self._executor.shutdown()
        self._ears.destroy_node()

    def begin(self) -> None:
        """Wait for everybody, and tell where the robot is.

        Raises:
            LocalInnError: nobody came, or the robot was not localized.
        """
        ears = self._ears
        self._insist(ears.ready, _START_S, "simulator and localization")
        assert ears.truth is not None
        ears.tell_initial_pose(GaussianPose2.from_deviations(ears.truth, 0.1, 0.1, 0.05))
        self._insist(self._found, _GIVEN_UP_S, "the robot to be localized")

    def localized(self, seconds: float) -> LostTrial:
        """Let a localized robot drive, for comparison."""
        began_s = time.time()
        self._wait(lambda: False, seconds)
        return self._seen("localized", began_s, 0.0, time.time())

    def trial(self, kind: str) -> LostTrial:
        """Make the pose wrong, and wait until the robot is found.

        Raises:
            LocalInnError: the pose did not become wrong.
        """
        self._wait(lambda: False, _PAUSE_S)
        ears, began_s = self._ears, time.time()
        assert ears.truth is not None
        if kind == CARRIED:
            ears.put_down(self._elsewhere(ears.truth))
        elif kind == ELSEWHERE:
            ears.tell_initial_pose(_told(self._elsewhere(ears.truth)))
        else:
            yaw = float(self._rng.uniform(-math.pi, math.pi))
            away = Pose2(_OFF_M * math.cos(yaw), _OFF_M * math.sin(yaw), yaw)
            ears.tell_initial_pose(_told(Pose2(ears.truth.x, ears.truth.y, 0.0) @ away))

        def is_wrong() -> bool:
            return not _is_right(ears.estimates[-1])

        if kind == OFF_THE_MAP and not self._wait(is_wrong, _REFUSED_S):
            return self._seen(kind, began_s, 0.0, time.time())
        self._insist(is_wrong, _GIVEN_UP_S, "the pose to be wrong")
        first = len(ears.estimates)
        found = self._wait(lambda: self._found(first), _GIVEN_UP_S)
        over_s = time.time()
        found_s = math.inf
        if found:
            right = ears.estimates[-_IN_A_ROW]
            found_s = to_seconds_of(right) + right.latency_s - began_s
        else:
            # So that the next begins from a robot that is localized.
            ears.tell_initial_pose(GaussianPose2.from_deviations(ears.truth, 0.1, 0.1, 0.05))
            self._wait(self._found, _GIVEN_UP_S)
        return self._seen(kind, began_s, found_s, over_s)

    def _elsewhere(self, truth: Pose2) -> Pose2:
        """Draw a pose from all free space, with any heading, not near where the robot is."""
        drawn = truth
        while drawn.distance_to(truth) < _LEAST_OFF_M:
            drawn = Pose2.from_array(self._free.sample(self._rng, 1)[0])
        return drawn

    def _found(self, first: int = 0) -> bool:
        last = self._ears.estimates[max(first, len(self._ears.estimates) - _IN_A_ROW) :]
        return len(last) == _IN_A_ROW and all(map(_is_right, last))

    def _seen(self, kind: str, began_s: float, found_s: float, over_s: float) -> LostTrial:
        ears = self._ears
        # The answers to the newest are still on their way.
        stamps = [one for one, came_s in ears.came.items() if began_s <= came_s < over_s - 0.1]
        ages = tuple(age_s for now_s, age_s in ears.transforms if began_s <= now_s < over_s)
        answered = sum(one in ears.answered for one in stamps)
        ears.came.clear()
        ears.answered.clear()
        ears.transforms.clear()
        return LostTrial(kind, began_s, found_s, over_s - began_s, len(stamps), answered, ages)

    def _wait(self, holds: Callable[[], bool], patience_s: float) -> bool:
        end_s = time.monotonic() + patience_s
        while not holds():
            if time.monotonic() > end_s:
                return False
            self._executor.spin_once(timeout_sec=0.02)
        return True

    def _insist(self, holds: Callable[[], bool], patience_s: float, what: str) -> None:
        if not self._wait(holds, patience_s):
            raise LocalInnError(f"the bench waited {patience_s:.0f} s for {what}, in vain")


def to_seconds_of(estimate: Estimate) -> float:
    """Return the stamp of an estimate in seconds."""
    return estimate.stamp.sec + 1e-9 * estimate.stamp.nanosec


def _told(pose: Pose2) -> GaussianPose2:
    return GaussianPose2.from_deviations(pose, _TOLD_M, _TOLD_M, _TOLD_RAD)


def _is_right(one: Estimate) -> bool:
    return one.distance_m() < _RIGHT_M and one.turn_rad() < _RIGHT_RAD


def _stamp(message: OdometryMessage) -> Stamp:
    return Stamp(message.header.stamp.sec, message.header.stamp.nanosec)
