# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Cameras for an observing node: messages to pictures (see ``ObservationIntake``)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from builtin_interfaces.msg import Time
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.errors import BundleError
from local_inn_ros.messages.camera_info import info_topic_of, is_rectified_topic
from local_inn_ros.messages.pictures import PictureIntake
from local_inn_ros.messages.unused import MessageError, Unused
from local_inn_ros.nodes.common.conversions import to_seconds, to_stamp
from local_inn_ros.nodes.common.entities import Entities
from local_inn_ros.nodes.common.parameters import Parameters
from local_inn_ros.nodes.common.picture_messages import image_message
from local_inn_ros.nodes.common.qos import BEST_EFFORT, PICTURES, SENSOR
from local_inn_ros.nodes.localizer.localizer_parameters import COMPRESSED, CameraParameters
from local_inn_ros.nodes.localizer.observation_intake import (
    Hearing,
    Limits,
    SensorMount,
    Words,
)
from local_inn_ros.sensing import CameraSpec, Observation, Picture
from local_inn_ros.sensing.camera.camera_mount import CameraMount
from local_inn_ros.sensing.camera.optical_frame import ceiling_warning
from local_inn_ros.sensing.mount import Mount

_INFO = "camera_info"
# So many pictures may come before it is told which camera they are of: drivers tell it after them.
_GRACE = 5


@dataclass(frozen=True, slots=True, eq=False)
class ArrivedPicture:
    """A picture that came (see ``Arrived``).

    Attributes:
        frame: of the camera.
        stamp: of the message.
        told: the picture, its stamp corrected.
    """

    frame: str
    stamp: Time
    told: Picture

    @property
    def stamped_s(self) -> float:
        """When it was taken, in seconds, as far as is known."""
        return self.told.stamp_s

    def stamp_of(self, picture: Picture) -> Time:
        """Return the instant of the picture, to the nanosecond where the message's holds."""
        same = picture.stamp_s == to_seconds(self.stamp)
        return self.stamp if same else to_stamp(picture.stamp_s)


class ExpectedImages:
    """`~/expected_image`."""

    def __init__(self, entities: Entities) -> None:
        """Offer the topic."""
        self._publisher = entities.publisher(Image, "~/expected_image", BEST_EFFORT)

    def publish(
        self, expected: Observation, header: Header, told: Picture, mount: SensorMount[Picture]
    ) -> None:
        """Publish the picture that was expected."""
        # To look at: not even made where nobody looks.
        if isinstance(expected, Picture) and self._publisher.get_subscription_count():
            self._publisher.publish(image_message(expected.pixels, header.stamp, header.frame_id))


class PictureSource:
    """Hears the pictures of one camera, and what that camera is."""

    def __init__(self, parameters: Parameters[CameraParameters]) -> None:
        """Have heard nothing.

        Args:
            parameters: name the topics, and the limits.
        """
        self._parameters = parameters
        told = parameters.now
        self._topic = told.image_topic
        if told.transport == COMPRESSED and not self._topic.endswith("/compressed"):
            self._topic = f"{self._topic}/compressed"
        self._spec: CameraSpec | None = None
        self._intake: PictureIntake | None = None
        self._early = 0
        self._doubts: dict[str, str] = {}
        self._told: set[str] = set()

    @property
    def words(self) -> Words:
        """What pictures are called."""
        return Words("picture", "pictures", self._topic, ("picture", _INFO))

    @property
    def limits(self) -> Limits:
        """From where on figures of pictures are bad."""
        told = self._parameters.now
        return Limits(
            (told.picture_rate_warn, told.picture_rate_error),
            (told.picture_time_warn, told.picture_time_error),
        )

    def check(self, bundle: Bundle) -> None:
        """Refuse a bundle that is not for one camera.

        Raises:
            BundleError: it is not.
        """
        _camera_of(bundle)

    def begin(self, bundle: Bundle) -> None:
        """Take in which camera the networks know.

        Raises:
            BundleError: it is not for one camera.
        """
        spec = _camera_of(bundle)
        offset_s = spec.time_offset_s + self._parameters.now.time_offset
        self._spec = spec.model_copy(update={"time_offset_s": offset_s})

    def listen(self, hearing: Hearing) -> None:
        """Hear pictures and CameraInfo."""
        assert self._spec is not None
        told, entities = self._parameters.now, hearing.entities
        full_name = entities.full_name(self._topic)
        intake = PictureIntake(self._spec, rectified=is_rectified_topic(full_name))
        self._intake = intake

        def heed_info(message: CameraInfo) -> None:
            try:
                intake.take_calibration(message)
            except MessageError as error:
                hearing.refuse(_INFO, error)

        def heed(message: Image | CompressedImage) -> None:
            came_s = time.monotonic()
            try:
                picture = intake.to_picture(message)
            except MessageError as error:
                self._refuse(error, hearing)
                return
            header = message.header
            hearing.take(ArrivedPicture(header.frame_id, header.stamp, picture), came_s)

        safely = hearing.faults.heeding
        info_topic = told.camera_info_topic or info_topic_of(full_name)
        entities.subscription(
            CameraInfo, info_topic, safely(_INFO, heed_info), SENSOR, also_inactive=True
        )
        kind = CompressedImage if told.transport == COMPRESSED else Image
        entities.subscription(kind, self._topic, safely("picture", heed), PICTURES)

    def _refuse(self, error: MessageError, hearing: Hearing) -> None:
        if error.reason is Unused.NO_CALIBRATION and self._early < _GRACE:
            self._early += 1
            hearing.tally.count(f"picture before its {_INFO}")
            return
        hearing.refuse("picture", error)

    def mounted(self, mount: Mount) -> CameraMount:
        """Take a mount, whatever it is, and keep what is doubtful about it."""
        self._doubts[mount.sensor] = ceiling_warning(mount)
        return CameraMount(mount)

    def expected_view(self, entities: Entities) -> ExpectedImages:
        """Offer `~/expected_image`."""
        return ExpectedImages(entities)

    def contradictions(self) -> Sequence[str]:
        """Return what is doubtful about the mount, and what is notable about the pictures."""
        notes = [] if self._intake is None else self._intake.notes
        return [*(doubt for doubt in self._doubts.values() if doubt), *notes]

    def news(self) -> Sequence[str]:
        """Return what of that is new."""
        fresh = [one for one in self.contradictions() if one not in self._told]
        self._told.update(fresh)
        return fresh


def _camera_of(bundle: Bundle) -> CameraSpec:
    sensors = tuple(bundle.description.sensors.values())
    if len(sensors) != 1 or not isinstance(sensors[0], CameraSpec):
        kinds = ", ".join(one.kind for one in sensors) or "no sensor"
        raise BundleError(
            f"{bundle.path.name} ({bundle.description.system}) is for {kinds}, not for one camera: "
            "start lidar_localizer with a laser's bundle, and camera_localizer with one that "
            "`local-inn train` made from pictures"
        )
    return sensors[0]
