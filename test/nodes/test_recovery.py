# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A robot that is carried elsewhere: noticed, looked for and found, by both nodes together."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from localizer_bench import BASE, ELSEWHERE, START_S, Bench, Robot
from nav_msgs.msg import Odometry as OdometryMessage
from ros_fixtures import RosWorld

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.evidence import WIDEST_M, WIDEST_RAD
from local_inn_ros.nodes.common.conversions import (
    odometry_message,
    stamped_gaussian_message,
    to_gaussian,
    to_stamp,
    to_yaw,
)
from local_inn_ros.sensing import Odometry

# Longer than this no robot may be wrong and not know it (by the scans' stamps).
ALARM_S = 1.0


def carried_away(ros: RosWorld, **parameters: object) -> Robot:
    """Return a robot that was localized, and carried to where nobody told."""
    robot = Robot(ros, **parameters)
    robot.localize()
    robot.base = ELSEWHERE
    return robot


def jumps_of(robot: Robot, first: int) -> list[Pose2]:
    """Return the steps of map to odom, since a transform, that are no corrections."""
    places = [message.transforms[0].transform for message in robot.transforms[first:]]
    told = [Pose2(one.translation.x, one.translation.y, to_yaw(one.rotation)) for one in places]
    steps = [one.between(other) for one, other in pairwise(told)]
    return [step for step in steps if np.abs(step.to_array()).max() > 0.3]


def is_wide(robot: Robot) -> bool:
    return bool(np.all(robot.told().deviations() >= [WIDEST_M, WIDEST_M, WIDEST_RAD]))


def test_a_robot_carried_away_is_found_by_itself(ros: RosWorld) -> None:
    robot = Robot(ros)
    robot.localize()
    ros.wait_for(lambda: robot.lost, "the first word")
    assert [one.data for one in robot.lost] == [False]
    robot.base = ELSEWHERE
    carried_s, first = robot.sent_s, len(robot.transforms)
    robot.step_until(robot.is_alarmed, "the alarm")
    assert robot.sent_s - carried_s <= ALARM_S
    robot.step_until(lambda: is_wide(robot), "a pose that says it is not known")
    lost = len(robot.transforms)
    robot.step_until(robot.is_right, "the robot to be found")
    ros.wait_for(lambda: not robot.is_alarmed(), "the end of the alarm")
    assert len(robot.found) == 1
    # The transform went on coming, and jumped once: when the robot was found.
    ros.wait_for(lambda: jumps_of(robot, lost), "the transform to the place found")
    assert len(jumps_of(robot, first)) == 1
    assert len(robot.transforms) - first > 10


def test_who_wants_no_search_tells_the_pose(ros: RosWorld) -> None:
    robot = carried_away(ros, auto_relocalize=False)
    robot.step_until(robot.is_alarmed, "the alarm")
    robot.step_until(lambda: is_wide(robot), "a wide pose")
    for _ in range(60):
        robot.step()
    assert robot.is_alarmed()
    assert is_wide(robot)
    assert robot.found == []
    assert not robot.searching
    robot.tell(robot.base @ Pose2(0.05, 0.05, -0.03))
    robot.step_until(robot.is_right, "the robot to be localized")
    ros.wait_for(lambda: not robot.is_alarmed(), "the end of the alarm")
    for _ in range(30):
        robot.step()
    assert robot.is_right()
    assert not robot.is_alarmed()


def filtered(base: Pose2, stamp_s: float) -> OdometryMessage:
    told = GaussianPose2.from_deviations(base, 0.1, 0.1, 0.05)
    standing = Odometry(stamp_s, Pose2.identity())
    return odometry_message(told, standing, to_stamp(stamp_s), "map", "base_link")


def test_what_was_believed_before_does_not_speak_against_a_pose_that_was_told(
    ros: RosWorld,
) -> None:
    bench = Bench(ros, auto_relocalize=False)
    bench.tell_odometry(Pose2.identity(), START_S + 1.0)
    bench.tell_pose(BASE, START_S + 1.0)
    bench.stand_at(ELSEWHERE)
    bench.look_until(lambda: bench.lost and bench.lost[-1].data, "the alarm", ELSEWHERE)
    told_s = bench.sent_s
    bench.initial.publish(
        stamped_gaussian_message(
            GaussianPose2.from_deviations(ELSEWHERE, 0.1, 0.1, 0.05), to_stamp(bench.sent_s), "map"
        )
    )
    ros.wait_for(lambda: not bench.lost[-1].data, "the end of the alarm")
    # What the filter believed before is still on its way: it is not heeded.
    fixes = len(bench.measurements)
    for _ in range(30):
        bench.look_from(ELSEWHERE)
        if bench.sent_s < told_s + 0.9:
            bench.filtered.publish(filtered(BASE, bench.sent_s))
    ros.wait_for(lambda: len(bench.measurements) >= fixes + 25, "fixes")
    assert not bench.lost[-1].data
    assert bench.node.work.told.pose.mean.distance_to(ELSEWHERE) < 0.1
    # A filter that refused the pose goes on believing what it did.
    bench.tell_pose(BASE, bench.sent_s)
    bench.look_until(lambda: bench.lost[-1].data, "the alarm", ELSEWHERE)


def test_scans_that_fit_again_are_no_proof(ros: RosWorld) -> None:
    robot = carried_away(ros, auto_relocalize=False)
    robot.step_until(robot.is_alarmed, "the alarm")
    # Back where it was, as far as scans can tell.
    robot.base = robot.node.work.told.pose.mean
    fits = len(robot.quality)
    for _ in range(40):
        robot.step()
    ros.wait_for(lambda: len(robot.quality) >= fits + 40, "the fixes")
    # More than what an alarm alone would need to end.
    assert min(one.data for one in robot.quality[-20:]) > 0.9
    assert robot.is_alarmed()
    assert is_wide(robot)


def test_a_false_alarm_ends_where_it_began(ros: RosWorld) -> None:
    robot = Robot(ros, search_timeout=2.0)
    robot.localize()
    # For a moment nothing is seen but what no map has.
    robot.blocked = slice(0, 180)
    robot.step_until(robot.is_alarmed, "the alarm")
    robot.blocked = slice(0)
    robot.step_until(robot.is_right, "the robot to be localized")
    ros.wait_for(lambda: not robot.is_alarmed(), "the end of the alarm")


def test_the_diagnostics_tell_both_nodes_states(ros: RosWorld) -> None:
    robot = carried_away(ros, auto_relocalize=False)

    def said(words: str) -> bool:
        return any(words in one.status[0].message for one in robot.health)

    robot.step_until(lambda: said("lost: the scans do not fit the map"), "the localizer's word")
    robot.step_until(lambda: said("lost: a localizer says so"), "the filter's word")
    values = {
        one.status[0].name: {value.key: value.value for value in one.status[0].values}
        for one in robot.health
    }
    assert values["lidar_localizer"]["state"] == "lost"
    assert values["lidar_localizer"]["lost"] == "True"
    assert values["ekf"]["lost"] == "True"


def test_slip_is_no_alarm(ros: RosWorld) -> None:
    robot = Robot(ros)
    robot.localize()
    for slip in (1.0, 0.5, 1.6, 1.0):
        robot.slip = slip
        for _ in range(25):
            robot.step()
    assert [one.data for one in robot.lost] == [False]
    assert robot.is_right()


def test_things_in_the_way_are_no_alarm(ros: RosWorld) -> None:
    robot = Robot(ros)
    robot.localize()
    for start in (0, 60, 120):
        # A third of the beams.
        robot.blocked = slice(start, start + 60)
        for _ in range(25):
            robot.step()
    assert [one.data for one in robot.lost] == [False]
    assert robot.is_right()


def test_a_call_brings_a_lost_robot_back(ros: RosWorld) -> None:
    robot = carried_away(ros, auto_relocalize=False)
    robot.step_until(robot.is_alarmed, "the alarm")
    future = robot.call()
    robot.step_until(future.done, "the answer")
    assert future.result().success
    robot.step_until(robot.is_right, "the robot to be localized")
    assert to_gaussian(robot.found[0].pose).mean.distance_to(robot.base) < 0.1
