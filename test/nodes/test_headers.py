# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Messages that contradict themselves, over real DDS: said once, and in /diagnostics."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from diagnostic_msgs.msg import DiagnosticArray
from filter_bench import FilterBench, odometry_of, straight
from localizer_bench import BASE, Robot
from ros_fixtures import RosWorld

from local_inn_ros.nodes.common.conversions import scan_message, to_seconds, to_stamp
from local_inn_ros.nodes.common.qos import RELIABLE


def warnings_in(text: str, words: str) -> int:
    return sum(words in line and "[WARN]" in line for line in text.splitlines())


def test_an_increment_that_is_too_large_is_warned_of_once(
    ros: RosWorld, capfd: pytest.CaptureFixture[str]
) -> None:
    robot = Robot(ros)
    robot.localize()

    def send_contradiction() -> None:
        robot.sent_s += 0.02
        robot.tell_odometry(robot.wheels, robot.sent_s)
        scan = robot.scan_from(BASE, robot.sent_s)
        message = scan_message(scan, to_stamp(scan.stamp_s), "laser")
        message.angle_increment *= 1.02
        robot.scans.publish(message)

    words = "the header of scans of 'laser' contradicts itself"
    said = []

    def told_twice() -> bool:
        send_contradiction()
        said[:] = [one.status[0] for one in robot.health if words in one.status[0].message]
        return len(said) >= 3

    ros.wait_for(told_twice, "three reports")
    assert "angle_increment" in said[-1].message
    assert "angle_max" in said[-1].message
    assert warnings_in(capfd.readouterr().err, words) == 1


def test_a_twist_that_contradicts_the_poses_is_warned_of_once(
    ros: RosWorld, capfd: pytest.CaptureFixture[str]
) -> None:
    bench = FilterBench(ros)
    heard = ros.listen(DiagnosticArray, "/diagnostics", RELIABLE)
    sent = 0

    def send_contradiction() -> bool:
        nonlocal sent
        reading = straight(sent)
        bench.odometry.publish(odometry_of(replace(reading, speed_mps=-reading.speed_mps)))
        sent += 1
        return sum("sign is wrong" in one.status[0].message for one in heard) >= 3

    ros.wait_for(send_contradiction, "three reports")
    assert bench.total("odometry kept") > 0
    said = capfd.readouterr().err
    assert warnings_in(said, "the odometry contradicts itself: twist.linear") == 1


def test_a_laser_whose_stamps_are_late_is_fused_at_the_true_instant(ros: RosWorld) -> None:
    """The bundle's description says how late they are: `time_offset_s`."""
    late_s = 0.06
    robot = Robot(ros)
    robot.localize()
    described = robot.model.bundle.description
    sensors = {
        name: one.model_copy(update={"time_offset_s": -late_s})
        for name, one in described.sensors.items()
    }
    description = described.model_copy(update={"sensors": sensors})
    object.__setattr__(robot.model.bundle, "description", description)
    taken_s = robot.sent_s - 0.005
    robot.send_scan(robot.scan_from(robot.base, taken_s + late_s))
    stamps = [taken_s, taken_s + late_s]

    def told() -> bool:
        known = [to_seconds(one.header.stamp) for one in robot.measurements]
        return min(abs(one - stamps[0]) for one in known) < 1e-6

    ros.wait_for(told, "the fix at the instant at which the scan was taken")
    known = [to_seconds(one.header.stamp) for one in robot.measurements]
    assert min(abs(one - stamps[1]) for one in known) > 1e-3
