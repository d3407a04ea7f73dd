# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a sensor_msgs/CameraInfo says, and where one is to be looked for."""

from __future__ import annotations

from typing import Any

from local_inn_ros.messages.unused import MessageError, Unused
from local_inn_ros.sensing.camera.calibration import CameraCalibration, Region
from local_inn_ros.sensing.camera.faults import PictureError

# What image_transport appends to the topic of a picture.
_TRANSPORTS = ("compressed",)
# Topics of pictures that image_proc has rectified.
_RECTIFIED = "image_rect"


def to_calibration(message: Any, rectified: bool = False) -> CameraCalibration:
    """Read a sensor_msgs/CameraInfo, of ROS 2 or of ROS 1.

    Args:
        message: the message.
        rectified: whether the pictures are those that image_proc has rectified.

    Raises:
        MessageError: the camera is not calibrated, or the numbers make no sense.
    """
    region = message.roi
    try:
        calibration = CameraCalibration(
            width=int(message.width),
            height=int(message.height),
            distortion_model=message.distortion_model,
            coefficients=_field(message, "d"),
            camera_matrix=_field(message, "k"),
            rectification=_field(message, "r"),
            projection=_field(message, "p"),
            binning=(int(message.binning_x), int(message.binning_y)),
            region=Region(
                int(region.x_offset), int(region.y_offset), int(region.width), int(region.height)
            ),
        )
        return calibration.of_rectified() if rectified else calibration
    except PictureError as error:
        raise MessageError(str(error), Unused[error.fault.name]) from None


def info_topic_of(picture_topic: str) -> str:
    """Return the topic where the calibration of a camera is, by the name of its pictures' topic.

    ``/front/image_raw`` and ``/front/image_raw/compressed`` have ``/front/camera_info``, as
    image_transport has it.
    """
    return f"{_bare(picture_topic).rpartition('/')[0]}/camera_info"


def is_rectified_topic(picture_topic: str) -> bool:
    """Tell whether a topic is of pictures that image_proc has rectified, by its name."""
    return _bare(picture_topic).rpartition("/")[2].startswith(_RECTIFIED)


def _bare(topic: str) -> str:
    head, _, last = topic.rpartition("/")
    return head if last in _TRANSPORTS else topic


def _field(message: Any, name: str) -> Any:
    """Return a field that ROS 1 writes large."""
    return getattr(message, name) if hasattr(message, name) else getattr(message, name.upper())
