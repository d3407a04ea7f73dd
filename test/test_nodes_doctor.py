# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The doctor over real DDS: a healthy robot, and robots with something wrong."""

from __future__ import annotations

import json
import math
import time
from array import array
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from geometry_msgs.msg import PoseWithCovarianceStamped
from model_fixtures import SENSOR, oracle_model, room, scan_at
from nav_msgs.msg import OccupancyGrid as OccupancyGridMessage
from nav_msgs.msg import Odometry as OdometryMessage
from rclpy.node import Node
from rclpy.qos import QoSProfile
from ros_fixtures import RosWorld
from rosgraph_msgs.msg import Clock as ClockMessage
from sensor_msgs.msg import LaserScan
from tf2_msgs.msg import TFMessage
from typer.testing import CliRunner

from local_inn_ros.cli.main import app
from local_inn_ros.diagnosis.findings import Finding, Report
from local_inn_ros.errors import LocalInnError
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.nodes import doctor_probe
from local_inn_ros.nodes.child_process import ChildProcess
from local_inn_ros.nodes.conversions import (
    grid_message,
    odometry_message,
    scan_message,
    to_stamp,
    transform_message,
)
from local_inn_ros.nodes.demo_probe import DemoProbe
from local_inn_ros.nodes.doctor import run_doctor
from local_inn_ros.nodes.ekf import Ekf
from local_inn_ros.nodes.lidar_localizer import LidarLocalizer
from local_inn_ros.nodes.model import shipped_bundle
from local_inn_ros.nodes.qos import LATCHED, TRANSFORMS
from local_inn_ros.nodes.qos import SENSOR as SENSOR_QOS
from local_inn_ros.sensing import Odometry

_LISTENING_S = 1.5
_ATTEMPTS = 5
# No other test takes it.
_QUIET_DOMAIN = 101


def diagnose(ros: RosWorld, namespace: str | None = None) -> Report:
    """Run the doctor beside the nodes of a test."""
    with ThreadPoolExecutor(max_workers=1) as threads:
        running = threads.submit(run_doctor, _LISTENING_S, namespace, ros.domain)
        ros.wait_for(running.done, "the doctor", patience_s=60.0)
    return running.result()


def by_check(report: Report) -> dict[str, Finding]:
    return {one.check: one for one in report.findings}


@dataclass(frozen=True)
class Habits:
    """How a robot of the tests talks; well, where nothing is said."""

    scan_topic: str = "scan"
    scan_hz: float = 40.0
    scan_age_s: float = 0.0
    blind: bool = False
    mounted: bool = True
    child_frame: str = "base_link"
    speed_mps: float = 0.0
    speed_said_mps: float = 0.0
    map_latched: bool = True


class Robot(Node):
    """A driver of laser and base, with habits."""

    def __init__(self, ros: RosWorld, habits: Habits, name: str = "driver") -> None:
        super().__init__(name, context=ros.context)
        self._habits = habits
        self._scans = self.create_publisher(LaserScan, habits.scan_topic, SENSOR_QOS)
        self._odometry = self.create_publisher(OdometryMessage, "odom", SENSOR_QOS)
        self._transforms = self.create_publisher(TFMessage, "/tf", TRANSFORMS)
        self._mounts = self.create_publisher(TFMessage, "/tf_static", LATCHED)
        map_qos = LATCHED if habits.map_latched else QoSProfile(depth=1)
        self._map = self.create_publisher(OccupancyGridMessage, "map", map_qos)
        self._map.publish(grid_message(room(), to_stamp(1.0), "map"))
        if habits.mounted:
            mount = transform_message(Pose2.identity(), to_stamp(1.0), "base_link", "laser")
            self._mounts.publish(TFMessage(transforms=[mount]))
        self._scan = scan_message(scan_at(room(), Pose2(1.0, 1.0, 0.3), 0.0), to_stamp(0.0), "")
        self._scan.header.frame_id = "laser"
        if habits.blind:
            self._scan.ranges = array("f", [math.nan] * SENSOR.beam_count)
        self._began_s = time.time()
        self.create_timer(1.0 / habits.scan_hz, self._on_scan)
        self.create_timer(0.02, self._on_odometry)

    def _on_scan(self) -> None:
        self._scan.header.stamp = to_stamp(time.time() - self._habits.scan_age_s)
        self._scans.publish(self._scan)

    def _on_odometry(self) -> None:
        now_s, habits = time.time(), self._habits
        pose = Pose2(habits.speed_mps * (now_s - self._began_s), 0.0, 0.0)
        reading = Odometry(now_s, pose, habits.speed_said_mps)
        exact = GaussianPose2(pose, np.zeros((3, 3)))
        stamp = to_stamp(now_s)
        self._odometry.publish(odometry_message(exact, reading, stamp, "odom", habits.child_frame))
        transform = transform_message(pose, stamp, "odom", habits.child_frame)
        self._transforms.publish(TFMessage(transforms=[transform]))


class Amcl(Node):
    """Somebody else who localizes the robot."""

    def __init__(self, ros: RosWorld) -> None:
        super().__init__("amcl", context=ros.context)
        self._poses = self.create_publisher(PoseWithCovarianceStamped, "amcl_pose", LATCHED)
        self._transforms = self.create_publisher(TFMessage, "/tf", TRANSFORMS)
        self.create_timer(0.05, self._on_tick)

    def _on_tick(self) -> None:
        stamp = to_stamp(time.time())
        place = transform_message(Pose2(7.0, 0.0, 0.0), stamp, "map", "odom")
        self._transforms.publish(TFMessage(transforms=[place]))


class Player(Node):
    """Plays a clock."""

    def __init__(self, ros: RosWorld) -> None:
        super().__init__("player", context=ros.context)
        self._ticks = self.create_publisher(ClockMessage, "/clock", 10)
        self.create_timer(0.05, self._on_tick)

    def _on_tick(self) -> None:
        self._ticks.publish(ClockMessage(clock=to_stamp(12.0)))


def test_a_healthy_robot_has_nothing_wrong(ros: RosWorld, tmp_path: Path) -> None:
    probe = ros.add(DemoProbe(context=ros.context))
    told = {"bundle": shipped_bundle()}
    with (
        ChildProcess("simulator", told, ros.domain, tmp_path / "simulator.log"),
        ChildProcess("localization", told, ros.domain, tmp_path / "localization.log"),
    ):
        ros.wait_for(probe.ready, "simulator and localization", patience_s=120.0)
        assert probe.truth is not None
        probe.tell_initial_pose(GaussianPose2.from_deviations(probe.truth, 0.1, 0.1, 0.05))
        ros.wait_for(lambda: len(probe.estimates) > 80, "two seconds of poses")
        # A machine that is busy with something else holds messages up, which is a finding.
        reports = (diagnose(ros) for _ in range(_ATTEMPTS))
        told = []
        for report in reports:
            told.append([one.line() for one in report.findings])
            if not told[-1]:
                break
    assert told[-1] == [], told
    assert report.healthy
    assert report.figures["/scan rate [Hz]"] == pytest.approx(40.0, rel=0.3)
    assert report.figures["ekf says"] == "localized"


def test_a_robot_with_much_wrong(ros: RosWorld) -> None:
    """AMCL still runs, nothing is mounted, the map is volatile, the clocks differ."""
    ros.start(Ekf)
    ros.start(LidarLocalizer, oracle_model(room()))
    habits = Habits(scan_age_s=1.2, mounted=False, child_frame="base_footprint", map_latched=False)
    ros.add(Robot(ros, habits))
    ros.add(Amcl(ros))
    ros.add(Player(ros))
    found = by_check(diagnose(ros))

    assert found["pose.writers"].what == "/amcl publishes /amcl_pose too"
    assert found["tf.map"].what.startswith("/amcl publishes map to odom")
    assert "'laser' and 'base_link' do not meet" in found["tf.mount"].what
    assert "child_frame_id on /odom is 'base_footprint'" in found["odom.frame"].what
    assert "of /lidar_localizer to volatile" in found["qos.durability"].mend
    assert "s old" in found["scan.age"].what
    assert "on /scan are 1." in found["clock.apart"].what
    assert found["clock.unused"].what.startswith("/player publishes /clock")


def test_a_robot_whose_readings_make_no_sense(ros: RosWorld) -> None:
    """A blind, slow laser of another kind; odometry that runs off, told backwards."""
    ros.start(Ekf)
    # Its parameter `bundle` is empty, so the doctor takes it to have the shipped one.
    ros.start(LidarLocalizer, oracle_model(room()))
    ros.add(Robot(ros, Habits(scan_hz=8.0, blind=True, speed_mps=1.0, speed_said_mps=-1.0)))
    found = by_check(diagnose(ros))
    assert "100% NaN" in found["scan.empty"].what
    assert "Hz" in found["scan.rate"].what
    assert "another map" in found["bundle.map"].what
    assert "reach 15 m" in found["bundle.reach"].what
    assert "its sign is wrong" in found["odom.twist"].what
    assert "2D Pose Estimate" in found["health.pose"].mend


def test_wheels_that_turn_on_the_spot(ros: RosWorld) -> None:
    ros.start(Ekf)
    ros.add(Robot(ros, Habits(speed_mps=1.0, speed_said_mps=1.0)))
    found = by_check(diagnose(ros))
    assert "do not change" in found["odom.slides"].what
    assert "/lidar_localizer does not run" in found["nodes.missing"].what


def test_a_scan_of_another_name_is_suggested(ros: RosWorld) -> None:
    ros.start(Ekf)
    ros.start(Ekf)
    ros.start(LidarLocalizer, oracle_model(room()))
    ros.add(Robot(ros, Habits(scan_topic="front/scan")))
    found = by_check(diagnose(ros))
    assert "-r scan:=/front/scan" in found["scan.missing"].mend
    assert found["nodes.twice"].what.startswith("2 nodes")
    # What the nodes complain of for want of scans is not told again.
    assert not any("no scans come" in one.what for one in found.values())


def test_a_damaged_bundle_is_told(ros: RosWorld, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    ros.start(LidarLocalizer, oracle_model(room()), bundle=str(broken))
    found = by_check(diagnose(ros))
    assert f"no bundle at {broken}" in found["bundle.unreadable"].what
    assert "/ekf does not run" in found["nodes.missing"].what


def test_nodes_that_wait_for_a_manager(ros: RosWorld) -> None:
    ros.start(Ekf, autostart=False)
    ros.start(
        LidarLocalizer, oracle_model(room()), autostart=False, scan_topics=["left/scan", "/right"]
    )
    report = diagnose(ros)
    waiting = [one.what for one in report.findings if one.check == "nodes.inactive"]
    assert waiting == [
        "/lidar_localizer is unconfigured, not active",
        "/ekf is unconfigured, not active",
    ]
    missing = [one.what for one in report.findings if one.check == "scan.missing"]
    assert missing == ["nobody publishes /left/scan", "nobody publishes /right"]
    assert "health" not in by_check(report)


def test_one_of_several_namespaces_must_be_named(ros: RosWorld) -> None:
    for namespace in ("robot1", "robot2"):
        ros.add(Ekf(context=ros.context, namespace=namespace))
    with pytest.raises(LocalInnError, match="/robot1, /robot2: name one with --namespace"):
        diagnose(ros)
    found = by_check(diagnose(ros, "robot2"))
    assert found["odom.missing"].what == "nobody publishes /robot2/odom"
    assert "/robot2/lidar_localizer does not run" in found["nodes.missing"].what


def test_an_empty_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_probe, "_MOST_DISCOVERY_S", 1.0)
    report = run_doctor(1.0, None, _QUIET_DOMAIN)
    assert [one.check for one in report.findings] == ["graph.empty"]
    assert f"ROS_DOMAIN_ID is {_QUIET_DOMAIN}" in report.findings[0].why


def test_the_verb(ros: RosWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROS_DOMAIN_ID", str(ros.domain))
    file = tmp_path / "doctor.json"
    ros.start(Ekf)
    with ThreadPoolExecutor(max_workers=1) as threads:
        words: Sequence[str] = ("doctor", "--seconds", "1", "--json", str(file))
        running = threads.submit(CliRunner().invoke, app, words)
        ros.wait_for(running.done, "the doctor", patience_s=60.0)
    result = running.result()
    assert result.exit_code == 1
    assert "error [odom.missing] nobody publishes /odom" in result.output
    report = json.loads(file.read_text())
    assert report["healthy"] is False
    assert {one["check"] for one in report["findings"]} >= {"odom.missing", "nodes.missing"}
