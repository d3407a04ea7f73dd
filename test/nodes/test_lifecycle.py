# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The life cycle of the nodes, as a lifecycle manager drives it over DDS."""

from __future__ import annotations

import gc
import threading
import tracemalloc
import weakref
from pathlib import Path
from typing import Any, ClassVar

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from diagnostic_msgs.msg import DiagnosticArray
from filter_bench import START_S, FilterBench, odometry_of, straight
from geometry_msgs.msg import PoseWithCovarianceStamped
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from localizer_bench import BASE, Robot
from nav_msgs.msg import Odometry as OdometryMessage
from rclpy.node import Node
from rclpy.parameter import Parameter
from ros_fixtures import RosWorld
from std_msgs.msg import Bool

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.nodes.common import bond
from local_inn_ros.nodes.common.conversions import stamped_gaussian_message, to_pose, to_stamp
from local_inn_ros.nodes.common.managed_node import ManagedNode, StartError
from local_inn_ros.nodes.common.qos import LATCHED, RELIABLE, SENSOR
from local_inn_ros.nodes.filter.ekf import Ekf
from local_inn_ros.nodes.localizer.lidar_localizer import LidarLocalizer
from local_inn_ros.nodes.localizer.localizer_health import MOUNTS

CONFIGURE = Transition.TRANSITION_CONFIGURE
CLEANUP = Transition.TRANSITION_CLEANUP
ACTIVATE = Transition.TRANSITION_ACTIVATE
DEACTIVATE = Transition.TRANSITION_DEACTIVATE


class Manager:
    """Drives a node's life cycle through its services, as Nav2's manager does."""

    def __init__(self, ros: RosWorld, node: str) -> None:
        self._ros = ros
        self._change = ros.probe.create_client(ChangeState, f"{node}/change_state")
        self._get = ros.probe.create_client(GetState, f"{node}/get_state")
        ros.wait_for(self._change.service_is_ready, "the node's services")
        ros.wait_for(self._get.service_is_ready, "the node's services")

    def ask(self, transition: int) -> bool:
        request = ChangeState.Request(transition=Transition(id=transition))
        future = self._change.call_async(request)
        self._ros.wait_for(future.done, "the transition")
        return bool(future.result().success)

    def state(self) -> int:
        future = self._get.call_async(GetState.Request())
        self._ros.wait_for(future.done, "the state")
        return int(future.result().current_state.id)


def initial_pose(x_m: float) -> PoseWithCovarianceStamped:
    pose = GaussianPose2.from_deviations(Pose2(x_m, 2.0, 0.0), 0.1, 0.1, 0.1)
    return stamped_gaussian_message(pose, to_stamp(START_S), "map")


def test_a_manager_brings_a_node_up_and_down_again(ros: RosWorld) -> None:
    node = ros.start(Ekf, autostart=False)
    manager = Manager(ros, "ekf")
    assert manager.state() == State.PRIMARY_STATE_UNCONFIGURED
    assert not ros.probe.count_publishers("amcl_pose")
    assert manager.ask(CONFIGURE)
    assert manager.state() == State.PRIMARY_STATE_INACTIVE
    ros.wait_for(lambda: ros.probe.count_publishers("amcl_pose") == 1, "the publisher")
    poses = ros.listen(PoseWithCovarianceStamped, "amcl_pose", LATCHED)
    odometry = ros.talk(OdometryMessage, "odom", SENSOR)
    initial = ros.talk(PoseWithCovarianceStamped, "initialpose", RELIABLE)

    # A pose told too early is kept; nothing is published yet.
    initial.publish(initial_pose(1.0))
    ros.wait_for(lambda: node.statistics() == {"pose told": 1}, "the pose")
    odometry.publish(odometry_of(straight(0)))
    ros.spin_for(0.2)
    assert not poses
    assert node.statistics() == {"pose told": 1}

    assert manager.ask(ACTIVATE)
    ros.wait_for(lambda: poses, "a pose")
    assert to_pose(poses[-1].pose.pose).x == pytest.approx(1.0)
    assert manager.ask(DEACTIVATE)
    known, told = len(poses), node.statistics()["pose told"]
    initial.publish(initial_pose(3.0))
    ros.wait_for(lambda: node.statistics()["pose told"] > told, "the pose")
    assert len(poses) == known

    assert manager.ask(CLEANUP)
    assert manager.state() == State.PRIMARY_STATE_UNCONFIGURED
    ros.wait_for(lambda: not ros.probe.count_publishers("amcl_pose"), "the end of the publisher")
    with pytest.raises(RuntimeError, match="not configured"):
        _ = node.work
    assert node.statistics() == {}


def test_a_pose_that_was_told_in_a_pause_holds_where_the_robot_is_then(ros: RosWorld) -> None:
    bench = FilterBench(ros)
    bench.drive(2)
    bench.begin(Pose2(1.0, 2.0, 0.0))
    bench.node.trigger_deactivate()
    # Carried five metres on meanwhile, as the wheels have noticed.
    told = bench.total("pose told")
    bench.initial.publish(initial_pose(6.0))
    ros.wait_for(lambda: bench.total("pose told") > told, "the pose")
    bench.node.trigger_activate()
    bench.odometry.publish(odometry_of(straight(500)))
    ros.wait_for(lambda: bench.total("odometry kept") > 2, "the odometry")
    bench.odometry.publish(odometry_of(straight(510)))
    ros.wait_for(lambda: bench.total("odometry kept") > 3, "the odometry")
    estimate = bench.node.work.estimate
    assert estimate.pose.mean.x == pytest.approx(6.1, abs=1e-6)


def test_a_pause_keeps_the_pose(ros: RosWorld) -> None:
    robot = Robot(ros)
    robot.localize()
    for node in (robot.node, robot.ekf):
        node.trigger_deactivate()
    # What was under way comes still.
    ros.spin_for(0.2)
    known = len(robot.measurements), len(robot.poses), len(robot.transforms)
    robot.send_odometry(robot.wheels, robot.sent_s + 0.01)
    ros.spin_for(0.2)
    assert (len(robot.measurements), len(robot.poses), len(robot.transforms)) == known
    for node in (robot.node, robot.ekf):
        node.trigger_activate()
    count = len(robot.poses)
    robot.step_until(lambda: len(robot.poses) > count, "a pose from a fix")
    assert robot.is_right()
    assert not robot.lost[-1].data


def test_a_bundle_that_is_missing_is_one_sentence_and_can_be_mended(
    ros: RosWorld, tmp_path: Path
) -> None:
    health = ros.listen(DiagnosticArray, "/diagnostics", RELIABLE)
    missing = str(tmp_path / "nowhere")
    node = ros.start(LidarLocalizer, autostart=False, bundle=missing)
    manager = Manager(ros, "lidar_localizer")
    assert not manager.ask(CONFIGURE)
    assert manager.state() == State.PRIMARY_STATE_UNCONFIGURED
    told = f"no bundle at {missing}"
    ros.wait_for(lambda: any(told in one.status[0].message for one in health), "the sentence")
    assert not ros.probe.count_publishers("lidar_localizer/fix")
    assert node.set_parameters([Parameter("bundle", value="")])[0].successful
    assert manager.ask(CONFIGURE)
    assert manager.ask(ACTIVATE)


def test_who_starts_without_a_manager_hears_why_not(ros: RosWorld, tmp_path: Path) -> None:
    with pytest.raises(StartError, match="no bundle at"):
        ros.start(LidarLocalizer, bundle=str(tmp_path / "nowhere"))


def on_the_graph(node: ManagedNode[Any, Any]) -> dict[str, int]:
    """Return how many of each kind of entity a node has."""
    return {
        "publishers": len(list(node.publishers)),
        "subscriptions": len(list(node.subscriptions)),
        "services": len(list(node.services)),
        "timers": len(list(node.timers)),
        "guards": len(list(node.guards)),
        "parameters": len(node.list_parameters([], 0).names),
        "threads": threading.active_count(),
    }


def cycle(robot: Robot) -> list[weakref.ref[Any]]:
    """Take both nodes through a whole life cycle, in which they locate a scan."""
    nodes: list[ManagedNode[Any, Any]] = [robot.ekf, robot.node]
    for node in nodes:
        assert node.trigger_configure().name == "SUCCESS"
        assert node.trigger_activate().name == "SUCCESS"
    robot.ros.wait_for(lambda: robot.total(MOUNTS), "the mount")
    robot.step()
    robot.tell(robot.base)
    robot.step_until(lambda: robot.total("fix") > 0, "a fix")
    works = [weakref.ref(node.work) for node in nodes]
    for heard in vars(robot).values():
        if isinstance(heard, list):
            heard.clear()
    for node in nodes:
        assert node.trigger_deactivate().name == "SUCCESS"
        assert node.trigger_cleanup().name == "SUCCESS"
    # What the nodes were told last, and had no time to heed.
    robot.ros.spin_for(0.02)
    return works


def test_fifty_life_cycles_leak_nothing(ros: RosWorld) -> None:
    robot = Robot(ros)
    for node in (robot.ekf, robot.node):
        node.trigger_deactivate()
        node.trigger_cleanup()
    works, counts, held = [], [], []
    tracemalloc.start()
    for _ in range(2):
        for _ in range(25):
            works += cycle(robot)
            counts.append([on_the_graph(robot.ekf), on_the_graph(robot.node)])
        gc.collect()
        held.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert all(one == counts[0] for one in counts)
    assert not any(one() for one in works)
    # What DDS allocates is not seen here: with as many topics, rclpy alone takes 11 kB a cycle.
    assert held[1] - held[0] < 25 * 2_000, held


class RecordedBond:
    """Stands where bondpy's bond would, with its interface."""

    made: ClassVar[list[RecordedBond]] = []

    def __init__(self, topic: str, id: str, node: Node) -> None:
        self.words = [topic, id]
        self.is_shutdown = False
        self.condition = threading.Condition()
        self.connect_timer, self.heartbeat_timer, self.disconnect_timer = (
            threading.Timer(0.0, print) for _ in range(3)
        )
        self.pub = node.create_publisher(Bool, topic, 1)
        self.sub = node.create_subscription(Bool, topic, print, 1)
        self.made.append(self)

    def start(self) -> None:
        assert self.heartbeat_period == 0.1
        assert self.heartbeat_timeout == 4.0
        self.words.append("start")

    def break_bond(self) -> None:
        self.words.append("break")


def test_the_manager_gets_a_bond_where_bondpy_is_installed(
    ros: RosWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bond, "Bond", RecordedBond)
    monkeypatch.setattr(RecordedBond, "made", [])
    node = ros.start(Ekf)
    (made,) = RecordedBond.made
    assert made.words == ["bond", "ekf", "start"]
    node.trigger_deactivate()
    assert made.words[-1] == "break"
    assert made.is_shutdown
    ros.wait_for(lambda: not ros.probe.count_publishers("bond"), "the end of the topic")
    node.trigger_activate()
    assert len(RecordedBond.made) == 2


def test_a_node_that_is_shut_down_is_silent(ros: RosWorld) -> None:
    robot = Robot(ros)
    robot.localize()
    heard = ros.listen(DiagnosticArray, "/diagnostics", RELIABLE)
    robot.ekf.trigger_shutdown()
    # What was under way comes still.
    ros.spin_for(0.2)
    known = len(robot.poses)
    robot.send_odometry(robot.wheels, robot.sent_s + 0.05)
    robot.send_scan(robot.scan_from(BASE, robot.sent_s + 0.05))
    ros.spin_for(0.2)
    assert len(robot.poses) == known

    # No manager can bring it back: the diagnostics do not tell anybody to wait for one.
    def told() -> bool:
        said = [one.status[0].message for one in heard if one.status[0].name == "ekf"]
        return bool(said) and said[-1].startswith("shut down: no transition leads on")

    ros.wait_for(told, "the word of it")
