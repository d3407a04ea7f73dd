# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The localizer's node learns what its laser has wrong while the robot drives, over real DDS."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from localizer_bench import ELSEWHERE, Robot
from ros_fixtures import RosWorld

from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.self_calibration.learned import BIAS, SCANS
from local_inn_ros.sensing import Scan

TOO_SHORT_M = 0.03
# So far it turns from scan to scan that each tells something new.
TURN_RAD = 0.17


class ShortRobot(Robot):
    """A robot whose laser reads all ranges too short."""

    def scan_from(self, base: Pose2, stamp_s: float) -> Scan:
        scan = super().scan_from(base, stamp_s)
        return replace(scan, ranges_m=scan.ranges_m - np.float32(TOO_SHORT_M))

    def told_of(self, name: str) -> float:
        """Return a figure of the node's last report; NaN before it tells one."""
        for report in reversed(self.health):
            for status in report.status:
                values = {value.key: value.value for value in status.values}
                if name in values:
                    return float(values[name])
        return float("nan")

    def off_m(self) -> float:
        """Return by how much the last pose was off."""
        return self.base.distance_to(self.told().mean)

    def drive(self, scans: int) -> float:
        """Drive on, and return the mean error of the poses meanwhile."""
        errors = []
        for _ in range(scans):
            self.step()
            errors.append(self.off_m())
        return float(np.mean(errors))

    def start(self) -> None:
        self.localize()
        self.turn_rad = TURN_RAD


def test_a_bias_of_the_ranges_is_learned_told_and_taken_off(ros: RosWorld) -> None:
    robot = ShortRobot(ros)
    robot.start()
    before_m = robot.drive(18)
    assert before_m > 0.01
    robot.step_until(lambda: robot.told_of(BIAS) < -0.005, "a part of it to be learned")
    robot.step_until(lambda: robot.told_of(BIAS) < -0.8 * TOO_SHORT_M, "nearly all of it")
    assert robot.told_of(BIAS) > -1.2 * TOO_SHORT_M
    assert robot.told_of(SCANS) >= 30
    assert robot.drive(18) < 0.4 * before_m


def test_it_learns_nothing_where_it_is_told_not_to(ros: RosWorld) -> None:
    robot = ShortRobot(ros, self_calibrate=False)
    robot.start()
    before_m = robot.drive(18)
    robot.drive(40)
    assert robot.drive(18) > 0.7 * before_m
    assert np.isnan(robot.told_of(BIAS))


@pytest.mark.slow
def test_a_robot_that_is_carried_elsewhere_learns_nothing_wrong(ros: RosWorld) -> None:
    robot = ShortRobot(ros, auto_relocalize=False)
    robot.start()
    robot.step_until(lambda: robot.told_of(BIAS) < -0.8 * TOO_SHORT_M, "nearly all to be learned")
    learned_m = robot.told_of(BIAS)
    robot.base = ELSEWHERE
    robot.step_until(robot.is_alarmed, "the robot to know that it is lost")
    robot.drive(40)
    reports = len(robot.health)
    ros.wait_for(lambda: len(robot.health) > reports + 1, "a report")
    assert robot.told_of(BIAS) == pytest.approx(learned_m, abs=0.003)
