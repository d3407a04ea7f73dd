# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures and what cameras are, as messages."""

from __future__ import annotations

from array import array

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Quaternion, TransformStamped, Vector3
from numpy.typing import NDArray
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from local_inn_ros.geometry import Pose3
from local_inn_ros.nodes.common.conversions import header
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.sensing.camera.encoding import jpeg_format, jpeg_of


def image_message(pixels: NDArray[np.uint8], stamp: Time, frame: str) -> Image:
    """Return a picture, (height, width, 3) red first or (height, width), as it is."""
    raw = np.ascontiguousarray(pixels)
    return Image(
        header=header(stamp, frame),
        height=raw.shape[0],
        width=raw.shape[1],
        encoding="mono8" if raw.ndim == 2 else "rgb8",
        step=raw[0].nbytes,
        data=array("B", raw.tobytes()),
    )


def compressed_message(pixels: NDArray[np.uint8], stamp: Time, frame: str) -> CompressedImage:
    """Return a picture as JPEG; see ``image_message``."""
    return CompressedImage(
        header=header(stamp, frame),
        format=jpeg_format(pixels),
        data=array("B", jpeg_of(pixels)),
    )


def camera_info_message(spec: CameraSpec, stamp: Time, frame: str) -> CameraInfo:
    """Return the calibration of a camera without distortion."""
    matrix = spec.matrix()
    return CameraInfo(
        header=header(stamp, frame),
        height=spec.height,
        width=spec.width,
        distortion_model="plumb_bob",
        d=[0.0] * 5,
        k=matrix.ravel(),
        r=np.eye(3).ravel(),
        p=np.hstack([matrix, np.zeros((3, 1))]).ravel(),
    )


def mount_message(pose: Pose3, stamp: Time, frame: str, child_frame: str) -> TransformStamped:
    """Return the transform in space that takes ``child_frame`` into ``frame``."""
    x, y, z = pose.translation.tolist()
    message = TransformStamped(header=header(stamp, frame), child_frame_id=child_frame)
    message.transform.translation = Vector3(x=x, y=y, z=z)
    x, y, z, w = pose.to_quaternion().tolist()
    message.transform.rotation = Quaternion(x=x, y=y, z=z, w=w)
    return message
