# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node that locates pictures on a bench, in a room that its networks know."""

from __future__ import annotations

from typing import Any

import numpy as np
from camera_oracle import BASE, CAMERA, MOUNT, camera_model, runnable
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseWithCovarianceStamped
from nav_msgs.msg import Odometry as OdometryMessage
from ros_fixtures import RosWorld
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Bool, Float32
from textured_room import TexturedRoom
from tf2_msgs.msg import TFMessage

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.nodes.common.conversions import (
    odometry_message,
    stamped_gaussian_message,
    to_stamp,
)
from local_inn_ros.nodes.common.picture_messages import (
    camera_info_message,
    compressed_message,
    image_message,
    mount_message,
)
from local_inn_ros.nodes.common.qos import LATCHED, RELIABLE, SENSOR, STATIC_TRANSFORMS
from local_inn_ros.nodes.localizer.camera_localizer import CameraLocalizer
from local_inn_ros.sensing import Odometry
from local_inn_ros.systems.pose_inn.planar import camera_at

ROOM = TexturedRoom(5)
SEAT = MOUNT.base_from_sensor
FRAME = MOUNT.sensor
START_S = 1000.0
STEP_S = 0.05


class CameraBench:
    """The node with something at each of its topics, on a robot that stands in a room."""

    def __init__(
        self,
        ros: RosWorld,
        seat: Pose3 = SEAT,
        compressed: bool = False,
        info: bool = True,
        **parameters: Any,
    ) -> None:
        self.ros = ros
        model, self.engine = camera_model(ROOM)
        self.base, self._seen = BASE, ROOM.seen(camera_at(BASE, SEAT))[0]
        parameters.setdefault("search_timeout", 60.0)
        parameters.setdefault("pose_file", "")
        parameters.setdefault("transport", "compressed" if compressed else "raw")
        for level in ("warn", "error"):
            parameters.setdefault(f"diagnostics__stamp_age_{level}", 0.0)
            parameters.setdefault(f"diagnostics__picture_time_{level}", 0.0)
        # What is compiled at its first use is there before a search waits a second for a picture.
        given = runnable(model)
        given.warm_up()
        self.node = ros.start(CameraLocalizer, given, None, **parameters)
        pose = PoseWithCovarianceStamped
        self.measurements = self.hear(pose, "measurement")
        self.quality = self.hear(Float32, "quality")
        self.lost = self.hear(Bool, "lost", LATCHED)
        self.found = ros.listen(pose, "relocalized_pose", RELIABLE)
        self.health = ros.listen(DiagnosticArray, "/diagnostics", RELIABLE)
        self.odometry = ros.talk(OdometryMessage, "odom", SENSOR)
        self.initial = ros.talk(pose, "initialpose", RELIABLE)
        self.compressed = compressed
        topic, kind = "image_raw", Image
        if compressed:
            topic, kind = "image_raw/compressed", CompressedImage
        self.pictures = ros.talk(kind, topic, SENSOR)
        self.infos = ros.talk(CameraInfo, "camera_info", SENSOR)
        transforms = ros.talk(TFMessage, "/tf_static", STATIC_TRANSFORMS)
        told = mount_message(seat, to_stamp(0.0), "base_link", FRAME)
        transforms.publish(TFMessage(transforms=[told]))
        self.stamp_s = START_S
        if info:
            self.send_info()
        count = ros.probe.count_publishers
        ros.wait_for(lambda: count("camera_localizer/quality") > 0, "the node's publishers")
        ros.wait_for(lambda: self.lost, "the node's first word on whether it is lost")

    def hear(self, kind: type[Any], name: str, qos: Any = RELIABLE) -> list[Any]:
        return self.ros.listen(kind, f"camera_localizer/{name}", qos)

    def total(self, what: str) -> int:
        return self.node.statistics().get(what, 0)

    def is_alarmed(self) -> bool:
        return bool(self.lost[-1].data)

    def send_info(self, **changes: Any) -> None:
        message = camera_info_message(CAMERA, to_stamp(self.stamp_s), FRAME)
        for name, value in changes.items():
            setattr(message, name, value)
        self.infos.publish(message)

    def tell_pose(self, pose: Pose2) -> None:
        told = GaussianPose2.from_deviations(pose, 0.1, 0.1, 0.05)
        self.initial.publish(stamped_gaussian_message(told, to_stamp(self.stamp_s), "map"))

    def stand_at(self, base: Pose2) -> None:
        """Put the robot somewhere; its networks know at once."""
        self.base = base
        self._seen = ROOM.seen(camera_at(base, SEAT))[0]
        self.engine.camera = camera_at(base, SEAT)

    def see(self, pixels: np.ndarray | None = None) -> None:
        """Let odometry and a picture come, from a robot that stands still."""
        self.stamp_s += STEP_S
        reading = Odometry(self.stamp_s, Pose2.identity())
        exact = GaussianPose2(reading.pose, np.zeros((3, 3)))
        stamp = to_stamp(self.stamp_s)
        self.odometry.publish(odometry_message(exact, reading, stamp, "odom", "base_link"))
        if pixels is None:
            pixels = self._seen
        message = compressed_message if self.compressed else image_message
        self.pictures.publish(message(pixels, stamp, FRAME))

    def see_until(self, condition: Any, what: str, pixels: np.ndarray | None = None) -> None:
        def holds() -> object:
            self.see(pixels)
            return condition()

        self.ros.wait_for(holds, what)

    def localize(self) -> None:
        """Tell a pose that is a little off, and wait for fixes."""
        self.stand_at(BASE)
        self.see_until(lambda: self.total("odometry") and self.total("picture"), "a first picture")
        self.tell_pose(BASE @ Pose2(0.08, -0.05, 0.04))
        self.see_until(lambda: len(self.measurements) >= 3, "fixes")

    def wait_for_health(self, words: str, pixels: np.ndarray | None = None) -> dict[str, str]:
        """Return the figures of the first report, from now on, whose message holds these words."""
        first = len(self.health)

        def told() -> bool:
            return any(words in one.status[0].message for one in self.health[first:])

        self.see_until(told, f"'{words}'", pixels)
        said = [one.status[0] for one in self.health[first:] if words in one.status[0].message]
        return {value.key: value.value for value in said[0].values}
