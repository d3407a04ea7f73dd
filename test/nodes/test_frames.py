# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames of what comes over topics: transformed where something connects them, else refused."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from filter_bench import START_S, FilterBench, odometry_of, straight
from localizer_bench import BASE, MOUNT, Bench, Robot
from ros_fixtures import RosWorld
from tf2_msgs.msg import TFMessage

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.nodes.common.conversions import (
    odometry_message,
    scan_message,
    stamped_gaussian_message,
    to_gaussian,
    to_pose,
    to_stamp,
    transform_message,
)
from local_inn_ros.nodes.common.qos import STATIC_TRANSFORMS
from local_inn_ros.nodes.filter.ekf_health import MOUNTS
from local_inn_ros.sensing import Odometry

UNCONNECTED = "a frame that no transform connects"


def place(bench: FilterBench, pose: Pose2, parent: str, child: str) -> None:
    """Publish a static transform, and wait until the filter has heard it."""
    count = bench.total(MOUNTS)
    publisher = bench.ros.talk(TFMessage, "/tf_static", STATIC_TRANSFORMS)
    message = transform_message(pose, to_stamp(0.0), parent, child)
    publisher.publish(TFMessage(transforms=[message]))
    bench.ros.wait_for(lambda: bench.total(MOUNTS) > count, "the transform")


def tell(bench: FilterBench, pose: Pose2, frame: str) -> GaussianPose2:
    """Tell a pose in a frame; return what the filter begins with."""
    told = GaussianPose2.from_deviations(pose, 0.3, 0.1, 0.05)
    count = len(bench.poses)
    stamp = to_stamp(START_S + 0.01 * (bench.sent - 1))
    bench.initial.publish(stamped_gaussian_message(told, stamp, frame))
    bench.ros.wait_for(lambda: len(bench.poses) > count, "the pose")
    return to_gaussian(bench.poses[-1].pose)


def test_a_pose_in_the_odometry_frame_is_taken_to_the_map(ros: RosWorld) -> None:
    bench = FilterBench(ros)
    bench.drive(3)
    # The robot has come 2 cm: that is where the map has it at 5 m, turned by a quarter.
    tell(bench, Pose2(5.0, 1.0, math.pi / 2), "map")
    began = tell(bench, Pose2(0.02, 0.0, 0.0), "/odom")
    assert began.mean.to_array() == pytest.approx([5.0, 1.0, math.pi / 2], abs=1e-6)
    # What was uncertain ahead in the odometry frame is so along y of the map.
    assert began.deviations() == pytest.approx([0.1, 0.3, 0.05], rel=0.02)


def test_a_pose_in_a_frame_that_is_fixed_to_the_map_is_taken_there(ros: RosWorld) -> None:
    bench = FilterBench(ros)
    place(bench, Pose2(10.0, 0.0, math.pi), "map", "dock")
    bench.drive(3)
    began = tell(bench, Pose2(1.0, 0.0, 0.0), "dock")
    assert began.mean.between(Pose2(9.0, 0.0, math.pi)).to_array() == pytest.approx(
        [0.0, 0.0, 0.0], abs=1e-6
    )


def test_a_pose_in_no_frame_is_of_the_map(ros: RosWorld) -> None:
    bench = FilterBench(ros)
    bench.drive(3)
    assert tell(bench, Pose2(1.0, 2.0, 0.5), "").mean.x == pytest.approx(1.0)


@pytest.mark.parametrize("frame", ["odom", "dock"])
def test_a_pose_in_a_frame_that_nothing_connects_is_refused(ros: RosWorld, frame: str) -> None:
    """The odometry frame too, as long as no pose says where it is in the map."""
    bench = FilterBench(ros)
    bench.drive(3)
    told = GaussianPose2.from_deviations(Pose2(1.0, 0.0, 0.0), 0.1, 0.1, 0.1)
    bench.initial.publish(stamped_gaussian_message(told, to_stamp(START_S), frame))
    key = f"initial pose unusable: {UNCONNECTED}"
    ros.wait_for(lambda: bench.total(key) == 1, "the refusal")
    assert bench.node.work.estimate is None


def test_odometry_of_a_frame_on_the_robot_is_taken_to_the_base(ros: RosWorld) -> None:
    bench = FilterBench(ros)
    place(bench, Pose2(0.5, 0.0, 0.0), "base_link", "imu")
    rate = 1.0
    for k in range(5):
        # The robot turns on the spot: the IMU goes round it.
        imu = Pose2(0.0, 0.0, rate * 0.01 * k) @ Pose2(0.5, 0.0, 0.0)
        reading = Odometry(START_S + 0.01 * k, imu, 0.0, 0.5 * rate, rate)
        bench.odometry.publish(odometry_of(reading, child="imu"))
        ros.wait_for(lambda k=k: bench.total("odometry kept") == k + 1, "the odometry")
    bench.begin(Pose2.identity(), START_S, deviation=0.01)
    ros.wait_for(lambda: bench.filtered, "odometry/filtered")
    told = bench.filtered[-1]
    assert told.child_frame_id == "base_link"
    assert to_pose(told.pose.pose).to_array() == pytest.approx([0.0, 0.0, 0.04 * rate], abs=1e-6)
    twist = told.twist.twist
    assert (twist.linear.x, twist.linear.y) == pytest.approx((0.0, 0.0), abs=1e-9)
    assert twist.angular.z == pytest.approx(rate)


def test_frames_of_odometry_are_looked_at_in_each_message(ros: RosWorld) -> None:
    bench = FilterBench(ros)
    place(bench, Pose2(7.0, 0.0, 0.0), "odom", "wheel_odom")
    bench.drive(2)
    for frame, child, key, count in (
        ("", "", "odometry kept", 3),
        ("elsewhere", "base_link", f"odometry unusable: {UNCONNECTED}", 1),
        ("odom", "trailer", f"odometry unusable: {UNCONNECTED}", 2),
        ("wheel_odom", "base_link", "odometry kept", 4),
    ):
        reading = straight(bench.sent)
        if frame == "wheel_odom":
            # The same place, as it is seen from there.
            reading = replace(reading, pose=Pose2(-7.0, 0.0, 0.0) @ reading.pose)
        bench.sent += 1
        bench.odometry.publish(odometry_of(reading, frame, child))
        ros.wait_for(lambda key=key, count=count: bench.total(key) == count, f"{frame}, {child}")
    assert bench.total("odometry unusable") == 2


def test_readings_that_cannot_be_used_are_counted_by_reason(ros: RosWorld) -> None:
    bench = Bench(ros)
    exact = GaussianPose2(Pose2.identity(), np.zeros((3, 3)))

    def send(stamp_s: float, **twist: float) -> None:
        reading = Odometry(stamp_s, Pose2.identity(), **twist)
        message = odometry_message(exact, reading, to_stamp(stamp_s), "odom", "base_link")
        message.pose.pose.orientation.w = 0.0 if twist == {} and stamp_s > 0.0 else 1.0
        bench.odometry.publish(message)

    for stamp_s, twist, reason in (
        (START_S, {}, "a quaternion that is no rotation"),
        (START_S, {"speed_mps": math.nan}, "a number that is not finite"),
        (START_S, {"speed_mps": 1e9}, "a speed that is none of a robot"),
        (0.0, {}, "no stamp"),
    ):
        send(stamp_s, **twist)
        key = f"odometry unusable: {reason}"
        ros.wait_for(lambda key=key: bench.total(key) == 1, reason)
    figures = bench.wait_for_health("no scans come")
    assert figures["odometry unusable"] == "4"
    assert figures["odometry unusable: no stamp"] == "1"


def test_the_localizer_takes_a_pose_in_the_odometry_frame_too(ros: RosWorld) -> None:
    robot = Robot(ros)
    robot.localize()
    told = GaussianPose2.from_deviations(robot.wheels, 0.1, 0.1, 0.05)
    message = stamped_gaussian_message(told, to_stamp(robot.sent_s), "odom")
    count, poses = robot.total("pose told"), robot.filter_total("pose told")
    robot.initial.publish(message)
    ros.wait_for(
        lambda: robot.total("pose told") > count and robot.filter_total("pose told") > poses,
        "both nodes to hear of it",
    )
    assert robot.filter_total("initial pose unusable") == 0
    robot.step_until(robot.is_right, "the robot to be where it was told")


def test_scans_without_a_frame_are_of_the_only_laser(ros: RosWorld) -> None:
    bench = Bench(ros)
    bench.stand_at(BASE)
    bench.tell_odometry(Pose2.identity(), START_S)
    bench.tell_pose(BASE, START_S)
    for count, frame in enumerate(("laser", "", ""), start=1):
        stamp_s = START_S + 0.01 * count
        bench.tell_odometry(Pose2.identity(), stamp_s)
        scan = bench.scan_from(BASE, stamp_s)
        bench.scans.publish(scan_message(scan, to_stamp(stamp_s), frame))
        ros.wait_for(lambda count=count: bench.total("fix") == count, f"a fix of '{frame}'")
    assert to_gaussian(bench.measurements[-1].pose).mean.distance_to(BASE) < 0.03


def test_scans_of_a_frame_that_nothing_places_are_counted(ros: RosWorld) -> None:
    bench = Bench(ros, mount=None)
    bench.tell_mount(MOUNT, sensor="other")
    bench.stand_at(BASE)
    bench.tell_odometry(Pose2.identity(), START_S)
    bench.tell_pose(BASE, START_S)
    key = f"scan unusable: {UNCONNECTED}"

    def counted() -> bool:
        bench.sent_s += 0.02
        bench.tell_odometry(Pose2.identity(), bench.sent_s)
        bench.tell_pose(BASE, bench.sent_s)
        bench.send_scan(bench.scan_from(BASE, bench.sent_s))
        return bench.total(key) > 0

    # For two seconds after activation a missing mount may still be on its way.
    ros.wait_for(counted, "the count")
