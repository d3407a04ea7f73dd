# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Fixes that are handed to the filter within its process: the same poses, each fused once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from filter_bench import FIX_TOPIC, START_S, FilterBench
from geometry_msgs.msg import PoseWithCovarianceStamped
from localizer_bench import BASE, Robot
from localizer_bench import Bench as LocalizerBench
from ros_fixtures import RosWorld

from local_inn_ros.filtering.odometry_buffer import EXTRAPOLATION_S
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.fix import Fix
from local_inn_ros.nodes.common.child_process import ChildProcess
from local_inn_ros.nodes.common.conversions import stamped_gaussian_message, to_gaussian, to_stamp
from local_inn_ros.nodes.common.handover import HandedFix, Handover
from local_inn_ros.nodes.common.qos import LATCHED
from local_inn_ros.systems.local_inn_2d.localizer import MeasuredScan

TOPIC = f"/{FIX_TOPIC}"


@pytest.fixture
def other(ros: RosWorld) -> Iterator[RosWorld]:
    """A second world, where nobody hands anything over."""
    world = RosWorld()
    yield world
    world.close()


def fix_at(stamp_s: float, odometry_s: float, y_m: float = 0.0, frame: str = "map") -> HandedFix:
    pose = Pose2(1.0 + stamp_s - START_S, y_m, 0.02)
    measured = GaussianPose2.from_deviations(pose, 0.05, 0.03, 0.02)
    return HandedFix(to_stamp(stamp_s), frame, measured, odometry_s)


def stamps(messages: list[PoseWithCovarianceStamped]) -> set[tuple[int, int]]:
    return {(one.header.stamp.sec, one.header.stamp.nanosec) for one in messages}


def publish(bench: FilterBench, fix: HandedFix) -> None:
    bench.fixes.publish(stamped_gaussian_message(fix.measurement, fix.stamp, fix.frame))


def begun(ros: RosWorld, handover: Handover | None = None) -> FilterBench:
    bench = FilterBench(ros, handover)
    bench.drive(11)
    bench.begin(Pose2(1.0, 0.0, 0.0), START_S)
    return bench


def drive_with_fixes(bench: FilterBench, handover: Handover | None) -> None:
    """Drive, with fixes that are in time, late, refused, and of one stamp from two lasers."""
    for step in range(6):
        bench.drive(5)
        newest_s = START_S + 0.01 * (bench.sent - 1)
        late_s = (0.0, 0.004, 0.063)[step % 3]
        for y_m in (0.02, -0.01, 3.0)[: step % 3 + 1]:
            fix = fix_at(newest_s - late_s, newest_s, y_m)
            count, told = bench.total("fix"), len(bench.poses)
            if handover is not None:
                assert handover.offer(TOPIC, fix)
                assert bench.total("fix") == count + 1
            # As the localizer does.
            publish(bench, fix)
            bench.ros.wait_for(lambda told=told: len(bench.poses) > told, "the pose")


def test_handed_fixes_and_messages_lead_to_the_same_poses(ros: RosWorld, other: RosWorld) -> None:
    handover = Handover()
    handed, plain = begun(ros, handover), begun(other)
    drive_with_fixes(handed, handover)
    drive_with_fixes(plain, None)
    # Nothing that was handed over is fused again when its message comes.
    for bench in (handed, plain):
        count = len(bench.poses)
        bench.fix(Pose2(1.3, 0.0, 0.0), START_S + 0.3)
        bench.ros.wait_for(lambda bench=bench, count=count: len(bench.poses) > count, "the pose")
    assert handed.node.statistics() == plain.node.statistics()
    assert handed.total("fix refused: outside the gate") == 2
    assert len(handed.poses) == len(plain.poses) > 10
    for one, two in zip(handed.poses, plain.poses, strict=True):
        assert one.header == two.header
        here, there = to_gaussian(one.pose), to_gaussian(two.pose)
        assert here.mean.to_array() == pytest.approx(there.mean.to_array(), abs=1e-9)
        np.testing.assert_allclose(here.covariance, there.covariance, rtol=1e-6, atol=1e-15)


def test_a_fix_ahead_of_the_odometry_heard_here_comes_as_a_message(ros: RosWorld) -> None:
    handover = Handover()
    bench = begun(ros, handover)
    newest_s = START_S + 0.1
    # Who sends it has heard the reading already that is still on its way to the filter.
    ahead = fix_at(newest_s + EXTRAPOLATION_S + 0.005, newest_s + 0.01)
    assert not handover.offer(TOPIC, ahead)
    assert bench.total("fix") == 0
    bench.drive(1)
    publish(bench, ahead)
    ros.wait_for(lambda: bench.total("fix accepted"), "the fix")
    # Both have heard the same: the way ahead is the same for both.
    assert handover.offer(TOPIC, fix_at(newest_s + 0.02, newest_s + 0.01))
    # Nor is one of a time that has begun anew for its sender alone.
    assert not handover.offer(TOPIC, fix_at(newest_s - 5.0, newest_s - 5.0))


def test_a_fix_in_another_frame_is_refused_when_its_message_comes(ros: RosWorld) -> None:
    handover = Handover()
    bench = begun(ros, handover)
    fix = fix_at(START_S + 0.1, START_S + 0.1, frame="odom")
    assert not handover.offer(TOPIC, fix)
    publish(bench, fix)
    ros.wait_for(lambda: bench.total("fix unusable") == 1, "the refusal")


def test_a_filter_that_is_not_active_takes_nothing(ros: RosWorld) -> None:
    handover = Handover()
    bench = begun(ros, handover)
    now_s = START_S + 0.1
    assert not handover.offer("/elsewhere", fix_at(now_s, now_s))
    bench.node.trigger_deactivate()
    assert not handover.offer(TOPIC, fix_at(now_s, now_s))
    bench.node.trigger_activate()
    assert handover.offer(TOPIC, fix_at(now_s, now_s))
    bench.node.trigger_deactivate()
    bench.node.trigger_cleanup()
    assert not handover.offer(TOPIC, fix_at(now_s, now_s))
    bench.node.trigger_configure()
    bench.node.trigger_activate()
    # A new filter, which knows neither odometry nor a pose yet.
    assert not handover.offer(TOPIC, fix_at(now_s, now_s))
    ros.wait_for(bench.odometry.get_subscription_count, "the filter to listen")
    bench.sent = 0
    bench.drive(11)
    assert handover.offer(TOPIC, fix_at(now_s, now_s))
    assert bench.total("fix refused: no initial pose and odometry yet") == 1


def test_each_scan_of_a_robot_is_fused_once_and_published(ros: RosWorld) -> None:
    robot = Robot(ros, Handover())
    fused = robot.ekf.statistics
    robot.localize()
    for _ in range(10):
        robot.step()
    ros.wait_for(lambda: len(robot.measurements) == robot.total("fix"), "all messages")
    assert robot.total("fix") > 10
    ros.wait_for(lambda: fused()["fix"] == robot.total("fix"), "the filter to hear of all")
    assert fused()["fix accepted"] == robot.total("fix")
    assert robot.is_right()


def test_a_pose_is_fused_before_the_rest_of_its_fix_is_worked_out(
    ros: RosWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    robot = Robot(ros, Handover())
    fused = robot.ekf.statistics
    robot.localize()
    explain, told = MeasuredScan.explain, []
    ahead = fused()["fix accepted"] - robot.total("fix")

    def noting(measured: MeasuredScan) -> Fix:
        told.append((fused()["fix accepted"], robot.total("fix")))
        return explain(measured)

    monkeypatch.setattr(MeasuredScan, "explain", noting)
    for _ in range(3):
        robot.step()
    ros.wait_for(lambda: len(told) == 3, "three scans")
    assert [accepted - fixes - ahead for accepted, fixes in told] == [1, 1, 1]


def test_the_localizer_goes_on_while_the_filter_is_started_again(ros: RosWorld) -> None:
    robot = Robot(ros, Handover())
    robot.localize()
    robot.ekf.trigger_deactivate()
    fused, fixes = robot.filter_total("fix"), robot.total("fix")
    robot.sent_s += 0.05
    robot.send_odometry(robot.wheels, robot.sent_s)
    robot.send_scan(robot.scan_from(robot.base, robot.sent_s))
    ros.wait_for(lambda: len(robot.measurements) > fixes, "a fix that nobody fuses")
    robot.ekf.trigger_activate()
    assert robot.filter_total("fix") == fused
    told = len(robot.poses)
    robot.step_until(lambda: len(robot.poses) > told + 3, "poses")
    assert robot.is_right()


def test_a_filter_in_a_process_of_its_own_hears_the_messages(ros: RosWorld, tmp_path: Path) -> None:
    with ChildProcess("filter.ekf", {}, ros.domain, tmp_path / "log") as process:
        bench = LocalizerBench(ros, handover=Handover())
        poses = ros.listen(PoseWithCovarianceStamped, "amcl_pose", LATCHED)
        for publisher in (bench.odometry, bench.initial):
            ros.wait_for(
                lambda publisher=publisher: publisher.get_subscription_count() == 2,
                "both processes to listen",
            )
        bench.stand_at(BASE)
        bench.tell_odometry(Pose2.identity(), bench.sent_s)
        told = GaussianPose2.from_deviations(BASE @ Pose2(0.05, 0.0, 0.0), 0.1, 0.1, 0.05)
        bench.initial.publish(stamped_gaussian_message(told, to_stamp(bench.sent_s), "map"))
        ros.wait_for(lambda: poses and bench.node.work.told, "the start")
        bench.look_until(
            lambda: len(stamps(poses) & stamps(bench.measurements)) > 5, "poses of fixes"
        )
        assert process.stop() == 0
    assert to_gaussian(poses[-1].pose).mean.distance_to(BASE) < 0.05
