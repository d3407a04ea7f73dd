# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Messages of a camera for bags of tests, made by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from bag_messages import Messages
from picture_messages import a_picture, camera_info, compressed, rgb_image

FRAME = "camera_optical_frame"


class CameraMessages(Messages):
    """Makes the messages of a bag out of those that are told by their fields alone."""

    def of(self, kind: str, plain: SimpleNamespace) -> Any:
        stamp = plain.header.stamp
        header = self.header(stamp.sec + 1e-9 * stamp.nanosec, plain.header.frame_id)
        told = {**vars(plain), "header": header}
        if "roi" in told:
            roi = vars(told["roi"])
            told["roi"] = self.make("sensor_msgs/msg/RegionOfInterest", **roi)
        if kind.endswith("CameraInfo") and self.one:
            told = {name.upper() if name in "dkrp" else name: one for name, one in told.items()}
        return self.make(f"sensor_msgs/msg/{kind}", **told)

    def picture(self, stamp_s: float, seed: int = 0, frame: str = FRAME) -> Any:
        return self.of("Image", rgb_image(a_picture(64, 48, seed), stamp_s=stamp_s, frame=frame))

    def packed(self, stamp_s: float, seed: int = 0) -> Any:
        return self.of(
            "CompressedImage", compressed(a_picture(64, 48, seed), stamp_s=stamp_s, frame=FRAME)
        )

    def info(self, **changes: Any) -> Any:
        return self.of("CameraInfo", camera_info(64, 48, 60.0, **changes))
