# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from collections.abc import Callable

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from diagnostic_msgs.msg import DiagnosticArray
from filter_bench import FIX_TOPIC, START_S, FilterBench, odometry_of, straight
from geometry_msgs.msg import PoseWithCovarianceStamped
from ros_fixtures import RosWorld
from std_msgs.msg import Bool

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.evidence import WIDEST_M, WIDEST_RAD
from local_inn_ros.nodes.common.conversions import (
    stamped_gaussian_message,
    to_gaussian,
    to_pose,
    to_seconds,
    to_stamp,
    to_yaw,
)
from local_inn_ros.nodes.common.managed_node import StartError
from local_inn_ros.nodes.common.parameters import ParameterError
from local_inn_ros.nodes.common.qos import LATCHED, RELIABLE
from local_inn_ros.nodes.filter.ekf import Ekf
from local_inn_ros.sensing import Odometry


def test_odometry_and_a_fix_become_a_pose_and_a_transform(ros: RosWorld) -> None:
    bench = FilterBench(ros, transform_tolerance=0.5)
    bench.drive(10)
    bench.begin(Pose2(3.0, 4.0, math.pi / 2))
    bench.drive(10)
    stamp_s = START_S + 0.15
    # Heading up the map's y axis for 0.15 m; the fix says 2 cm further, to the side.
    bench.fix(Pose2(2.98, 4.15, math.pi / 2), stamp_s)
    ros.wait_for(
        lambda: abs(to_seconds(bench.poses[-1].header.stamp) - stamp_s) < 1e-6, "the fused pose"
    )
    pose = bench.poses[-1]
    assert pose.header.frame_id == "map"
    fused = to_gaussian(pose.pose)
    assert fused.mean.x == pytest.approx(2.984, abs=3e-3)
    assert fused.mean.y == pytest.approx(4.15, abs=5e-3)
    assert fused.deviations().max() < 0.05

    ros.wait_for(lambda: bench.transforms, "a transform")
    transform = bench.transforms[-1].transforms[0]
    assert (transform.header.frame_id, transform.child_frame_id) == ("map", "odom")
    newest_s = START_S + 0.19
    assert to_seconds(transform.header.stamp) == pytest.approx(newest_s + 0.5, abs=1e-5)
    place = transform.transform
    map_from_odom = Pose2(place.translation.x, place.translation.y, to_yaw(place.rotation))
    # REP-105: the transform takes the odometry's pose to the pose in the map.
    ros.wait_for(lambda: bench.filtered, "odometry/filtered")
    newest = bench.filtered[-1]
    assert to_seconds(newest.header.stamp) == pytest.approx(newest_s, abs=1e-5)
    assert (newest.header.frame_id, newest.child_frame_id) == ("map", "base_link")
    assert newest.twist.twist.linear.x == pytest.approx(1.0)
    through = map_from_odom @ straight(19).pose
    assert through.between(to_pose(newest.pose.pose)).to_array() == pytest.approx(
        [0.0, 0.0, 0.0], abs=1e-6
    )


def test_the_transform_goes_out_with_each_reading(ros: RosWorld) -> None:
    bench = FilterBench(ros, transform_tolerance=0.5)
    bench.drive(2)
    bench.begin(Pose2(1.0, 2.0, 0.3))
    ros.wait_for(lambda: bench.transforms, "the first transform")
    bench.drive(20)
    stamps_s = [START_S + 0.5 + 0.01 * number for number in range(2, 22)]

    def told_s() -> list[float]:
        return [to_seconds(one.transforms[0].header.stamp) for one in bench.transforms]

    ros.wait_for(
        lambda: all(min(abs(s - each) for each in told_s()) < 1e-5 for s in stamps_s),
        "a transform for each reading",
    )


def test_an_initial_pose_is_carried_forward_by_the_odometry_since(ros: RosWorld) -> None:
    bench = FilterBench(ros)
    bench.drive(51, speed_mps=2.0)
    bench.begin(Pose2(10.0, 0.0, 0.0), START_S + 0.1)
    pose = bench.poses[-1]
    assert to_seconds(pose.header.stamp) == pytest.approx(START_S + 0.5, abs=1e-5)
    assert to_pose(pose.pose.pose).x == pytest.approx(10.8)


def test_an_initial_pose_older_than_the_odometry_is_taken_as_of_now(ros: RosWorld) -> None:
    bench = FilterBench(ros)
    bench.drive(51, speed_mps=2.0)
    bench.begin(Pose2(10.0, 0.0, 0.0), START_S - 3.0)
    assert to_seconds(bench.poses[-1].header.stamp) == pytest.approx(START_S + 0.5, abs=1e-5)
    assert to_pose(bench.poses[-1].pose.pose).x == pytest.approx(10.0)


def test_an_initial_pose_set_by_hand_gets_a_covariance(ros: RosWorld) -> None:
    bench = FilterBench(ros)
    bench.drive(1)
    message = PoseWithCovarianceStamped()
    message.header.frame_id = "/map"
    message.pose.pose.orientation.w = 7.0
    bench.initial.publish(message)
    ros.wait_for(lambda: bench.poses, "amcl_pose")
    told = to_gaussian(bench.poses[-1].pose)
    assert told.mean == Pose2.identity()
    assert told.deviations() == pytest.approx([0.5, 0.5, math.radians(15.0)])


def wrong_frame(message: PoseWithCovarianceStamped) -> None:
    message.header.frame_id = "kitchen"


def zero_quaternion(message: PoseWithCovarianceStamped) -> None:
    message.pose.pose.orientation.w = 0.0


def indefinite(message: PoseWithCovarianceStamped) -> None:
    message.pose.covariance[1] = message.pose.covariance[6] = 5.0


def infinite(message: PoseWithCovarianceStamped) -> None:
    message.pose.pose.position.x = math.inf


@pytest.mark.parametrize("spoil", [wrong_frame, zero_quaternion, indefinite, infinite])
def test_an_initial_pose_that_makes_no_sense_is_refused(
    ros: RosWorld, spoil: Callable[[PoseWithCovarianceStamped], None]
) -> None:
    bench = FilterBench(ros)
    bench.drive(2)
    bench.begin(Pose2(1.0, 1.0, 0.0))
    known = len(bench.poses)
    message = stamped_gaussian_message(
        GaussianPose2.from_deviations(Pose2(8.0, 8.0, 0.0), 0.1, 0.1, 0.1),
        to_stamp(START_S),
        "map",
    )
    spoil(message)
    bench.initial.publish(message)
    ros.wait_for(lambda: bench.total("initial pose unusable") == 1, "the refusal")
    bench.drive(2)
    assert len(bench.poses) == known
    assert to_pose(bench.filtered[-1].pose.pose).x < 2.0


def test_who_comes_late_gets_the_last_pose(ros: RosWorld) -> None:
    bench = FilterBench(ros)
    bench.drive(2)
    bench.begin(Pose2(1.0, 2.0, 0.5))
    late = ros.listen(PoseWithCovarianceStamped, "amcl_pose", LATCHED)
    ros.wait_for(lambda: late, "the pose that was published before")
    assert late[-1] == bench.poses[-1]


def test_the_parameters_set_an_initial_pose_as_amcl_does(ros: RosWorld) -> None:
    parameters = {"initial_pose__x": 1.5, "initial_pose__y": -2.5, "initial_pose__yaw": 0.5}
    bench = FilterBench(ros, set_initial_pose=True, **parameters)
    ros.wait_for(lambda: bench.poses, "amcl_pose")
    bench.drive(1)
    ros.wait_for(lambda: bench.filtered, "odometry/filtered")
    found = to_pose(bench.filtered[-1].pose.pose)
    assert found.to_array() == pytest.approx([1.5, -2.5, 0.5])


def test_no_transform_where_none_is_wanted(ros: RosWorld) -> None:
    bench = FilterBench(ros, tf_broadcast=False)
    bench.drive(2)
    bench.begin(Pose2.identity())
    bench.drive(20)
    ros.wait_for(lambda: len(bench.filtered) > 20, "odometry/filtered")
    assert bench.transforms == []


def test_fixes_far_off_are_gated_and_lead_to_lost(ros: RosWorld) -> None:
    bench = FilterBench(ros)
    health: list[DiagnosticArray] = ros.listen(DiagnosticArray, "/diagnostics", RELIABLE)
    bench.drive(2)
    bench.begin(Pose2.identity())
    for k in range(25):
        bench.drive(2)
        bench.fix(Pose2(30.0, 0.0, 0.0), straight(bench.sent - 1).stamp_s)
        assert bench.total("fix") == k + 1
    totals = bench.node.statistics()
    assert totals["fix refused: outside the gate"] == 25
    assert "fix accepted" not in totals
    assert to_pose(bench.filtered[-1].pose.pose).x < 1.0
    first = len(health)

    def alarmed() -> bool:
        bench.drive(1)
        return any("lost" in one.status[0].message for one in health[first:])

    ros.wait_for(alarmed, "the alarm")
    status = health[-1].status[0]
    assert status.level == status.ERROR
    assert {value.key: value.value for value in status.values}["lost"] == "True"


def test_a_localizer_that_says_lost_makes_the_pose_wide(ros: RosWorld) -> None:
    topics = ["front/lost", "rear/lost"]
    bench = FilterBench(ros, lost_topics=topics)
    alarms = [ros.talk(Bool, topic, LATCHED) for topic in topics]
    bench.drive(2)
    bench.begin(Pose2(1.0, 1.0, 0.0))

    def say(which: int, lost: bool) -> None:
        count = bench.total("word on being lost")
        alarms[which].publish(Bool(data=lost))
        ros.wait_for(lambda: bench.total("word on being lost") > count, "the word")

    say(0, False)
    assert bench.node.work.estimate.pose.deviations().max() < 0.2
    known = len(bench.poses)
    say(0, True)
    say(1, True)
    ros.wait_for(lambda: len(bench.poses) > known, "the wide pose")
    told = to_gaussian(bench.poses[-1].pose)
    assert told.deviations() == pytest.approx([WIDEST_M, WIDEST_M, WIDEST_RAD])
    assert told.mean.x == pytest.approx(1.0, abs=0.05)
    # Fixes are refused, and the pose goes on by odometry, until no localizer says lost any more.
    bench.drive(10)
    say(0, False)
    bench.fix(Pose2(5.0, 3.0, 0.0), straight(bench.sent - 1).stamp_s)
    assert bench.total("fix refused: the pose is declared lost") == 1
    sent = len(bench.transforms)
    bench.drive(10)
    assert len(bench.transforms) > sent
    say(1, False)
    bench.fix(Pose2(5.0, 3.0, 0.0), straight(bench.sent - 1).stamp_s)
    ros.wait_for(
        lambda: to_pose(bench.poses[-1].pose.pose).distance_to(Pose2(5.0, 3.0, 0.0)) < 0.05,
        "the pose of the fix",
    )


def test_a_new_pose_ends_the_doubt(ros: RosWorld) -> None:
    bench = FilterBench(ros)
    alarm = ros.talk(Bool, "lidar_localizer/lost", LATCHED)
    bench.drive(2)
    bench.begin(Pose2(1.0, 1.0, 0.0))
    alarm.publish(Bool(data=True))
    ros.wait_for(lambda: to_gaussian(bench.poses[-1].pose).deviations()[0] == WIDEST_M, "the doubt")
    bench.initial.publish(
        stamped_gaussian_message(
            GaussianPose2.from_deviations(Pose2(4.0, 1.0, 0.0), 0.1, 0.1, 0.1),
            to_stamp(START_S),
            "map",
        )
    )
    ros.wait_for(lambda: to_pose(bench.poses[-1].pose.pose).x > 3.0, "the new pose")
    bench.drive(1)
    bench.fix(Pose2(4.02, 1.0, 0.0), straight(bench.sent - 1).stamp_s)
    assert bench.total("fix accepted") == 1


def test_time_that_jumps_back_starts_afresh_from_the_pose(ros: RosWorld) -> None:
    bench = FilterBench(ros)
    bench.drive(10)
    bench.begin(Pose2(5.0, 0.0, 0.0))
    before = bench.node.work.estimate
    earlier = Odometry(START_S - 500.0, Pose2(70.0, 0.0, 1.0), 0.0)
    bench.odometry.publish(odometry_of(earlier))
    ros.wait_for(
        lambda: bench.filtered and to_seconds(bench.filtered[-1].header.stamp) < START_S - 1.0,
        "the new time",
    )
    pose = to_pose(bench.filtered[-1].pose.pose)
    assert pose.between(before.pose.mean).to_array() == pytest.approx([0.0, 0.0, 0.0], abs=1e-6)


def test_odometry_in_another_frame_is_refused(ros: RosWorld) -> None:
    bench = FilterBench(ros)
    bench.odometry.publish(odometry_of(straight(0), frame="wheel_odom"))
    ros.wait_for(lambda: bench.total("odometry unusable") == 1, "the refusal")
    assert bench.node.work.estimate is None


def test_a_parameter_out_of_range_is_named(ros: RosWorld) -> None:
    with pytest.raises(ParameterError, match="gate_probability"):
        ros.start(Ekf, gate_probability=1.5)


def test_each_fix_topic_is_a_source_of_its_own(ros: RosWorld) -> None:
    """A camera that is wrong does not lose a robot whose laser is right; `lost_after` is 20."""
    bench = FilterBench(ros, fix_topics=[FIX_TOPIC, "camera/measurement"])
    camera = ros.talk(PoseWithCovarianceStamped, "camera/measurement", RELIABLE)
    health: list[DiagnosticArray] = ros.listen(DiagnosticArray, "/diagnostics", RELIABLE)
    bench.drive(3)
    bench.begin(Pose2.identity())
    wrong = GaussianPose2.from_deviations(Pose2(9.0, 9.0, 0.0), 0.05, 0.05, 0.05)
    for k in range(25):
        bench.drive(1)
        stamp_s = START_S + 0.01 * (3 + k)
        bench.fix(Pose2(0.01 * (3 + k), 0.0, 0.0), stamp_s)
        camera.publish(stamped_gaussian_message(wrong, to_stamp(stamp_s), "map"))
        told = 2 * (k + 1)
        ros.wait_for(lambda told=told: bench.total("fix") == told, "the camera's fix")
    assert bench.total("fix accepted") == bench.total("fix refused: outside the gate") == 25
    first = len(health)
    ros.wait_for(lambda: len(health) > first, "the next report")
    told = {pair.key: pair.value for pair in health[-1].status[0].values}
    assert told["lost"] == "False"


def test_camera_carries_on_where_the_laser_stops_and_the_covariance_says_so(ros: RosWorld) -> None:
    bench = FilterBench(ros, fix_topics=[FIX_TOPIC, "camera/measurement"])
    camera = ros.talk(PoseWithCovarianceStamped, "camera/measurement", RELIABLE)
    health: list[DiagnosticArray] = ros.listen(DiagnosticArray, "/diagnostics", RELIABLE)
    bench.drive(3)
    bench.begin(Pose2.identity())

    def drive_on(count: int, laser: bool, seen: bool = True) -> float:
        """Return the deviation across after some readings, each with fixes."""
        for _ in range(count):
            bench.drive(1)
            at = 0.01 * (bench.sent - 1)
            if laser:
                bench.fix(Pose2(at, 0.0, 0.0), START_S + at, 0.01)
            if seen:
                rough = GaussianPose2.from_deviations(Pose2(at, 0.0, 0.0), 0.08, 0.08, 0.04)
                fixes = bench.total("fix")
                camera.publish(stamped_gaussian_message(rough, to_stamp(START_S + at), "map"))
                ros.wait_for(lambda fixes=fixes: bench.total("fix") > fixes, "the camera's fix")
        last = bench.sent
        ros.wait_for(
            lambda: to_seconds(bench.filtered[-1].header.stamp) > START_S + 0.01 * last - 0.015,
            "the pose",
        )
        return float(to_gaussian(bench.filtered[-1].pose).deviations()[1])

    both = drive_on(20, laser=True)
    camera_alone = drive_on(200, laser=False)
    assert 1.5 * both < camera_alone < 0.08
    mean = to_gaussian(bench.filtered[-1].pose).mean
    assert mean.distance_to(Pose2(0.01 * (bench.sent - 1), 0.0, 0.0)) < 0.02
    first = len(health)
    words = f"no fixes come on '{FIX_TOPIC}'"

    def told() -> bool:
        drive_on(1, laser=False)
        return any(words in one.status[0].message for one in health[first:])

    ros.wait_for(told, f"'{words}'")
    neither = drive_on(400, laser=False, seen=False)
    assert neither > 1.2 * camera_alone


def test_fix_that_is_stamped_late_is_fused_where_it_belongs(ros: RosWorld) -> None:
    bench = FilterBench(ros, fix_topics=[FIX_TOPIC, "camera/measurement"], fix_delays=[0.0, 0.2])
    camera = ros.talk(PoseWithCovarianceStamped, "camera/measurement", RELIABLE)
    bench.drive(3)
    bench.begin(Pose2.identity())
    bench.drive(60)
    # Seen 0.2 s before it is stamped, at 1 m/s.
    told = GaussianPose2.from_deviations(Pose2(0.4, 0.3, 0.0), 0.001, 0.001, 0.001)
    camera.publish(stamped_gaussian_message(told, to_stamp(START_S + 0.6), "map"))
    ros.wait_for(lambda: bench.total("fix accepted") == 1, "the fix")
    count = len(bench.filtered)
    bench.drive(1)
    ros.wait_for(lambda: len(bench.filtered) > count, "the pose")
    assert abs(to_gaussian(bench.filtered[-1].pose).mean.x - 0.63) < 0.02


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("fix_delays", [0.0, 9.0], "fix_delays is .*: each must be a number from -1 to 1"),
        ("fix_delays", [0.0, 0.1], "fix_delays has 2 numbers for 1 fix_topics"),
        ("fix_shared_shares", [1], "fix_shared_shares is an array of doubles"),
    ],
)
def test_numbers_of_sources_that_make_no_sense_are_named(
    ros: RosWorld, name: str, value: list[float], words: str
) -> None:
    with pytest.raises((ParameterError, StartError), match=words):
        ros.start(Ekf, **{name: value})
