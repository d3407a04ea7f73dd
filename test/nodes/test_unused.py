# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What comes and cannot be used is told as such in /diagnostics, not as if nothing came."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from diagnostic_msgs.msg import DiagnosticArray
from filter_bench import START_S, FilterBench, odometry_of, straight
from localizer_bench import BASE, Bench
from nav_msgs.msg import Odometry as OdometryMessage
from ros_fixtures import RosWorld

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.nodes.common.conversions import (
    odometry_message,
    stamped_gaussian_message,
    to_stamp,
)
from local_inn_ros.nodes.common.diagnostics import WARN
from local_inn_ros.nodes.common.qos import RELIABLE
from local_inn_ros.sensing import Odometry


def send_until_told(bench: FilterBench, send: Callable[[], None], *words: str) -> None:
    """Send until one message of the filter's diagnostics holds all these words."""
    heard = bench.ros.listen(DiagnosticArray, "/diagnostics", RELIABLE)

    def told() -> bool:
        send()
        said = [one.status[0].message for one in heard]
        return any(all(word in message for word in words) for message in said)

    bench.ros.wait_for(told, f"{words}")


def without_rotation(message: OdometryMessage) -> None:
    message.pose.pose.orientation.w = 0.0


def of_the_trailer(message: OdometryMessage) -> None:
    message.child_frame_id = "trailer"


def not_a_number(message: OdometryMessage) -> None:
    message.twist.twist.angular.z = math.nan


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (without_rotation, "a quaternion that is no rotation"),
        (of_the_trailer, "a frame that no transform connects"),
        (not_a_number, "a number that is not finite"),
    ],
)
def test_odometry_that_cannot_be_used_does_come(
    ros: RosWorld, spoil: Callable[[OdometryMessage], None], reason: str
) -> None:
    bench = FilterBench(ros)

    def send() -> None:
        message = odometry_of(straight(bench.sent))
        bench.sent += 1
        spoil(message)
        bench.odometry.publish(message)

    words = "odometry comes, and none can be used"
    send_until_told(bench, send, words, f"odometry unusable: {reason} (")


def test_odometry_whose_stamp_stands_still_does_come(ros: RosWorld) -> None:
    bench = FilterBench(ros)
    bench.drive(1)
    message = odometry_of(straight(0))
    send_until_told(bench, lambda: bench.odometry.publish(message), "its stamps do not go on")


def test_two_odometries_on_one_topic_are_told(ros: RosWorld) -> None:
    bench = FilterBench(ros)

    def send() -> None:
        for away_m in (0.0, 30.0):
            reading = straight(bench.sent)
            bench.sent += 1
            moved = replace(reading, pose=Pose2(away_m, 0.0, 0.0) @ reading.pose)
            bench.odometry.publish(odometry_of(moved))

    send_until_told(bench, send, "times since the last report: do two publish it?")


def test_fixes_in_another_frame_do_come(ros: RosWorld) -> None:
    bench = FilterBench(ros)
    bench.drive(1)
    bench.begin(Pose2(1.0, 2.0, 0.0))

    def send() -> None:
        bench.drive(1)
        known = GaussianPose2.from_deviations(Pose2(1.0, 2.0, 0.0), 0.1, 0.1, 0.1)
        stamp = to_stamp(START_S + 0.01 * (bench.sent - 1))
        bench.fixes.publish(stamped_gaussian_message(known, stamp, "world"))

    send_until_told(
        bench,
        send,
        "fixes come, and none can be used: odometry alone",
        "fix unusable: a frame that no transform connects (",
    )


def test_a_filter_of_another_frame_is_told_to_who_waits_for_its_pose(ros: RosWorld) -> None:
    """Such as another package's, which has a topic of the same name."""
    bench = Bench(ros)
    bench.stand_at(BASE)
    known = GaussianPose2.from_deviations(BASE, 0.1, 0.1, 0.05)

    def told() -> bool:
        bench.look_from(BASE)
        stamp_s = bench.sent_s
        message = odometry_message(
            known, Odometry(stamp_s, BASE), to_stamp(stamp_s), "odom", "base_link"
        )
        bench.filtered.publish(message)
        words = "filtered pose unusable: a frame that no transform connects ("
        said = [one.status[0] for one in bench.health]
        return any(words in one.message and one.level >= WARN for one in said)

    ros.wait_for(told, "the warning")
    assert bench.node.work.told is None
