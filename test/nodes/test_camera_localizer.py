# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node that locates pictures, over topics, with networks that know the room."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")
pytest.importorskip("cv2", reason="pictures need OpenCV")
pytest.importorskip("poselib")

from camera_bench import FRAME, ROOM, START_S, STEP_S, CameraBench
from camera_oracle import BASE, CAMERA, camera_model, runnable
from geometry_msgs.msg import PoseArray
from model_fixtures import oracle_model, room
from ros_fixtures import RosWorld
from sensor_msgs.msg import Image
from std_srvs.srv import Trigger

from local_inn_ros.geometry import Pose2
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.nodes.common.conversions import to_gaussian, to_seconds
from local_inn_ros.nodes.common.managed_node import StartError
from local_inn_ros.nodes.common.qos import BEST_EFFORT
from local_inn_ros.nodes.localizer.camera_localizer import CameraLocalizer
from local_inn_ros.nodes.localizer.lidar_localizer import LidarLocalizer

BLACK = np.zeros((CAMERA.height, CAMERA.width), np.uint8)


@pytest.mark.parametrize("compressed", [False, True])
def test_pictures_become_fixes_near_the_truth(ros: RosWorld, compressed: bool) -> None:
    bench = CameraBench(ros, compressed=compressed)
    bench.localize()
    for told in bench.measurements:
        measured = to_gaussian(told.pose)
        assert told.header.frame_id == "map"
        assert measured.mean.distance_to(BASE) < 0.1
        # Chi-square with three degrees of freedom, 0.9999.
        assert measured.squared_mahalanobis(BASE) < 21.1
    bench.see_until(lambda: bench.quality, "the quality")
    assert bench.quality[-1].data > 0.9
    assert not bench.is_alarmed()


def test_expected_picture_and_samples_are_told(ros: RosWorld) -> None:
    bench = CameraBench(ros)
    images = bench.hear(Image, "expected_image", BEST_EFFORT)
    samples = bench.hear(PoseArray, "samples", BEST_EFFORT)
    bench.localize()
    bench.see_until(lambda: images and samples, "expected picture and samples")
    assert (images[-1].encoding, images[-1].width, images[-1].height) == ("mono8", 20, 15)
    assert images[-1].header.frame_id == FRAME
    assert len(samples[-1].poses) == 64


def test_black_and_covered_pictures_give_no_fix_and_are_counted(ros: RosWorld) -> None:
    bench = CameraBench(ros)
    bench.localize()
    dark = "picture unusable: too dark"
    bench.see_until(lambda: bench.total(dark) >= 3, "dark ones", BLACK)
    # What came before has been worked off: from here on there is nothing but black.
    fixes, told = bench.total("fix"), len(bench.measurements)
    figures = bench.wait_for_health(dark, BLACK)
    assert int(figures[dark]) >= 3
    covered = np.full_like(BLACK, 120)
    reason = "picture unusable: a covered lens, or nothing to see"
    bench.see_until(lambda: bench.total(reason) >= 3, "covered ones", covered)
    bench.wait_for_health("pictures come, and none can be used", covered)
    assert bench.total("fix") == fixes
    assert len(bench.measurements) <= max(told, fixes)
    assert not bench.is_alarmed()


def test_picture_of_another_room_is_no_evidence_and_alarms(ros: RosWorld) -> None:
    bench = CameraBench(ros, auto_relocalize=False)
    bench.localize()
    bench.engine.camera = None
    count = len(bench.measurements)
    bench.see_until(bench.is_alarmed, "the alarm")
    assert len(bench.measurements) > count
    assert to_gaussian(bench.measurements[-1].pose).deviations().min() > 1.0


def test_pictures_before_camera_info_wait_for_it(ros: RosWorld) -> None:
    bench = CameraBench(ros, info=False)
    bench.stand_at(BASE)
    reason = "picture unusable: no calibration of the camera"
    bench.see_until(lambda: bench.total(reason) >= 2, "pictures that are refused")
    assert bench.total("picture before its camera_info") > 0
    assert bench.total("fix") == 0
    bench.wait_for_health("no calibration of the camera")
    bench.send_info()
    bench.tell_pose(BASE)
    bench.see_until(lambda: bench.measurements, "a fix")


def test_camera_that_does_not_fit_the_bundle_is_told(ros: RosWorld) -> None:
    bench = CameraBench(ros, info=False)
    bench.stand_at(BASE)
    narrow = CAMERA.matrix()
    narrow[0, 0] = narrow[1, 1] = 4 * CAMERA.fx
    bench.send_info(k=narrow.ravel(), p=np.hstack([narrow, np.zeros((3, 1))]).ravel())
    reason = "picture unusable: a camera that does not fit the bundle"
    bench.see_until(lambda: bench.total(reason) >= 2, "pictures that are refused")
    assert bench.total("picture") == 0


def test_time_offset_moves_the_stamps(ros: RosWorld) -> None:
    bench = CameraBench(ros, time_offset=-0.08)
    bench.localize()
    steps = [(to_seconds(one.header.stamp) + 0.08 - START_S) / STEP_S for one in bench.measurements]
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-3)


def test_body_frame_in_place_of_the_optical_one_is_told(ros: RosWorld) -> None:
    # x ahead, z up, as the frame of a camera's body has it.
    bench = CameraBench(ros, seat=Pose3.from_roll_pitch_yaw([0.2, 0.0, 0.9], 0.0, 0.0, 0.0))
    bench.stand_at(BASE)
    bench.see_until(lambda: bench.total("picture") > 1, "pictures")
    bench.tell_pose(BASE)
    bench.wait_for_health("the camera looks at the ceiling")


def test_relocalize_finds_the_robot_by_pictures_alone(ros: RosWorld) -> None:
    bench = CameraBench(ros)
    bench.stand_at(BASE)
    bench.see_until(lambda: bench.total("picture") > 1, "pictures")
    client = ros.probe.create_client(Trigger, "relocalize")
    ros.wait_for(client.service_is_ready, "the service")
    future = client.call_async(Trigger.Request())
    bench.see_until(future.done, "the answer")
    assert future.result().success, future.result().message
    ros.wait_for(lambda: bench.found, "the pose")
    assert to_gaussian(bench.found[-1].pose).mean.distance_to(BASE) < 0.1


def test_carried_robot_is_noticed_and_found_by_pictures_alone(ros: RosWorld) -> None:
    bench = CameraBench(ros, confirm_readings=2)
    bench.localize()
    elsewhere = Pose2(2.4, 1.8, 2.2)
    bench.stand_at(elsewhere)
    bench.see_until(bench.is_alarmed, "the alarm")
    bench.see_until(lambda: bench.found, "the robot to be found")
    assert to_gaussian(bench.found[-1].pose).mean.distance_to(elsewhere) < 0.1
    ros.wait_for(lambda: not bench.is_alarmed(), "the all-clear")


def test_bundle_of_the_other_sensor_is_refused_in_a_sentence(ros: RosWorld) -> None:
    model, _ = camera_model(ROOM)
    with pytest.raises(StartError, match="is for a camera, not for a planar laser: start camera_"):
        ros.start(LidarLocalizer, runnable(model), None)
    with pytest.raises(StartError, match="is for laser, not for one camera: start lidar_localizer"):
        ros.start(CameraLocalizer, oracle_model(room()), None)


def test_node_without_a_bundle_says_so(ros: RosWorld) -> None:
    with pytest.raises(StartError, match="no bundle is named: set the parameter bundle"):
        ros.start(CameraLocalizer)
