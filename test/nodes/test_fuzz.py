# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever arrives over DDS, both nodes stay up, what they publish is sound, and they find back."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from geometry_msgs.msg import PoseArray
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from localizer_bench import BASE, MOUNT, START_S, Robot
from message_strategies import odometry_in, poses_in, scans_like
from model_fixtures import room, scan_at
from nav_msgs.msg import Odometry as OdometryMessage
from ros_fixtures import RosWorld, hand_over
from sensor_msgs.msg import LaserScan
from std_msgs.msg import Float32
from tf2_msgs.msg import TFMessage

from local_inn_ros.nodes.common.conversions import scan_message, to_stamp
from local_inn_ros.nodes.common.qos import BEST_EFFORT, RELIABLE
from local_inn_ros.nodes.localizer.localizer_health import SCANS_WAITING

NOW_S = int(START_S)
OTHER_AXES = [2, 3, 4]
USUAL_SCAN = scan_message(scan_at(room(), BASE @ MOUNT, START_S), to_stamp(START_S), "laser")
# What comes, with the topic that it comes on.
ARRIVALS = st.one_of(
    st.tuples(st.just("scan"), scans_like(USUAL_SCAN, NOW_S)),
    st.tuples(st.just("odom"), odometry_in("odom", NOW_S)),
    st.tuples(st.just("initialpose"), poses_in("map", NOW_S)),
    st.tuples(st.just("a fix"), poses_in("map", NOW_S)),
    st.tuples(st.just("a prior"), odometry_in("map", NOW_S)),
)


class FuzzedRobot(Robot):
    """Both nodes, with a listener at everything that they publish."""

    def __init__(self, ros: RosWorld) -> None:
        super().__init__(ros, search_timeout=1.0)
        self.estimates = ros.listen(OdometryMessage, "odometry/filtered", RELIABLE)
        self.samples = self.hear(PoseArray, "samples", BEST_EFFORT)
        self.modes = self.hear(PoseArray, "modes", RELIABLE)
        self.expected = self.hear(LaserScan, "expected_scan", BEST_EFFORT)
        self.ways = {
            "scan": self.scans.publish,
            "odom": self.odometry.publish,
            "initialpose": self.initial.publish,
            # What the nodes tell each other is listened to: what others say there is handed over.
            "a fix": partial(hand_over, self.ekf, "/lidar_localizer/measurement"),
            "a prior": partial(hand_over, self.node, "/odometry/filtered"),
        }
        self.due: Counter[str] = Counter()
        self.checked: Counter[str] = Counter()

    def send(self, topic: str, message: Any) -> None:
        stamp = message.header.stamp
        if abs(stamp.sec - NOW_S) < 10:
            stamp.sec += int(self.sent_s) - NOW_S
        self.ways[topic](message)
        self.due[topic] += topic in ("scan", "odom")

    def go_on(self) -> None:
        """Let the sane sensors tell once more; wait until all that was sent is heard."""
        self.sent_s += 0.05
        self.send_odometry(self.wheels, self.sent_s)
        self.send_scan(self.scan_from(self.base, self.sent_s))
        self.due.update(["odom", "scan"])
        self.ros.wait_for(lambda: self.heard() >= self.due, "all that was sent")

    def heard(self) -> Counter[str]:
        """Return how many scans, and readings of the odometry, all who hear them have heard."""
        known = self.total("odometry") + self.total("odometry unusable")
        return Counter({"scan": self.total("scan"), "odom": min(self.filter_odometry(), known)})

    def waits_for_nothing(self) -> bool:
        self.go_on()
        return self.total(SCANS_WAITING) == 0

    def check(self) -> None:
        """See whether all that was published is sound, and forget it."""
        checks = {
            "measurements": (self.measurements, assert_sound_gaussian),
            "fixes": (self.fixes, assert_sound_gaussian),
            "poses": (self.poses, assert_sound_gaussian),
            "found": (self.found, assert_sound_gaussian),
            "estimates": (self.estimates, assert_sound_estimate),
            "transforms": (self.transforms, assert_sound_transforms),
            "samples": (self.samples, assert_sound_poses),
            "modes": (self.modes, assert_sound_poses),
            "expected scans": (self.expected, assert_sound_scan),
            "qualities": (self.quality, assert_probability),
        }
        for name, (heard, check) in checks.items():
            for message in heard:
                check(message)
            self.checked[name] += len(heard)
            # The tests beside this one look at the last.
            del heard[:-1]


def assert_sound_gaussian(message: Any) -> None:
    told = message.pose
    position = told.pose.position
    assert np.all(np.isfinite([position.x, position.y]))
    assert position.z == 0.0
    assert_unit(told.pose.orientation)
    covariance = np.asarray(told.covariance).reshape(6, 6)
    assert np.all(np.isfinite(covariance))
    assert np.array_equal(covariance, covariance.T)
    # Of a robot on the ground nothing is told of the other three, as AMCL has it.
    assert not covariance[OTHER_AXES].any()
    assert np.linalg.eigvalsh(covariance[np.ix_([0, 1, 5], [0, 1, 5])])[0] > 0.0


def assert_sound_estimate(message: OdometryMessage) -> None:
    assert_sound_gaussian(message)
    twist = message.twist.twist
    assert np.all(np.isfinite([twist.linear.x, twist.linear.y, twist.angular.z]))


def assert_sound_transforms(message: TFMessage) -> None:
    for stamped in message.transforms:
        move = stamped.transform.translation
        assert np.all(np.isfinite([move.x, move.y, move.z]))
        assert_unit(stamped.transform.rotation)


def assert_sound_poses(message: PoseArray) -> None:
    for pose in message.poses:
        assert np.all(np.isfinite([pose.position.x, pose.position.y, pose.position.z]))
        assert_unit(pose.orientation)


def assert_sound_scan(message: LaserScan) -> None:
    assert np.all(np.isfinite(message.ranges))


def assert_probability(message: Float32) -> None:
    assert 0.0 <= message.data <= 1.0


def assert_unit(rotation: Any) -> None:
    numbers = np.array([rotation.x, rotation.y, rotation.z, rotation.w])
    assert np.linalg.norm(numbers) == pytest.approx(1.0, abs=1e-6)


def test_whatever_arrives_the_nodes_stay_up_and_find_back(ros: RosWorld) -> None:
    robot = FuzzedRobot(ros)
    robot.localize()

    @settings(
        max_examples=600,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(ARRIVALS, min_size=1, max_size=8))
    def fuzz(arrivals: list[tuple[str, Any]]) -> None:
        for topic, message in arrivals:
            robot.send(topic, message)
        robot.go_on()
        robot.check()

    robot.due = robot.heard()
    fuzz()
    # Nothing of it is left in the way of a sane robot.
    robot.sent_s += 5.0
    ros.wait_for(robot.waits_for_nothing, "the scans from the future to be given up")
    robot.localize()
    for _ in range(20):
        robot.step()
        assert robot.is_right()
    robot.check()
    assert min(robot.checked[name] for name in robot.checked if name != "found") > 100
