# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a picture or with what is told of its camera."""

from __future__ import annotations

from enum import Enum

from local_inn_ros.errors import SensorError


class PictureFault(Enum):
    """A reason not to use a picture, by the name that it is counted under."""

    NO_SIZE = "a picture without size or data"
    ENCODING = "an encoding that is not known"
    ROWS = "rows that do not fit the picture"
    TOO_LARGE = "a picture larger than any camera's"
    CUT_OFF = "a compressed picture that is cut off"
    BROKEN = "a compressed picture that cannot be decoded"
    NO_CALIBRATION = "no calibration of the camera"
    CALIBRATION = "a calibration that cannot be used"
    SIZE = "a size that does not fit the calibration"
    OTHER_CAMERA = "a camera that does not fit the bundle"
    DARK = "too dark"
    OVER_EXPOSED = "over-exposed"
    BLANK = "a covered lens, or nothing to see"


class PictureError(SensorError):
    """A picture, or a calibration, that cannot be used; the text says what is wrong with it.

    Attributes:
        fault: the kind, for counting.
    """

    def __init__(self, text: str, fault: PictureFault) -> None:
        """Say what is wrong."""
        super().__init__(text)
        self.fault = fault
