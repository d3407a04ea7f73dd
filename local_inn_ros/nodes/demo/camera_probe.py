# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node that watches the camera's demo from outside, with nothing but topics and services."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from geometry_msgs.msg import PoseWithCovarianceStamped
from numpy.typing import NDArray
from rclpy.client import Client
from rclpy.task import Future
from sensor_msgs.msg import Image
from std_msgs.msg import Bool, Float32
from std_srvs.srv import SetBool

from local_inn_ros.geometry import Pose2
from local_inn_ros.nodes.common.conversions import to_pose, to_seconds
from local_inn_ros.nodes.common.qos import BEST_EFFORT, LATCHED, RELIABLE, SENSOR
from local_inn_ros.nodes.demo.demo_probe import DemoProbe, Estimate, Stamp, stamp_of

# Pictures that are kept, until what was expected of one of them is heard.
_KEPT = 40


@dataclass(frozen=True, slots=True, eq=False)
class SeenAndExpected:
    """What a camera saw, and what its network expects to be seen there.

    Attributes:
        stamp_s: of the picture.
        seen: (height, width) or (height, width, 3).
        expected: (rows, cols), an eighth of the size.
    """

    stamp_s: float
    seen: NDArray[np.uint8]
    expected: NDArray[np.uint8]


class CameraProbe(DemoProbe):
    """Listens to the camera's localizer too, and unplugs the laser."""

    watched: ClassVar[frozenset[str]] = frozenset({"ekf", "lidar_localizer", "camera_localizer"})

    def __init__(self, **node_arguments: Any) -> None:
        """Connect; see ``rclpy.node.Node`` for the arguments."""
        super().__init__(**node_arguments)
        self.camera_fixes: dict[Stamp, Pose2] = {}
        self.camera_lost = False
        self.quality = 0.0
        self.views: SeenAndExpected | None = None
        self._pictures: dict[Stamp, NDArray[np.uint8]] = {}
        self._laser: Client[Any, Any] = self.create_client(SetBool, "simulator/laser")
        pose = PoseWithCovarianceStamped
        self.create_subscription(pose, "camera_localizer/fix", self._on_camera_fix, RELIABLE)
        self.create_subscription(Bool, "camera_localizer/lost", self._on_camera_lost, LATCHED)
        self.create_subscription(Float32, "camera_localizer/quality", self._on_quality, RELIABLE)
        self.create_subscription(Image, "image_raw", self._on_picture, SENSOR)
        self.create_subscription(
            Image, "camera_localizer/expected_image", self._on_expected, BEST_EFFORT
        )

    def ready(self) -> bool:
        """Tell whether everybody is there, and hears what it needs."""
        return super().ready() and self._laser.service_is_ready() and bool(self._pictures)

    def unplug_laser(self) -> Future[SetBool.Response]:
        """Ask the simulator to keep what the laser measures to itself."""
        return self._laser.call_async(SetBool.Request(data=False))

    def by_camera(self, estimates: list[Estimate]) -> list[Estimate]:
        """Return those estimates that come from a picture."""
        return [one for one in estimates if one.stamp in self.camera_fixes]

    def _on_camera_fix(self, message: PoseWithCovarianceStamped) -> None:
        self.camera_fixes[stamp_of(message)] = to_pose(message.pose.pose)

    def _on_camera_lost(self, message: Bool) -> None:
        self.camera_lost = message.data

    def _on_quality(self, message: Float32) -> None:
        self.quality = message.data

    def _on_picture(self, message: Image) -> None:
        self._pictures[stamp_of(message)] = pixels_of(message)
        if len(self._pictures) > _KEPT:
            del self._pictures[next(iter(self._pictures))]

    def _on_expected(self, message: Image) -> None:
        seen = self._pictures.get(stamp_of(message))
        if seen is not None:
            stamp_s = to_seconds(message.header.stamp)
            self.views = SeenAndExpected(stamp_s, seen, pixels_of(message))


def pixels_of(message: Image) -> NDArray[np.uint8]:
    """Return the pixels of a picture that the simulator or a localizer has sent."""
    flat = np.frombuffer(message.data, np.uint8)
    rows = flat.reshape(message.height, message.step)
    channels = message.step // message.width
    shape = (message.height, message.width, channels)[: 2 if channels == 1 else 3]
    return rows.reshape(shape)
