# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Lost stays lost until there is evidence, and searches outlast what happens meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from localizer_bench import BASE, ELSEWHERE, MOUNT, Bench, Robot
from ros_fixtures import RosWorld, listeners, set_parameter

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.monitoring.whereabouts import Whereabouts
from local_inn_ros.nodes.common.conversions import (
    stamped_gaussian_message,
    to_gaussian,
    to_seconds,
    to_stamp,
)
from local_inn_ros.nodes.filter.ekf import Ekf
from local_inn_ros.nodes.localizer.lidar_localizer import LidarLocalizer
from local_inn_ros.nodes.localizer.localizer_health import FILTER_POSE, POSE_TOLD

# Where wheels that begin again count from.
ANEW = Pose2(40.0, 7.0, 2.0)


def lost_robot(ros: RosWorld) -> Robot:
    """Return a robot that was carried away, knows it, and waits for somebody to tell a pose."""
    robot = Robot(ros, auto_relocalize=False)
    robot.localize()
    robot.base = ELSEWHERE
    robot.step_until(robot.is_alarmed, "the alarm")
    return robot


def lost_bench(ros: RosWorld, **parameters: Any) -> Bench:
    """Return the same with a filter that is played by the test."""
    bench = Bench(ros, auto_relocalize=False, **parameters)
    bench.tell_odometry(bench.wheels, bench.sent_s)
    bench.tell_pose(BASE, bench.sent_s)
    bench.stand_at(ELSEWHERE)
    bench.look_until(bench.is_alarmed, "the alarm", ELSEWHERE)
    return bench


def be_silent(bench: Bench) -> None:
    """Let the filter say nothing for longer than the odometry is kept."""
    for _ in range(240):
        bench.sent_s += 0.1
        bench.tell_odometry(bench.wheels, bench.sent_s)
    assert bench.node.work.told is None


def words_on_being_lost(bench: Bench) -> list[bool]:
    return [one.data for one in bench.lost]


def assert_still_lost(robot: Robot) -> None:
    heard = robot.total(FILTER_POSE)
    for _ in range(20):
        robot.step()
    assert robot.total(FILTER_POSE) > heard
    assert words_on_being_lost(robot) == [False, True]
    assert robot.node.work.situation.lost
    robot.tell(robot.base @ Pose2(0.05, 0.05, -0.03))
    robot.step_until(robot.is_right, "the robot to be localized")
    ended = [False, True, False]
    robot.ros.wait_for(lambda: words_on_being_lost(robot) == ended, "the end of the alarm")


def test_wheels_that_begin_again_do_not_find_a_lost_robot(ros: RosWorld) -> None:
    robot = lost_robot(ros)
    robot.wheels = ANEW
    assert_still_lost(robot)
    assert robot.filter_total("odometry position jump") == 1


def test_a_recording_that_begins_again_does_not_find_a_lost_robot(ros: RosWorld) -> None:
    robot = lost_robot(ros)
    robot.sent_s -= 60.0
    robot.wheels = ANEW
    assert_still_lost(robot)
    assert robot.filter_total("odometry time jump") == 1


def test_a_filter_that_was_silent_does_not_find_a_lost_robot(ros: RosWorld) -> None:
    bench = lost_bench(ros)
    be_silent(bench)
    for _ in range(20):
        bench.look_from(ELSEWHERE)
        bench.tell_pose(BASE, bench.sent_s)
    assert words_on_being_lost(bench) == [False, True]
    assert bench.node.work.situation.lost
    assert bench.wait_for_health("lost: the scans do not fit", ELSEWHERE)["state"] == "lost"


def test_a_lost_robot_whose_filter_is_gone_is_searched_for(ros: RosWorld) -> None:
    bench = lost_bench(ros)
    be_silent(bench)
    assert bench.found == []
    assert set_parameter(ros, "lidar_localizer", "auto_relocalize", True).successful
    bench.look_until(lambda: bench.found, "the robot", ELSEWHERE)
    assert to_gaussian(bench.found[0].pose).mean.distance_to(ELSEWHERE) < 0.05
    ros.wait_for(lambda: not bench.is_alarmed(), "the end of the alarm")


def test_a_robot_that_was_not_lost_waits_for_a_filter_that_is_gone(ros: RosWorld) -> None:
    bench = Bench(ros)
    bench.stand_at(BASE)
    bench.tell_odometry(bench.wheels, bench.sent_s)
    bench.tell_pose(BASE, bench.sent_s)
    assert bench.node.work.situation.known is Whereabouts.LOCALIZED
    be_silent(bench)
    assert bench.node.work.situation.known is Whereabouts.WAITING
    bench.tell_pose(BASE, bench.sent_s)
    assert bench.node.work.situation.known is Whereabouts.LOCALIZED
    assert words_on_being_lost(bench) == [False]


def test_what_another_node_found_ends_the_alarm(ros: RosWorld) -> None:
    bench = lost_bench(ros)
    found = GaussianPose2.from_deviations(ELSEWHERE, 0.1, 0.1, 0.05)
    message = stamped_gaussian_message(found, to_stamp(bench.sent_s), "map")
    other = ros.talk(type(message), "relocalized_pose", 10)
    other.publish(message)
    ros.wait_for(lambda: not bench.is_alarmed(), "the end of the alarm")
    # What the node itself has found comes back to it, and is no news.
    told = bench.total(POSE_TOLD)
    assert told == 1
    assert bench.ask(seen_from=ELSEWHERE).success
    # A filter that stays silent is told again.
    ros.wait_for(lambda: len(bench.found) >= 2, "the pose that was found")
    bench.look_from(ELSEWHERE)
    assert bench.total(POSE_TOLD) == told


def test_a_localizer_that_is_started_again_takes_the_filters_pose(ros: RosWorld) -> None:
    robot = Robot(ros, search_at_start=True)
    robot.localize()
    robot.node.destroy_node()
    found = len(robot.found)
    robot.node = ros.start(LidarLocalizer, robot.model, search_at_start=True)
    robot.tell_mount(MOUNT)
    ros.wait_for(lambda: listeners(robot.ekf, "/odometry/filtered") > 0, "the localizer to listen")
    fixes = len(robot.measurements)
    robot.step_until(lambda: len(robot.measurements) > fixes + 5, "fixes")
    assert robot.node.work.situation.localized
    assert robot.is_right()
    assert words_on_being_lost(robot) == [False, False]
    assert len(robot.found) == found


def test_a_filter_that_is_started_again_is_told_where_the_robot_is(ros: RosWorld) -> None:
    robot = Robot(ros)
    robot.localize()
    robot.ekf.destroy_node()
    robot.ekf = ros.start(Ekf, None)
    ros.wait_for(lambda: robot.odometry.get_subscription_count() > 1, "the filter to listen")
    # The localizer hears there itself, and so does the test.
    heard = lambda: listeners(robot.node, "/relocalized_pose") > 2  # noqa: E731
    ros.wait_for(heard, "the filter to hear of poses that were found")
    told = len(robot.poses)
    robot.step_until(lambda: len(robot.poses) > told and robot.is_right(), "the robot's pose")
    assert robot.node.work.situation.localized
    assert words_on_being_lost(robot) == [False]


def searching(ros: RosWorld, **parameters: Any) -> tuple[Bench, Any]:
    """Return a robot that is looked for, and who called for that: it is too early for an answer."""
    bench = Bench(ros, **parameters)
    bench.stand_at(BASE)
    bench.look_from(BASE)
    answer = bench.call()
    ros.wait_for(lambda: bench.searching, "the search")
    for _ in range(3):
        bench.look_from(BASE)
    assert not answer.done()
    return bench, answer


@pytest.mark.parametrize("back_s", [0.0, 300.0])
def test_a_search_begins_again_with_the_odometry(
    ros: RosWorld, capfd: pytest.CaptureFixture[str], back_s: float
) -> None:
    bench, answer = searching(ros)
    bench.wheels = ANEW
    bench.sent_s -= back_s
    began_s = bench.sent_s
    bench.look_until(answer.done, "the answer")
    assert answer.result().success, answer.result().message
    ros.wait_for(lambda: bench.found, "the pose for the filter")
    assert to_gaussian(bench.found[0].pose).mean.distance_to(BASE) < 0.05
    assert capfd.readouterr().err.count("the odometry began anew: the map is searched again") == 1
    assert began_s < to_seconds(bench.found[0].header.stamp) <= bench.sent_s
    assert bench.node.work.situation.known is Whereabouts.LOCALIZED


def test_a_pose_that_is_told_ends_a_search_that_begins_again(ros: RosWorld) -> None:
    bench, answer = searching(ros)
    bench.wheels = ANEW
    bench.sent_s += 0.05
    bench.tell_odometry(bench.wheels, bench.sent_s)
    told = GaussianPose2.from_deviations(BASE, 0.1, 0.1, 0.05)
    bench.initial.publish(stamped_gaussian_message(told, to_stamp(bench.sent_s), "map"))
    ros.wait_for(answer.done, "the answer")
    assert not answer.result().success
    assert "a pose was told" in answer.result().message
    assert bench.found == []


def test_the_filters_word_does_not_end_a_search_that_was_called_for(ros: RosWorld) -> None:
    bench, answer = searching(ros)
    bench.tell_pose(ELSEWHERE, bench.sent_s)
    assert bench.searching
    bench.look_until(answer.done, "the answer")
    assert answer.result().success
    ros.wait_for(lambda: bench.found, "the pose for the filter")
    assert to_gaussian(bench.found[0].pose).mean.distance_to(BASE) < 0.05


def test_the_filters_word_ends_a_search_for_the_first_pose(ros: RosWorld) -> None:
    bench = Bench(ros, search_at_start=True)
    bench.stand_at(BASE)
    bench.look_until(lambda: bench.searching, "the search")
    bench.tell_pose(BASE, bench.sent_s)
    ros.wait_for(lambda: not bench.searching, "the end of the search")
    for _ in range(20):
        bench.look_from(BASE)
    assert bench.found == []
    assert bench.total("fix") == 20


@pytest.mark.parametrize(("name", "value"), [("samples", 40), ("refiner", "forward")])
def test_a_parameter_that_is_set_ends_no_search(
    ros: RosWorld, capfd: pytest.CaptureFixture[str], name: str, value: object
) -> None:
    bench, answer = searching(ros)
    assert set_parameter(ros, "lidar_localizer", name, value).successful
    bench.look_until(answer.done, "the answer")
    assert answer.result().success, answer.result().message
    # The laser is where it was.
    assert capfd.readouterr().err.count("'laser' is mounted on 'base_link'") == 1
