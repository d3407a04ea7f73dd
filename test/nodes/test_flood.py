# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A flood of service calls: all are answered, scans are located meanwhile, nothing piles up."""

from __future__ import annotations

import gc
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from localizer_bench import Robot
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.task import Future
from ros_fixtures import RosWorld
from std_srvs.srv import Empty, Trigger

SERVICES = (
    (Trigger, "relocalize"),
    (Empty, "reinitialize_global_localization"),
    (Empty, "request_nomotion_update"),
)
CALLERS = 8
# Every caller is sent the answers to all, and picks its own: the usual queue of ten would be a
# matter of the callers, not of the node.
ALL_ANSWERS = QoSProfile(depth=1000)
# Calls of one caller that are open at a time.
OPEN_CALLS = 5
CALLS = 10


class Caller:
    """A node that calls a service again and again, several times at once."""

    def __init__(self, ros: RosWorld, node: Node, kind: type[Any], name: str) -> None:
        self._kind = kind
        self._client = node.create_client(kind, name, qos_profile=ALL_ANSWERS)
        self.calls: list[Future[Any]] = []
        ros.wait_for(self._client.service_is_ready, f"the service {name}")

    def call(self) -> None:
        """Call until as many calls are open as may be."""
        still_open = sum(not call.done() for call in self.calls)
        wanted = min(OPEN_CALLS - still_open, CALLS - len(self.calls))
        self.calls += [self._client.call_async(self._kind.Request()) for _ in range(wanted)]

    def done(self) -> bool:
        return len(self.calls) == CALLS and all(call.done() for call in self.calls)


def open_ends() -> int:
    """Return how many calls are somewhere on their way in this process."""
    gc.collect()
    return sum(isinstance(one, Future) and not one.done() for one in gc.get_objects())


def test_a_flood_of_calls_is_answered_while_scans_are_located(ros: RosWorld) -> None:
    robot = Robot(ros)
    robot.localize()
    nodes = [ros.add(Node(f"caller_{number}", context=ros.context)) for number in range(CALLERS)]
    callers = {name: [Caller(ros, node, kind, name) for node in nodes] for kind, name in SERVICES}
    before, fixes, scans = open_ends(), robot.total("fix"), robot.total("scan")

    def call_on() -> bool:
        everybody = [caller for some in callers.values() for caller in some]
        for caller in everybody:
            caller.call()
        return all(caller.done() for caller in everybody)

    robot.step_until(call_on, "an answer to every call")
    located, came = robot.total("fix") - fixes, robot.total("scan") - scans
    assert came > CALLS / OPEN_CALLS
    assert located >= came - 2

    answers = [call.result() for caller in callers["relocalize"] for call in caller.calls]
    assert all(answer.success and answer.message for answer in answers)
    # Those that came during one search share its answer: no search for each call.
    assert len({answer.message for answer in answers}) < CALLERS * CALLS / 4
    robot.step_until(lambda: not robot.searching, "the last search")
    robot.step_until(robot.is_right, "the robot to be localized still")
    assert open_ends() <= before
