# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A laser and a camera on one robot: whose word counts, and what one has the other check."""

from __future__ import annotations

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")
pytest.importorskip("cv2", reason="pictures need OpenCV")
pytest.importorskip("poselib")

import numpy as np
from camera_bench import CameraBench
from camera_oracle import BASE as CAMERA_BASE
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from geometry_msgs.msg import PoseArray
from localizer_bench import BASE, Bench
from model_fixtures import hall
from ros_fixtures import RosWorld
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from local_inn_ros.geometry import Pose2
from local_inn_ros.nodes.common.conversions import (
    pose_array_message,
    to_gaussian,
    to_pose,
    to_stamp,
)
from local_inn_ros.nodes.common.qos import LATCHED, RELIABLE

CANDIDATES = "camera_localizer/candidates"


class Senior:
    """A laser's node as the camera's sees it."""

    def __init__(self, ros: RosWorld) -> None:
        self._diagnostics = ros.talk(DiagnosticArray, "/diagnostics", RELIABLE)
        self._lost = ros.talk(Bool, "lidar_localizer/lost", LATCHED)

    def says(self, readings: bool, lost: bool) -> None:
        value = KeyValue(key="readings come", value=str(readings))
        status = DiagnosticStatus(name="lidar_localizer", values=[value])
        self._diagnostics.publish(DiagnosticArray(status=[status]))
        self._lost.publish(Bool(data=lost))


def test_laser_decides_a_tie_by_what_the_camera_offers(ros: RosWorld) -> None:
    bench = Bench(ros, grid=hall(), search_timeout=5.0)
    camera = ros.talk(PoseArray, CANDIDATES, RELIABLE)
    bench.stand_at(BASE)
    bench.look_until(lambda: bench.total("scan") >= 2, "scans")
    seen = BASE @ Pose2(0.1, -0.1, 0.05)

    def offer_and_look() -> object:
        place = np.array([seen.to_array()])
        camera.publish(pose_array_message(place, to_stamp(bench.sent_s), "map"))
        bench.look_from(BASE)
        return future.done()

    for _ in range(3):
        future = bench.call()
        ros.wait_for(offer_and_look, "the answer")
        if future.result().success:
            break
    assert future.result().success, future.result().message
    ros.wait_for(lambda: bench.found, "the pose")
    assert to_gaussian(bench.found[-1].pose).mean.distance_to(BASE) < 0.1


def test_laser_does_not_believe_what_its_scans_speak_against(ros: RosWorld) -> None:
    bench = Bench(ros, search_timeout=5.0)
    camera = ros.talk(PoseArray, CANDIDATES, RELIABLE)
    bench.stand_at(BASE)
    bench.look_until(lambda: bench.total("scan") >= 2, "scans")
    wrong = np.array([[4.4, 2.3, 2.2]])
    camera.publish(pose_array_message(wrong, to_stamp(bench.sent_s), "map"))
    answer = bench.ask()
    assert answer.success, answer.message
    ros.wait_for(lambda: bench.found, "the pose")
    assert to_gaussian(bench.found[-1].pose).mean.distance_to(BASE) < 0.1


def test_camera_offers_while_the_laser_has_scans_and_decides_when_it_has_none(
    ros: RosWorld,
) -> None:
    bench = CameraBench(ros, defers_to="lidar_localizer", search_timeout=1.0, confirm_readings=1)
    offered = ros.listen(PoseArray, CANDIDATES, RELIABLE)
    senior = Senior(ros)
    bench.localize()
    elsewhere = Pose2(2.4, 1.8, 2.2)
    bench.stand_at(elsewhere)

    def laser_is_lost() -> object:
        senior.says(readings=True, lost=True)
        bench.see()
        return any(array.poses for array in offered)

    ros.wait_for(laser_is_lost, "candidates")
    places = next(array.poses for array in offered if array.poses)
    assert to_pose(places[0]).distance_to(elsewhere) < 0.2
    # Whether the robot is lost, and where it is, was the laser's to say.
    assert not bench.is_alarmed()
    assert bench.found == []
    bench.see_until(bench.is_alarmed, "the camera's alarm, once the laser is silent")
    bench.see_until(lambda: bench.found, "the robot to be found by the camera")
    assert to_gaussian(bench.found[-1].pose).mean.distance_to(elsewhere) < 0.1


def test_services_of_a_camera_beside_a_laser_are_under_its_own_name(ros: RosWorld) -> None:
    bench = CameraBench(ros, defers_to="lidar_localizer")
    bench.stand_at(CAMERA_BASE)
    client = ros.probe.create_client(Trigger, "camera_localizer/relocalize")
    ros.wait_for(client.service_is_ready, "the service")
    future = client.call_async(Trigger.Request())
    bench.see_until(future.done, "the answer")
    # Called by name it decides, whatever the laser has.
    assert future.result().success, future.result().message
