# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""That a scan speaks for its fix reaches a filter that hears messages alone."""

from __future__ import annotations

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from filter_bench import FIX_TOPIC, START_S, FilterBench
from localizer_bench import Robot
from ros_fixtures import RosWorld
from std_msgs.msg import Header

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.nodes.common.conversions import stamped_gaussian_message, to_seconds, to_stamp
from local_inn_ros.nodes.common.qos import RELIABLE

SUPPORT = f"/{FIX_TOPIC}/supported"
GAVE_WAY = "gave way to fixes that agree"


def refused_fixes(ros: RosWorld, supported: list[bool]) -> FilterBench:
    """Have a filter that is sure of itself hear fixes that agree, 1 m from where it is."""
    bench = FilterBench(ros)
    told = ros.talk(Header, SUPPORT, RELIABLE)
    bench.drive(11)
    bench.begin(Pose2(1.0, 0.0, 0.0), deviation=0.01)
    for support in supported:
        bench.drive(5)
        stamp_s = START_S + 0.01 * (bench.sent - 1)
        if support:
            told.publish(Header(stamp=to_stamp(stamp_s), frame_id="map"))
        bench.fix(Pose2(1.0 + stamp_s - START_S, 1.0, 0.0), stamp_s)
    return bench


@pytest.mark.parametrize(
    ("supported", "wins"),
    [
        ([True] * 3, True),
        ([False] * 6, False),
        # Only those count that were told of.
        ([True, False, True, False, False], False),
    ],
)
def test_messages_that_agree_win_within_three_that_their_scans_support(
    ros: RosWorld, supported: list[bool], wins: bool
) -> None:
    bench = refused_fixes(ros, supported)
    assert bench.total(GAVE_WAY) == int(wins)
    bench.drive(1)
    newest_s = START_S + 0.01 * (bench.sent - 1) - 1e-6
    ros.wait_for(
        lambda: bench.filtered and to_seconds(bench.filtered[-1].header.stamp) > newest_s, "a pose"
    )
    y_m = bench.filtered[-1].pose.pose.position.y
    assert y_m == pytest.approx(1.0 if wins else 0.0, abs=0.1)


def test_a_localizer_makes_a_filter_elsewhere_give_way(ros: RosWorld) -> None:
    # Nothing is handed over between these two.
    robot = Robot(ros)
    headers = ros.listen(Header, SUPPORT, RELIABLE)
    robot.localize()
    wrong = GaussianPose2.from_deviations(robot.base @ Pose2(0.0, 0.15, 0.0), 0.01, 0.01, 0.005)
    robot.initial.publish(stamped_gaussian_message(wrong, to_stamp(robot.sent_s), "map"))
    robot.step_until(lambda: robot.filter_total(GAVE_WAY) > 0, "the filter to give way")
    told = {(one.stamp.sec, one.stamp.nanosec) for one in headers}
    measured = {(m.header.stamp.sec, m.header.stamp.nanosec) for m in robot.measurements}
    assert told
    assert told <= measured
    robot.step_until(robot.is_right, "the right pose")
