# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The doctor over real DDS: a healthy robot, and robots with something wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from doctor_robots import Amcl, Habits, Player, Robot, by_check, diagnose
from model_fixtures import oracle_model, room
from ros_fixtures import RosWorld

from local_inn_ros.geometry import GaussianPose2
from local_inn_ros.nodes.common.child_process import ChildProcess
from local_inn_ros.nodes.demo.demo_probe import DemoProbe
from local_inn_ros.nodes.filter.ekf import Ekf
from local_inn_ros.nodes.localizer.lidar_localizer import LidarLocalizer
from local_inn_ros.nodes.localizer.model import shipped_bundle

_ATTEMPTS = 5


def test_a_healthy_robot_has_nothing_wrong(ros: RosWorld, tmp_path: Path) -> None:
    probe = ros.add(DemoProbe(context=ros.context))
    told = {"bundle": shipped_bundle()}
    with (
        ChildProcess("demo.simulator", told, ros.domain, tmp_path / "simulator.log"),
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
