# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Write the pictures of a camera into a bag, with its calibration."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.recordings.bag_writer import BagWriter
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.sensing.camera.encoding import jpeg_format, jpeg_of
from local_inn_ros.sensing.camera.picture import Picture


class PictureWriter:
    """Writes the pictures of one camera, each at once: nothing of them is kept in memory.

    The topics are ``PREFIX/image_raw``, or ``PREFIX/image_raw/compressed``, with
    ``PREFIX/camera_info`` beside it, and ``PREFIX/depth/image_raw`` for depth (REP-118).
    """

    def __init__(
        self, bag: BagWriter, spec: CameraSpec, prefix: str, frame: str, compressed: bool
    ) -> None:
        """Begin.

        Args:
            bag: where to.
            spec: of the camera.
            prefix: of its topics; empty, or with a slash before it.
            frame: its optical frame.
            compressed: whether pictures are written as JPEG.
        """
        self._bag, self._spec = bag, spec
        self._prefix, self._frame, self._compressed = prefix, frame, compressed

    def write(
        self, picture: Picture, known_s: float, depth_m: NDArray[np.float32] | None = None
    ) -> None:
        """Write a picture and what belongs to it.

        Args:
            picture: the picture.
            known_s: when it has been read out.
            depth_m: (height, width) its depth in m, 0 for none, if there is any.
        """
        pixels, stamp_s = picture.pixels, picture.stamp_s
        if self._compressed:
            self._bag.write(
                f"{self._prefix}/image_raw/compressed",
                "sensor_msgs/msg/CompressedImage",
                known_s,
                header=self._bag.header(stamp_s, self._frame),
                format=jpeg_format(pixels),
                data=np.frombuffer(jpeg_of(pixels), np.uint8),
            )
        else:
            encoding = "mono8" if picture.is_mono else "rgb8"
            self._image("image_raw", encoding, pixels, stamp_s, known_s)
        if depth_m is not None:
            self._image("depth/image_raw", "32FC1", depth_m, stamp_s, known_s)
        self._calibration(stamp_s, known_s)

    def _image(
        self,
        topic: str,
        encoding: str,
        values: NDArray[np.uint8] | NDArray[np.float32],
        stamp_s: float,
        known_s: float,
    ) -> None:
        raw = np.ascontiguousarray(values).reshape(values.shape[0], -1).view(np.uint8)
        self._bag.write(
            f"{self._prefix}/{topic}",
            "sensor_msgs/msg/Image",
            known_s,
            header=self._bag.header(stamp_s, self._frame),
            height=raw.shape[0],
            width=values.shape[1],
            encoding=encoding,
            is_bigendian=0,
            step=raw.shape[1],
            data=raw.ravel(),
        )

    def _calibration(self, stamp_s: float, known_s: float) -> None:
        matrix = self._spec.matrix()
        region = self._bag.make(
            "sensor_msgs/msg/RegionOfInterest",
            x_offset=0,
            y_offset=0,
            height=0,
            width=0,
            do_rectify=False,
        )
        self._bag.write(
            f"{self._prefix}/camera_info",
            "sensor_msgs/msg/CameraInfo",
            known_s,
            header=self._bag.header(stamp_s, self._frame),
            height=self._spec.height,
            width=self._spec.width,
            distortion_model="plumb_bob",
            d=np.zeros(5),
            k=matrix.ravel(),
            r=np.eye(3).ravel(),
            p=np.hstack([matrix, np.zeros((3, 1))]).ravel(),
            binning_x=0,
            binning_y=0,
            roi=region,
        )
