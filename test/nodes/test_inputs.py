# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Lasers of any kind and number, over real DDS."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from geometry_msgs.msg import Quaternion
from localizer_bench import BASE, ELSEWHERE, MOUNT, START_S, Bench, Robot
from model_fixtures import SENSOR, oracle_of
from ros_fixtures import RosWorld, listeners
from sensor_msgs.msg import LaserScan
from tf2_msgs.msg import TFMessage

from local_inn_ros.geometry import Pose2
from local_inn_ros.nodes.common.conversions import (
    scan_message,
    to_gaussian,
    to_scan,
    to_stamp,
    transform_message,
)
from local_inn_ros.nodes.common.qos import BEST_EFFORT, STATIC_TRANSFORMS
from local_inn_ros.nodes.common.qos import SENSOR as READINGS
from local_inn_ros.nodes.localizer.localizer_health import MOUNTS
from local_inn_ros.sensing import Scan
from local_inn_ros.world import RayCaster

REAR = Pose2(-0.2, 0.0, math.pi)
HALF_TURN_ABOUT_X = Quaternion(x=1.0, w=0.0)


def hang(ros: RosWorld, bench: Bench, mount: Pose2) -> None:
    """Publish the mount of a laser that hangs upside down."""
    message = transform_message(mount, to_stamp(0.0), "base_link", "laser")
    turn = message.transform.rotation
    # First about the vertical, then about its own x axis.
    message.transform.rotation = Quaternion(x=turn.w, y=turn.z, z=0.0, w=0.0)
    ros.talk(TFMessage, "/tf_static", STATIC_TRANSFORMS).publish(TFMessage(transforms=[message]))
    ros.wait_for(lambda: bench.total(MOUNTS), "the mount")


def full_turn(bench: Bench, sensor: Pose2, stamp_s: float, first: float, step: float) -> Scan:
    """What a laser sees that looks all round, from any angle on, either way."""
    angles = first + step * np.arange(round(2.0 * math.pi / abs(step)))
    caster = RayCaster(bench.grid, threads=1)
    ranges = caster.cast(sensor.to_array()[None], angles, SENSOR.range_max_m)[0]
    return Scan(stamp_s, ranges, first, step, SENSOR.range_min_m, SENSOR.range_max_m)


def standing(ros: RosWorld, **arguments: Any) -> Bench:
    """A robot that stands, with odometry and a pose told."""
    bench = Bench(ros, **arguments)
    bench.stand_at(BASE)
    bench.tell_odometry(Pose2.identity(), START_S)
    bench.tell_pose(BASE @ Pose2(0.05, 0.05, 0.03), START_S)
    return bench


def error_m(bench: Bench) -> float:
    return to_gaussian(bench.measurements[-1].pose).mean.distance_to(BASE)


@pytest.mark.parametrize("yaw", [0.0, 0.3])
def test_a_laser_that_hangs_upside_down_localizes(ros: RosWorld, yaw: float) -> None:
    bench = standing(ros, mount=None)
    mount = MOUNT @ Pose2(0.0, 0.0, yaw)
    oracle_of(bench.model).sensor_pose = BASE @ mount
    hang(ros, bench, mount)
    expected = bench.hear(LaserScan, "expected_scan", BEST_EFFORT)
    ros.wait_for(lambda: listeners(bench.node, "/lidar_localizer/expected_scan"), "who looks")
    seen = replace(bench.scan_from(BASE, START_S), stamp_s=START_S)
    if yaw:
        seen = full_turn(bench, BASE @ mount, START_S, -math.pi, math.radians(0.5))
    bench.send_scan(seen.mirrored())
    ros.wait_for(lambda: bench.measurements and expected, "a measurement")
    assert error_m(bench) < 0.03
    # What is expected is told as the laser would have told it.
    told = to_scan(expected[0])
    assert told.angle_increment_rad * seen.mirrored().angle_increment_rad > 0.0
    caster = RayCaster(bench.grid, threads=1)
    above = caster.cast((BASE @ mount).to_array()[None], -told.angles_rad(), 15.0)[0]
    assert np.median(np.abs(told.ranges_m - above)) < 0.05


@pytest.mark.parametrize(
    ("first", "step_deg"), [(math.pi, -0.5), (0.0, 0.5), (2.0 * math.pi, -1.0), (-5.0, 0.25)]
)
def test_a_scan_in_any_direction_localizes(ros: RosWorld, first: float, step_deg: float) -> None:
    bench = standing(ros)
    expected = bench.hear(LaserScan, "expected_scan", BEST_EFFORT)
    ros.wait_for(lambda: listeners(bench.node, "/lidar_localizer/expected_scan"), "who looks")
    bench.send_scan(full_turn(bench, BASE @ MOUNT, START_S, first, math.radians(step_deg)))
    ros.wait_for(lambda: bench.measurements and expected, "a measurement")
    assert error_m(bench) < 0.03
    assert bench.quality[-1].data > 0.9
    assert expected[0].angle_increment * step_deg > 0.0


def all_nan(scan: Scan) -> Scan:
    return replace(scan, ranges_m=np.full_like(scan.ranges_m, np.nan))


def all_far(scan: Scan) -> Scan:
    return replace(scan, ranges_m=np.full_like(scan.ranges_m, np.inf))


def no_increment(scan: Scan) -> Scan:
    return replace(scan, angle_increment_rad=0.0)


def no_limits(scan: Scan) -> Scan:
    return replace(scan, range_max_m=math.nan)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (all_nan, "fewer than 3 measured distances; all are NaN"),
        (all_far, "nothing lies within its reach"),
        (no_increment, "angle_increment is 0.0"),
        (no_limits, "range_max is nan"),
    ],
)
def test_a_scan_that_says_nothing_is_told_and_counted_and_no_fix(
    ros: RosWorld, spoil: Callable[[Scan], Scan], says: str
) -> None:
    bench = standing(ros)
    spoilt = 0

    def told() -> bool:
        nonlocal spoilt
        spoilt += 1
        bench.sent_s += 0.02
        bench.tell_odometry(Pose2.identity(), bench.sent_s)
        bench.send_scan(spoil(bench.scan_from(BASE, bench.sent_s)))
        return any(says in one.status[0].message for one in bench.health)

    ros.wait_for(told, f"'{says}'")
    assert bench.total("scan unusable") == spoilt
    assert bench.measurements == []
    # The next scan is a fix, and the error is gone.
    bench.wait_for_health("fixes are made", seen_from=BASE)
    assert error_m(bench) < 0.03


def test_gaps_and_limits_that_change_do_no_harm(ros: RosWorld) -> None:
    bench = standing(ros)
    for k, (gap, farthest_m) in enumerate(
        [(slice(0, 60), 15.0), (slice(80, 120), 6.0), (slice(0), 4.0), (slice(150, 180), 80.0)]
    ):
        scan = bench.scan_from(BASE, START_S + 0.02 * k)
        scan.ranges_m[gap] = np.nan
        scan.ranges_m[scan.ranges_m >= farthest_m] = np.inf
        bench.send_scan(replace(scan, range_max_m=farthest_m))
        ros.wait_for(lambda k=k: len(bench.quality) > k, "a fix")
        assert error_m(bench) < 0.03
        assert bench.quality[k].data > 0.9


class TwoLasers(Robot):
    """A robot with a laser in front and one behind."""

    def __init__(self, ros: RosWorld, rear: Pose2 = REAR) -> None:
        super().__init__(ros, scan_topics=["scan", "rear/scan"])
        self.rear_mount = rear
        self.tell_mount(rear, "rear_laser")
        self.rear = ros.talk(LaserScan, "rear/scan", READINGS)
        self.rear_covered = False

    def step(self) -> None:
        super().step()
        self.look_back()

    def look_back(self) -> None:
        stamp_s = self.sent_s - 0.01
        oracle_of(self.model).sensor_pose = self.base @ self.rear_mount
        seen = full_turn(self, self.base @ self.rear_mount, stamp_s, -math.pi, math.radians(1.0))
        if self.rear_covered:
            # By something that the map does not have, an arm's length away all round.
            rough = 0.3 + 0.02 * np.sin(3.0 * seen.angles_rad())
            seen = replace(seen, ranges_m=rough.astype(np.float32))
        count = self.total("scan")
        self.rear.publish(scan_message(seen, to_stamp(stamp_s), "rear_laser"))
        self.ros.wait_for(lambda: self.total("scan") > count and self._is_heard(), "both scans")
        self.stand_at(self.base)


def test_two_lasers_each_give_fixes_from_their_own_mounts(ros: RosWorld) -> None:
    robot = TwoLasers(ros)
    robot.localize()
    fixes, scans = robot.total("fix"), robot.total("scan")
    for _ in range(15):
        robot.step()
        assert robot.is_right()
    assert robot.total("scan") - scans == robot.total("fix") - fixes == 30
    assert robot.filter_total("fix accepted") >= 30


def test_one_laser_that_is_covered_raises_no_alarm(ros: RosWorld) -> None:
    robot = TwoLasers(ros)
    robot.localize()
    robot.rear_covered = True
    for _ in range(60):
        robot.step()
    assert not robot.is_alarmed()
    assert robot.is_right()

    def only_the_covered_one_looks() -> bool:
        robot.sent_s += 0.05
        robot.tell_odometry(robot.wheels, robot.sent_s)
        robot.look_back()
        return robot.is_alarmed()

    # It did say that the robot is elsewhere: once it is alone, it is believed.
    ros.wait_for(only_the_covered_one_looks, "the alarm")


def test_a_robot_with_two_lasers_that_is_carried_away_finds_itself(ros: RosWorld) -> None:
    # The network that knows the answer knows that of one place: one laser is above the other.
    robot = TwoLasers(ros, rear=MOUNT)
    robot.localize()
    robot.rear_covered = True
    robot.base = ELSEWHERE
    robot.step_until(lambda: robot.lost[-1].data, "the alarm")
    robot.step_until(lambda: robot.found and not robot.lost[-1].data, "the robot to be found")
    robot.step_until(robot.is_right, "the robot to be right")


def test_the_error_of_one_laser_is_told_beside_the_fixes_of_another(ros: RosWorld) -> None:
    robot = TwoLasers(ros)
    robot.localize()
    wrong = scan_message(robot.scan_from(robot.base, robot.sent_s), to_stamp(START_S), "nowhere")
    first = len(robot.health)

    def told() -> bool:
        robot.step()
        wrong.header.stamp = to_stamp(robot.sent_s)
        robot.rear.publish(wrong)
        return any(
            "'base_link' to 'nowhere'" in one.status[0].message for one in robot.health[first:]
        )

    ros.wait_for(told, "the error")
    assert robot.is_right()
