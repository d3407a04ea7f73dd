# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Two robots in namespaces of one domain, and whether they keep apart."""

from __future__ import annotations

import itertools

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from diagnostic_msgs.msg import DiagnosticArray
from ros_fixtures import RosWorld, listeners

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.nodes.common.qos import RELIABLE
from local_inn_ros.nodes.demo.demo_probe import DemoProbe
from local_inn_ros.nodes.localizer.model import shipped_bundle
from local_inn_ros.world import ClosedPath, plan_lap

# As the launch files have it.
RELATIVE_TRANSFORMS = ("-r", "/tf:=tf", "-r", "/tf_static:=tf_static")
NAMES = ("robot1", "robot2")
SHARED_TOPICS = {"/diagnostics", "/parameter_events", "/rosout"}
# What is compiled when it first runs takes its time on a fresh checkout.
PATIENCE_S = 120.0


class NamedRobot:
    """What is heard of and said to a simulated robot in a namespace."""

    def __init__(self, ros: RosWorld, name: str) -> None:
        self.probe = ros.add(DemoProbe(context=ros.context, namespace=name))

    def connected(self) -> bool:
        topics = ("simulator/teleport", "initialpose")
        names = [self.probe.resolve_topic_name(topic) for topic in topics]
        heard = all(listeners(self.probe, name) > 0 for name in names)
        return self.probe.truth is not None and heard

    @property
    def truth(self) -> Pose2:
        assert self.probe.truth is not None
        return self.probe.truth

    def tell(self, pose: Pose2) -> None:
        self.probe.tell_initial_pose(GaussianPose2.from_deviations(pose, 0.2, 0.2, 0.1))

    def off_by_m(self, last: int = 10) -> float:
        """Return the largest of the last errors."""
        estimates = self.probe.estimates
        if len(estimates) < last:
            return float("inf")
        return max(one.distance_m() for one in estimates[-last:])


def opposite(pose: Pose2) -> Pose2:
    """Return a place half a lap away."""
    lap = ClosedPath.through(plan_lap(Bundle.load(shipped_bundle()).grid))
    return lap.pose((lap.nearest(pose.x, pose.y) + len(lap.points) // 2) % len(lap.points))


def check_that_they_do_not_meet(ros: RosWorld) -> None:
    health = ros.listen(DiagnosticArray, "/diagnostics", RELIABLE)
    first, second = (NamedRobot(ros, name) for name in NAMES)
    ros.wait_for(lambda: first.connected() and second.connected(), "both to drive", PATIENCE_S)
    far = opposite(first.truth)
    second.probe.put_down(far)
    ros.wait_for(lambda: second.truth.distance_to(far) < 1.0, "the second robot to be elsewhere")
    # Scans from where it was before would not fit.
    health.clear()
    ros.wait_for(lambda: reports(health) >= 3, "reports of both after that")

    for robot in (first, second):
        robot.tell(robot.truth @ Pose2(0.1, -0.1, 0.05))
    ros.wait_for(lambda: max(first.off_by_m(), second.off_by_m()) < 0.2, "both to be localized")
    assert first.truth.distance_to(second.truth) > 3.0

    # What one is told, the other does not hear.
    heard = len(second.probe.estimates)
    first.tell(second.truth)
    ros.wait_for(lambda: first.off_by_m(1) > 3.0, "the first robot to believe what it was told")
    ros.wait_for(lambda: len(second.probe.estimates) >= heard + 20, "the second robot's poses")
    assert second.off_by_m(20) < 0.2
    assert not second.probe.lost

    assert mixed_topics(ros) == []
    named = {name_of(array) for array in health}
    assert named == set(itertools.product(NAMES, ("ekf", "lidar_localizer")))


def name_of(report: DiagnosticArray) -> tuple[str, ...]:
    """Return namespace and name of the node that reports."""
    return tuple(report.status[0].name.strip("/").split("/"))


def reports(health: list[DiagnosticArray]) -> int:
    """Return how often the localizer of each robot has reported."""
    named = [name_of(array) for array in health]
    return min(named.count((name, "lidar_localizer")) for name in NAMES)


def mixed_topics(ros: RosWorld) -> list[str]:
    """Return the topics on which a robot meets others, or that belong to none."""
    mixed = []
    for topic, _ in ros.probe.get_topic_names_and_types():
        if topic in SHARED_TOPICS:
            continue
        ends = (
            *ros.probe.get_publishers_info_by_topic(topic),
            *ros.probe.get_subscriptions_info_by_topic(topic),
        )
        namespaces = {end.node_namespace for end in ends}
        robot = topic.split("/")[1]
        if robot not in NAMES or namespaces != {f"/{robot}"}:
            mixed.append(f"{topic}: {sorted(namespaces)}")
    return mixed
