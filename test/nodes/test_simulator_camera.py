# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The simulated robot's camera over topics, and a person who drives the robot."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

import rclpy.qos
from geometry_msgs.msg import PoseStamped, Twist
from nav_msgs.msg import Odometry as OdometryMessage
from ros_fixtures import RosWorld
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from tf2_msgs.msg import TFMessage

from local_inn_ros.errors import SensorError
from local_inn_ros.geometry import Pose2
from local_inn_ros.messages.pictures import PictureIntake
from local_inn_ros.nodes.common.conversions import pose_stamped_message, to_pose, to_stamp
from local_inn_ros.nodes.common.qos import RELIABLE, SENSOR, STATIC_TRANSFORMS
from local_inn_ros.nodes.demo.simulator import SimulatorNode
from local_inn_ros.sensing.sensor_kinds import load_camera_spec

CAMERA = """\
kind: camera
name: front
width: 80
height: 60
fx: 55.0
fy: 56.0
cx: 39.0
cy: 30.5
rate_hz: 20.0
"""


@pytest.fixture
def camera(tmp_path: Path) -> Path:
    path = tmp_path / "camera.yaml"
    path.write_text(CAMERA)
    return path


def test_a_camera_publishes_what_a_driver_does(ros: RosWorld, camera: Path) -> None:
    images = ros.listen(Image, "image_raw", SENSOR)
    infos = ros.listen(CameraInfo, "camera_info", SENSOR)
    packed = ros.listen(CompressedImage, "image_raw/compressed", SENSOR)
    mounts = ros.listen(TFMessage, "/tf_static", STATIC_TRANSFORMS)
    node = ros.start(
        SimulatorNode, camera=str(camera), compressed=True, camera_z_m=0.4, camera_yaw_rad=0.3
    )
    ros.wait_for(
        lambda: len(images) > 3 and len(infos) > 3 and len(packed) > 3 and mounts, "pictures", 60.0
    )
    for topic in ("/image_raw", "/camera_info", "/image_raw/compressed"):
        (publisher,) = node.get_publishers_info_by_topic(topic)
        reliability = publisher.qos_profile.reliability
        assert reliability == rclpy.qos.ReliabilityPolicy.BEST_EFFORT

    spec = load_camera_spec(camera)
    intake, unpacked = PictureIntake(spec, "front"), PictureIntake(spec, "front")
    for one in (intake, unpacked):
        one.take_calibration(infos[0])
    by_stamp = {(one.header.stamp.sec, one.header.stamp.nanosec): one for one in packed}
    image = next(
        one for one in images if (one.header.stamp.sec, one.header.stamp.nanosec) in by_stamp
    )
    other = by_stamp[image.header.stamp.sec, image.header.stamp.nanosec]
    assert image.header.frame_id == other.header.frame_id == "camera_optical_frame"
    assert infos[0].header.frame_id == "camera_optical_frame"
    assert (image.encoding, image.step, len(image.data)) == ("rgb8", 240, 14_400)
    raw, jpeg = intake.to_picture(image).pixels, unpacked.to_picture(other).pixels
    assert raw.shape == (60, 80, 3) and raw.std() > 10.0
    assert np.abs(raw.astype(int) - jpeg).mean() < 6.0
    # No lens, and none that would have to be undone.
    assert (raw == np.frombuffer(image.data, np.uint8).reshape(60, 80, 3)).all()

    # One message holds all mounts: the last is what those who come late hear.
    told = {one.child_frame_id: one for one in mounts[-1].transforms}
    assert set(told) == {"laser", "camera_optical_frame"}
    transform = told["camera_optical_frame"]
    assert transform.header.frame_id == "base_link"
    place, turn = transform.transform.translation, transform.transform.rotation
    assert (place.x, place.y, place.z) == pytest.approx((0.2, 0.0, 0.4))
    # Its z, turned into the base: ahead, and to the left by 0.3 rad.
    ahead = (
        2.0 * (turn.x * turn.z + turn.w * turn.y),
        2.0 * (turn.y * turn.z - turn.w * turn.x),
        1.0 - 2.0 * (turn.x**2 + turn.y**2),
    )
    assert ahead == pytest.approx((math.cos(0.3), math.sin(0.3), 0.0), abs=1e-9)


def test_a_file_that_is_no_camera_is_refused(ros: RosWorld) -> None:
    with pytest.raises(SensorError, match="is of a laser: a camera is needed"):
        ros.start(SimulatorNode, camera="config/sensors/f1tenth.yaml")


def stands(odometry: list[OdometryMessage]) -> bool:
    return len(odometry) > 30 and all(one.twist.twist.linear.x == 0.0 for one in odometry[-30:])


def test_a_person_drives_and_lets_go(ros: RosWorld) -> None:
    ros.start(SimulatorNode, drive="manual", slip=0.0)
    truths = ros.listen(PoseStamped, "ground_truth", RELIABLE)
    odometry = ros.listen(OdometryMessage, "odom", SENSOR)
    commands = ros.talk(Twist, "cmd_vel", RELIABLE)
    ros.wait_for(lambda: stands(odometry), "a robot that stands")
    start = to_pose(truths[-1].pose)

    command = Twist()
    command.linear.x, command.angular.z = 0.6, 0.8

    def driven() -> bool:
        commands.publish(command)
        return bool(start.between(to_pose(truths[-1].pose)).yaw > 0.4)

    ros.wait_for(driven, "the robot to turn left")
    twist = max(odometry, key=lambda one: one.twist.twist.linear.x).twist.twist
    assert twist.linear.x == pytest.approx(0.6, abs=0.1)
    way = start.between(to_pose(truths[-1].pose))
    assert way.x > 0.1 and way.y > 0.0

    # Nothing more is said: it stands, and stays.
    del odometry[:]
    ros.wait_for(lambda: stands(odometry), "the robot to stop")
    stopped = to_pose(truths[-1].pose)
    seen = len(truths)
    ros.wait_for(lambda: len(truths) > seen + 100, "a while")
    assert to_pose(truths[-1].pose).distance_to(stopped) == 0.0


def test_walls_stop_the_robot(ros: RosWorld) -> None:
    ros.start(SimulatorNode, world="own")
    truths = ros.listen(PoseStamped, "ground_truth", RELIABLE)
    odometry = ros.listen(OdometryMessage, "odom", SENSOR)
    commands = ros.talk(Twist, "cmd_vel", RELIABLE)
    teleport = ros.talk(PoseStamped, "simulator/teleport", RELIABLE)
    ros.wait_for(lambda: truths, "the truth")
    # Across the track, from where it is.
    here = to_pose(truths[-1].pose)
    across = Pose2(here.x, here.y, here.yaw + 0.5 * math.pi)
    command = Twist()
    command.linear.x = 1.0
    ros.wait_for(lambda: commands.publish(command) or len(odometry) > 20, "the person")
    teleport.publish(pose_stamped_message(across, to_stamp(0.0), "map"))
    ros.wait_for(
        lambda: abs(to_pose(truths[-1].pose).between(across).yaw) < 0.1, "the robot put down"
    )
    del odometry[:]

    def stopped() -> bool:
        commands.publish(command)
        return stands(odometry)

    ros.wait_for(stopped, "a wall to stop it")
    assert to_pose(truths[-1].pose).distance_to(across) < 5.0

    # Back out of it.
    end = to_pose(truths[-1].pose)
    command.linear.x = -0.5

    def out() -> bool:
        commands.publish(command)
        return bool(end.between(to_pose(truths[-1].pose)).x < -0.2)

    ros.wait_for(out, "the robot to back out")


def test_a_command_that_is_no_number_takes_over_nothing(ros: RosWorld) -> None:
    node = ros.start(SimulatorNode, speed_mps=1.0)
    odometry = ros.listen(OdometryMessage, "odom", SENSOR)
    commands = ros.talk(Twist, "cmd_vel", RELIABLE)
    ros.wait_for(lambda: node.count_publishers("cmd_vel") == 1, "the person")
    command = Twist()
    command.linear.x = math.nan
    told = []

    def driving_on() -> bool:
        commands.publish(command)
        told.append(len(odometry))
        # Long after a command would have been obeyed, and forgotten again.
        return told[-1] > 200

    ros.wait_for(driving_on, "two seconds")
    assert len(told) > 5 and odometry[-1].twist.twist.linear.x > 0.5
