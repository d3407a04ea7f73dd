# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From the messages of one camera to its pictures, or to the reason why one is none.

Nodes, `train` and whatever reads bags take pictures through here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.messages.camera_info import to_calibration
from local_inn_ros.messages.readings import to_seconds
from local_inn_ros.messages.unused import MessageError, Unused
from local_inn_ros.sensing.camera.calibration import CameraCalibration
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.sensing.camera.compressed import CompressedPicture
from local_inn_ros.sensing.camera.decoding import decoded_image
from local_inn_ros.sensing.camera.exposure import check_exposure
from local_inn_ros.sensing.camera.faults import PictureError, PictureFault
from local_inn_ros.sensing.camera.picture import Picture
from local_inn_ros.sensing.camera.rectifier import Rectifier
from local_inn_ros.sensing.camera.size_match import resized_calibration

_Size = tuple[int, int]


class PictureIntake:
    """Takes the messages of one camera: its calibration, and its pictures of either kind.

    The newest calibration that can be used holds. Pictures of its size are taken; those of another
    size only where they have had it since that calibration came, and its proportions.

    Attributes:
        calibration: the newest; None where none came yet.
        notes: what a person should know of how pictures are taken, a sentence each.
    """

    def __init__(self, spec: CameraSpec, sensor: str = "", rectified: bool = False) -> None:
        """Begin.

        Args:
            spec: of the pictures that networks take.
            sensor: name of the camera, as the bundle has it.
            rectified: whether the pictures were rectified by image_proc.
        """
        self.calibration: CameraCalibration | None = None
        self.notes: list[str] = []
        self._spec, self._sensor, self._rectified = spec, sensor, rectified
        # Sizes that were taken, each with what takes it, and the first of them.
        self._size: _Size | None = None
        self._rectifiers: dict[_Size, Rectifier | PictureError] = {}
        # The size of the calibration before, where pictures had it: one may be still on its way.
        self._earlier: _Size | None = None
        self._has_changed = False

    def take_calibration(self, message: Any) -> None:
        """Take a sensor_msgs/CameraInfo.

        Raises:
            MessageError: the camera is not calibrated, or the numbers make no sense; what was known
                before still holds.
        """
        told = to_calibration(message, self._rectified)
        before = self.calibration
        if before is None or not before.same_as(told):
            if before is not None and self._rectifiers:
                self._note_change(before, told)
            self.calibration, self._size, self._rectifiers = told, None, {}

    def _note_change(self, before: CameraCalibration, now: CameraCalibration) -> None:
        if before.picture_size in self._rectifiers:
            self._earlier = before.picture_size
        # Once: a lens that focuses by itself may change with every picture.
        if not self._has_changed:
            self.notes.append(
                f"camera_info changed while pictures came, from {before.in_words()} to "
                f"{now.in_words()}: the newest holds; where two cameras share its topic, give each "
                "its own"
            )
        self._has_changed = True

    def to_picture(self, message: Any) -> Picture:
        """Take a sensor_msgs/Image or CompressedImage.

        Raises:
            MessageError: it is no picture, of no use, or no calibration goes with it.
        """
        stamp_s = to_seconds(message.header.stamp) + self._spec.time_offset_s
        try:
            pixels = self._pixels(message)
        except PictureError as error:
            raise MessageError(str(error), Unused[error.fault.name]) from None
        return Picture(stamp_s, pixels, sensor=self._sensor)

    def _pixels(self, message: Any) -> NDArray[np.uint8]:
        white = self._spec.white_level
        if hasattr(message, "format"):
            compressed = CompressedPicture.of(message)
            rectifier = self._rectifier(compressed.size)
            raw = compressed.pixels(rectifier.shrink, white)
        else:
            raw = decoded_image(message, white)
            rectifier = self._rectifier((raw.shape[1], raw.shape[0]))
        pixels = rectifier(raw)
        try:
            check_exposure(pixels, rectifier.seen)
        except PictureError as error:
            if error.fault != PictureFault.DARK or not _is_wide(message):
                raise
            raise PictureError(
                f"{error}; its pixels have 16 bits: where {white} is not the white of the camera, "
                "say what is by white_level in its description",
                error.fault,
            ) from None
        return pixels

    def _rectifier(self, size: _Size) -> Rectifier:
        if self.calibration is None:
            raise PictureError(
                "a picture came before any camera_info that can be used",
                PictureFault.NO_CALIBRATION,
            )
        if size not in self._rectifiers:
            fitting = self._fitting(self.calibration, size)
            try:
                self._rectifiers[size] = Rectifier(fitting, self._spec)
            except PictureError as error:
                self._rectifiers[size] = error
        found = self._rectifiers[size]
        if isinstance(found, PictureError):
            raise PictureError(str(found), found.fault)
        return found

    def _fitting(self, calibration: CameraCalibration, size: _Size) -> CameraCalibration:
        """Return the calibration for pictures of a size that did not come before.

        Raises:
            PictureError: they do not go with it.
        """
        own = calibration.picture_size
        fitting = resized_calibration(calibration, size)
        if size != own:
            if self._size is not None or size == self._earlier:
                usual = self._size or own
                raise PictureError(
                    f"the pictures are {usual[0]}x{usual[1]} pixels, and this one is "
                    f"{size[0]}x{size[1]}, of which camera_info says nothing",
                    PictureFault.SIZE,
                )
            note = (
                f"the pictures are {size[0]}x{size[1]} pixels and camera_info is for "
                f"{own[0]}x{own[1]}: they are taken for the whole of it, resized"
            )
            if note not in self.notes:
                self.notes.append(note)
        self._size = size
        return fitting


def _is_wide(message: Any) -> bool:
    """Tell whether a picture has pixels of 16 bits, by its name."""
    named = message.format if hasattr(message, "format") else message.encoding
    return "16" in named
