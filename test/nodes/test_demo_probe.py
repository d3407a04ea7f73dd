# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the demo's probe tells about a robot that it watches."""

from __future__ import annotations

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from geometry_msgs.msg import PoseStamped, PoseWithCovarianceStamped
from ros_fixtures import RosWorld, listeners

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.nodes.common.conversions import pose_stamped_message, to_stamp
from local_inn_ros.nodes.common.qos import RELIABLE
from local_inn_ros.nodes.demo.demo_probe import DemoProbe


def test_an_initial_pose_is_of_when_the_robot_was_seen_there(ros: RosWorld) -> None:
    """A robot that drives is elsewhere by the time that a probe which was held up reads of it."""
    probe = ros.add(DemoProbe(context=ros.context))
    told = ros.listen(PoseWithCovarianceStamped, "initialpose", RELIABLE)
    truths = ros.talk(PoseStamped, "ground_truth", RELIABLE)
    ros.wait_for(lambda: listeners(probe, "/initialpose") > 0, "the listener")
    seen = to_stamp(1_700_000_000.25)
    truths.publish(pose_stamped_message(Pose2(1.0, 2.0, 0.5), seen, "map"))
    ros.wait_for(lambda: probe.truth is not None, "the truth")
    probe.tell_initial_pose(GaussianPose2.from_deviations(Pose2(1.1, 2.0, 0.5), 0.1, 0.1, 0.1))
    ros.wait_for(lambda: told, "the initial pose")
    assert told[0].header.stamp == seen
