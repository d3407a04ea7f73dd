# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tells a localization wrong poses, again and again, and sees from outside what becomes of it."""

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
from local_inn_ros.geometry import GaussianPose2, Pose2, wrap_angle
from local_inn_ros.nodes.common.conversions import to_seconds
from local_inn_ros.nodes.common.executor import MessageExecutor
from local_inn_ros.nodes.common.qos import RELIABLE, SENSOR, TRANSFORMS
from local_inn_ros.nodes.demo.demo_probe import DemoProbe, Estimate, Stamp
from local_inn_ros.world import FreeSpace, OccupancyGrid

ELSEWHERE, OFF_THE_MAP = "elsewhere on the map", "500 m off the map"
KINDS = (ELSEWHERE, OFF_THE_MAP)
# As wide as RViz tells a pose.
_TOLD_M, _TOLD_RAD = 0.5, math.radians(15.0)
_CLEARANCE_M, _LEAST_OFF_M, _OFF_M = 0.3, 2.0, 500.0
_RIGHT_M, _RIGHT_RAD, _IN_A_ROW = 0.5, math.radians(10.0), 10
# So long is waited for a start, for a robot to be found, and between one trial and the next.
_START_S, _GIVEN_UP_S, _PAUSE_S = 120.0, 20.0, 0.5
# The transform is stamped so far ahead (parameter `transform_tolerance`).
_AHEAD_S = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class LostTrial:
    """A wrong pose, and what followed until the robot was found.

    Attributes:
        kind: where the pose was.
        began_s: when it was told (`time.time`).
        found_s: from then until the first of ten right poses in a row; infinite where none came.
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
        """Tell a wrong pose, and wait until the robot is found.

        Raises:
            LocalInnError: the pose was not taken.
        """
        self._wait(lambda: False, _PAUSE_S)
        ears, began_s = self._ears, time.time()
        ears.tell_initial_pose(self._wrong_pose(kind))
        self._insist(lambda: not _is_right(ears.estimates[-1]), _GIVEN_UP_S, "the pose to be wrong")
        first = len(ears.estimates)
        found = self._wait(lambda: self._found(first), _GIVEN_UP_S)
        over_s = time.time()
        found_s = math.inf
        if found:
            right = ears.estimates[-_IN_A_ROW]
            found_s = to_seconds_of(right) + right.latency_s - began_s
        else:
            # So that the next begins from a robot that is localized.
            assert ears.truth is not None
            ears.tell_initial_pose(GaussianPose2.from_deviations(ears.truth, 0.1, 0.1, 0.05))
            self._wait(self._found, _GIVEN_UP_S)
        return self._seen(kind, began_s, found_s, over_s)

    def _wrong_pose(self, kind: str) -> GaussianPose2:
        truth = self._ears.truth
        assert truth is not None
        yaw = float(self._rng.uniform(-math.pi, math.pi))
        if kind == OFF_THE_MAP:
            wrong = Pose2(truth.x + _OFF_M * math.cos(yaw), truth.y + _OFF_M * math.sin(yaw), yaw)
        else:
            wrong = truth
            while wrong.distance_to(truth) < _LEAST_OFF_M:
                wrong = Pose2.from_array(self._free.sample(self._rng, 1)[0])
        turned = Pose2(wrong.x, wrong.y, wrap_angle(wrong.yaw))
        return GaussianPose2.from_deviations(turned, _TOLD_M, _TOLD_M, _TOLD_RAD)

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


def _is_right(one: Estimate) -> bool:
    return one.distance_m() < _RIGHT_M and one.turn_rad() < _RIGHT_RAD


def _stamp(message: OdometryMessage) -> Stamp:
    return Stamp(message.header.stamp.sec, message.header.stamp.nanosec)
