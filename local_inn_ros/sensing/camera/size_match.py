# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures of a size that is not that of their calibration."""

from __future__ import annotations

from local_inn_ros.sensing.camera.calibration import CameraCalibration
from local_inn_ros.sensing.camera.faults import PictureError, PictureFault

# Nobody resizes pictures by more than that.
_MOST_SCALE = 16.0


def resized_calibration(calibration: CameraCalibration, size: tuple[int, int]) -> CameraCalibration:
    """Return the calibration for pictures of some size, which somebody has resized.

    They must have the proportions of the camera's own pictures, to a pixel: a part that was cut
    out cannot be told from a picture that was resized unevenly.

    Args:
        calibration: of the camera.
        size: width and height of the pictures.

    Raises:
        PictureError: they have not; both sizes are in the text.
    """
    own = calibration.picture_size
    if size == own:
        return calibration
    scale = size[0] / own[0]
    alike = abs(size[1] - scale * own[1]) <= 1.0 or abs(size[0] - own[0] * size[1] / own[1]) <= 1.0
    if calibration.region is None and alike and 1.0 / _MOST_SCALE <= scale <= _MOST_SCALE:
        return calibration.of_pictures(*size)
    region = " of the region that it names" if calibration.region is not None else ""
    raise PictureError(
        f"the picture is {size[0]}x{size[1]} pixels, and camera_info is for {own[0]}x{own[1]}"
        f"{region} ({calibration.in_words()}): calibrate the camera at the size that it runs at",
        PictureFault.SIZE,
    )
