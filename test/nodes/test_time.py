# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Stamps of any kind, and time that jumps, over real DDS."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from geometry_msgs.msg import PoseWithCovarianceStamped
from localizer_bench import BASE, START_S, Bench, Robot
from ros_fixtures import RosWorld
from rosgraph_msgs.msg import Clock

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.nodes.common.conversions import (
    stamped_gaussian_message,
    to_gaussian,
    to_pose,
    to_seconds,
    to_stamp,
)
from local_inn_ros.nodes.common.qos import RELIABLE
from local_inn_ros.nodes.localizer.scan_queue import Oddity

TURN = 0.02


def localized(ros: RosWorld, **parameters: Any) -> Robot:
    robot = Robot(ros, **parameters)
    robot.localize()
    return robot


def standing(ros: RosWorld) -> Bench:
    """A robot that stands, with odometry and a pose told; scans are as the test sends them."""
    bench = Bench(ros)
    bench.stand_at(BASE)
    bench.tell_odometry(Pose2.identity(), START_S)
    bench.tell_pose(BASE, START_S)
    return bench


def scan_at(bench: Bench, stamp_s: float) -> None:
    bench.send_scan(bench.scan_from(BASE, stamp_s))


def dropped(bench: Bench, oddity: Oddity) -> int:
    return bench.total(oddity.of("scan"))


def newest_s(robot: Robot) -> float:
    return to_seconds(robot.poses[-1].header.stamp)


@pytest.mark.parametrize("back_s", [3.0, 60.0])
def test_a_recording_that_begins_again_goes_on_from_the_pose(ros: RosWorld, back_s: float) -> None:
    robot = localized(ros)
    for _ in range(5):
        robot.step()
    robot.sent_s -= back_s
    # The wheels of the recording begin again too.
    robot.wheels = Pose2(3.0, -2.0, 1.0)
    robot.step()
    robot.step_until(lambda: newest_s(robot) < robot.sent_s + 0.01, "a pose of the new time")
    for _ in range(20):
        robot.step()
        assert robot.is_right()
    assert robot.filter_total("odometry time jump") == 1
    assert dropped(robot, Oddity.TOO_LATE) == dropped(robot, Oddity.REPEATED) == 0
    transform = robot.transforms[-1].transforms[0]
    assert to_seconds(transform.header.stamp) == pytest.approx(robot.sent_s + 1.0, abs=0.1)


def test_scans_that_begin_again_before_the_odometry_are_used(ros: RosWorld) -> None:
    bench = standing(ros)
    scan_at(bench, START_S)
    scan_at(bench, START_S - 60.0)
    scan_at(bench, START_S - 59.95)
    assert bench.total("fix") == 1
    bench.tell_odometry(Pose2.identity(), START_S - 59.9)
    bench.tell_pose(BASE, START_S - 59.9)
    # Older than the new odometry: there is no prior for them, and nothing worse.
    ros.wait_for(lambda: bench.total("scan without prior") == 2, "the two scans")
    scan_at(bench, START_S - 59.9)
    ros.wait_for(lambda: bench.total("fix") == 2, "the fix of the new time")


def test_a_leap_ahead_is_coasted_over_by_the_odometry(ros: RosWorld) -> None:
    robot = localized(ros)
    # The link was down for half a minute; the robot drove on, and its wheels tell how far.
    way = Pose2(0.8, 0.3, 0.5)
    robot.sent_s += 30.0
    robot.base, robot.wheels = robot.base @ way, robot.wheels @ way
    robot.step()
    robot.step_until(lambda: newest_s(robot) > robot.sent_s - 0.2, "a pose of now")
    for _ in range(10):
        robot.step()
        assert robot.is_right()
    assert not robot.lost[-1].data


@pytest.mark.parametrize(
    "begins", [Pose2(40.0, 7.0, 2.0), Pose2.identity(), Pose2(2.0, 1.0, 0.8), Pose2(0.0, 0.0, 2.2)]
)
def test_wheels_that_begin_again_leave_the_robot_where_it_is(ros: RosWorld, begins: Pose2) -> None:
    robot = localized(ros)
    without_prior = robot.total("scan without prior")
    for count, wheels in enumerate((Pose2(3.0, 1.0, 1.0), begins)):
        robot.wheels = wheels
        robot.step()
        assert robot.filter_total("odometry position jump") == count + 1
        for _ in range(10):
            robot.step()
            assert robot.is_right()
    # Neither is a scan left without a prior, nor is the robot ever called lost.
    assert robot.total("scan without prior") == without_prior
    assert not robot.lost[-1].data


def test_scans_from_the_future_wait_and_are_given_up(ros: RosWorld) -> None:
    bench = standing(ros)
    scan_at(bench, START_S + 3600.0)
    assert bench.total("fix") == 0
    # Those of now are used meanwhile.
    for k in range(5):
        scan_at(bench, START_S + 0.01 * k)
    ros.wait_for(lambda: bench.total("fix") == 5, "the fixes of now")
    # By real time it is known that the odometry will not come there: any message tells.
    bench.wait_for_health(Oddity.NOT_REACHED.of("scan"), seen_from=BASE)
    assert dropped(bench, Oddity.NOT_REACHED) == 1


def test_the_same_scan_is_not_used_twice(ros: RosWorld) -> None:
    bench = standing(ros)
    for _ in range(4):
        scan_at(bench, START_S)
    scan_at(bench, START_S + 0.02)
    ros.wait_for(lambda: bench.total("fix") == 2, "two fixes")
    assert dropped(bench, Oddity.REPEATED) == 3
    bench.wait_for_health(Oddity.REPEATED.of("scan"))


def test_scans_that_come_half_a_second_late_are_fused_at_their_stamps(ros: RosWorld) -> None:
    robot = Robot(ros)
    waiting: list[tuple[Pose2, float]] = []
    robot.localize()
    fixes = robot.filter_total("fix accepted")

    def step() -> None:
        robot.sent_s += 0.05
        robot.base, robot.wheels = (
            robot.base @ Pose2(0.0, 0.0, TURN),
            robot.wheels @ Pose2(0.0, 0.0, TURN),
        )
        robot.tell_odometry(robot.wheels, robot.sent_s)
        waiting.append((robot.base, robot.sent_s))
        if len(waiting) > 10:
            base, stamp_s = waiting.pop(0)
            robot.stand_at(base)
            robot.send_scan(robot.scan_from(base, stamp_s))

    for _ in range(40):
        step()
    ros.wait_for(lambda: robot.filter_total("fix accepted") >= fixes + 30, "late fixes")
    assert dropped(robot, Oddity.LATE) == 30
    ros.wait_for(lambda: abs(newest_s(robot) - robot.sent_s + 0.5) < 0.01, "the pose of the last")
    now = robot.ekf.work.estimate
    assert now.stamp_s == pytest.approx(robot.sent_s)
    assert robot.base.distance_to(now.pose.mean) < 0.05
    assert abs(robot.base.between(now.pose.mean).yaw) < 0.05


@pytest.mark.parametrize(
    ("behind_s", "words"), [(-0.4, "0.40 s ahead of"), (1.5, "1.50 s behind"), (30.0, "30.00 s")]
)
def test_clocks_that_are_apart_are_told(ros: RosWorld, behind_s: float, words: str) -> None:
    bench = standing(ros)

    def told() -> bool:
        bench.sent_s += 0.02
        bench.tell_odometry(Pose2.identity(), bench.sent_s)
        scan_at(bench, bench.sent_s - behind_s)
        wanted = f"the scans of 'laser' are stamped {words}"
        return any(wanted in one.status[0].message for one in bench.health)

    ros.wait_for(told, f"'{words}'")


def test_scans_without_stamps_are_counted_and_told(ros: RosWorld) -> None:
    bench = standing(ros)
    for _ in range(3):
        scan_at(bench, 0.0)
    assert dropped(bench, Oddity.UNSTAMPED) == 3
    assert bench.total("fix") == 0
    bench.wait_for_health(Oddity.UNSTAMPED.of("scan"))


def test_a_pose_told_just_ahead_of_the_odometry_holds_when_that_comes_there(ros: RosWorld) -> None:
    robot = Robot(ros)
    for _ in range(3):
        robot.step()
    # Told by a machine whose clock is a little ahead, of a robot that drives.
    told = GaussianPose2.from_deviations(Pose2(2.0, 1.0, 0.0), 0.1, 0.1, 0.05)
    stamp = to_stamp(robot.sent_s + 0.4)
    robot.initial.publish(stamped_gaussian_message(told, stamp, "map"))
    ros.wait_for(lambda: robot.poses, "the pose at once")
    for _ in range(12):
        robot.sent_s += 0.05
        robot.wheels = robot.wheels @ Pose2(0.05, 0.0, 0.0)
        robot.tell_odometry(robot.wheels, robot.sent_s)
    ros.wait_for(lambda: newest_s(robot) > to_seconds(stamp) - 0.06, "the pose there")
    ros.wait_for(lambda: robot.ekf.work.estimate.stamp_s > robot.sent_s - 0.01, "all")
    assert robot.ekf.work.estimate.pose.mean.x == pytest.approx(2.2, abs=1e-6)
    assert to_pose(robot.poses[-1].pose.pose).x == pytest.approx(2.0, abs=0.051)


class Simulated(Robot):
    """A robot whose time is that of a simulation."""

    def __init__(self, ros: RosWorld) -> None:
        super().__init__(
            ros,
            use_sim_time=True,
            diagnostics__stamp_age_warn=0.3,
            diagnostics__stamp_age_error=1.0,
        )
        self.clock = ros.talk(Clock, "/clock", RELIABLE)

    def step(self) -> None:
        self.clock.publish(Clock(clock=to_stamp(self.sent_s + 0.05)))
        self.ros.wait_for(
            lambda: abs(self.clock_s() - self.sent_s - 0.05) < 1e-5, "the node's clock to be set"
        )
        super().step()

    def clock_s(self) -> float:
        return to_seconds(self.node.get_clock().now().to_msg())


def test_simulated_time_is_followed_and_may_go_back(ros: RosWorld) -> None:
    robot = Simulated(ros)
    robot.localize()

    def reported_s() -> list[float]:
        named = [one for one in robot.health if one.status[0].name == "lidar_localizer"]
        return [to_seconds(one.header.stamp) for one in named]

    for back_s in (0.0, 100.0):
        robot.sent_s -= back_s
        first, seen = robot.sent_s, len(reported_s())
        robot.step_until(lambda seen=seen: len(reported_s()) > seen + 1, "a report")
        assert first <= reported_s()[-1] <= robot.sent_s + 0.06
        robot.step_until(robot.is_right, "the robot to be right")
        figures = robot.health[-1].status[0]
        assert "age" not in figures.message
        assert not robot.lost[-1].data
    for _ in range(5):
        robot.step()
    assert newest_s(robot) == pytest.approx(robot.sent_s, abs=0.11)
    told: PoseWithCovarianceStamped = robot.poses[-1]
    assert robot.base.distance_to(to_gaussian(told.pose).mean) < 0.1


@pytest.mark.parametrize("by_s", [0.8, 3.0])
def test_one_odometry_stamped_ahead_costs_next_to_nothing(ros: RosWorld, by_s: float) -> None:
    robot = localized(ros)
    before = robot.total("fix")
    robot.tell_odometry(robot.wheels, robot.sent_s + by_s)
    for _ in range(12):
        robot.sent_s += 0.05
        turn = Pose2(0.0, 0.0, TURN)
        robot.base, robot.wheels = robot.base @ turn, robot.wheels @ turn
        robot.tell_odometry(robot.wheels, robot.sent_s)
        robot.send_scan(robot.scan_from(robot.base, robot.sent_s))
    ros.wait_for(lambda: robot.total("fix") >= before + 11, "all scans but one to be located")
    ros.wait_for(robot.is_right, "the pose")
    named = "stamped ahead of what followed"
    assert robot.total(f"odometry unusable: {named}") == 1
    assert robot.filter_total("odometry stamped ahead of the next, which is kept in its place") == 1
    assert robot.filter_total("odometry dropped") == 0
    assert not robot.node.work.situation.lost
