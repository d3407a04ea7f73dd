# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Poses off the map, whoever tells them: one rule."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from geometry_msgs.msg import PoseWithCovarianceStamped
from localizer_bench import BASE, START_S, Bench, Robot
from nav_msgs.msg import OccupancyGrid as OccupancyGridMessage
from ros_fixtures import RosWorld, listeners

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.search.saved_pose import SavedPose
from local_inn_ros.nodes.common.conversions import (
    stamped_gaussian_message,
    to_gaussian,
    to_stamp,
)
from local_inn_ros.nodes.common.qos import LATCHED, RELIABLE
from local_inn_ros.nodes.filter.ekf import Ekf
from local_inn_ros.world import FREE

FAR = Pose2(700.0, -20.0, 0.3)
OFF = "initial pose off the map"


class Log:
    """What nodes have written to the log."""

    def __init__(self, capfd: pytest.CaptureFixture[str]) -> None:
        self._capfd = capfd
        self._text = ""

    def says(self, *words: str) -> bool:
        self._text += self._capfd.readouterr().err
        return any(all(word in line for word in words) for line in self._text.splitlines())


def told(pose: Pose2, frame: str = "map") -> PoseWithCovarianceStamped:
    known = GaussianPose2.from_deviations(pose, 0.5, 0.5, 0.2)
    return stamped_gaussian_message(known, to_stamp(START_S), frame)


def robot_that_knows_the_map(ros: RosWorld) -> Robot:
    robot = Robot(ros)
    maps = ros.listen(OccupancyGridMessage, "free_space", LATCHED)
    ros.wait_for(lambda: maps, "the map's free space")
    assert (maps[0].header.frame_id, FREE in maps[0].data) == ("map", True)
    ros.wait_for(lambda: listeners(robot.node, "/free_space") > 1, "the filter to hear of it")
    robot.look_from(BASE)
    return robot


@pytest.mark.parametrize("topic", ["initialpose", "relocalized_pose"])
def test_a_pose_seven_hundred_metres_away_is_refused_in_a_sentence(
    ros: RosWorld, capfd: pytest.CaptureFixture[str], topic: str
) -> None:
    log, robot = Log(capfd), robot_that_knows_the_map(ros)
    teller = ros.talk(PoseWithCovarianceStamped, topic, RELIABLE)
    teller.publish(told(BASE))
    ros.wait_for(lambda: robot.ekf.work.estimate, "a pose")
    teller.publish(told(FAR))
    ros.wait_for(lambda: robot.ekf.statistics().get(OFF), "the refusal")
    assert log.says("refused", "x 700.00 m, y -20.00 m", "'map'", "(x -", "to")
    assert robot.ekf.work.estimate.pose.mean.distance_to(BASE) < 1.0
    ros.wait_for(lambda: robot.total("pose told refused: off the map"), "the localizer's word")
    assert robot.node.work.told.pose.mean.distance_to(BASE) < 1.0


def test_a_pose_in_a_wall_is_begun_from_with_a_warning(
    ros: RosWorld, capfd: pytest.CaptureFixture[str]
) -> None:
    log, robot = Log(capfd), robot_that_knows_the_map(ros)
    bounds = robot.grid.bounds
    beside = Pose2(bounds.x_max_m + 0.3, 1.2, 0.0)
    robot.initial.publish(told(beside))
    ros.wait_for(lambda: robot.poses, "a pose")
    assert to_gaussian(robot.poses[-1].pose).mean.distance_to(beside) < 0.01
    ros.wait_for(lambda: log.says("WARN", "m from all free space"), "the warning")


def test_parameters_that_begin_off_the_map_are_taken_back_when_the_map_is_known(
    ros: RosWorld, capfd: pytest.CaptureFixture[str]
) -> None:
    log = Log(capfd)
    ekf = ros.start(Ekf, set_initial_pose=True, initial_pose__x=FAR.x, initial_pose__y=FAR.y)
    assert ekf.work.estimate is not None
    Bench(ros)
    ros.wait_for(lambda: ekf.work.estimate is None, "the pose to be taken back")
    assert log.says("refused", "x 700.00 m")


def test_a_saved_pose_off_the_map_is_not_offered(
    ros: RosWorld, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log, path = Log(capfd), tmp_path / "pose.json"
    far = GaussianPose2.from_deviations(FAR, 0.05, 0.05, 0.02)
    SavedPose(far, Bench.map_sha256(), 1_700_000_000.0).save(path)
    Bench(ros, pose_file=str(path))
    assert log.says("WARN", "the saved pose is not used", "x 700.00 m")
