# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The picture that networks should take of a camera, by its calibration."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.sensing.camera.calibration import CameraCalibration
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.sensing.camera.faults import PictureError, PictureFault
from local_inn_ros.sensing.camera.source_pixels import source_pixels

# Farther out, in degrees to both sides together, a picture without distortion is stretched edges.
_WIDEST_DEG = 110.0
# A lens that needs more than this, or less, to fill a rectangle is none.
_LEAST_ZOOM, _MOST_ZOOM = 0.5, 8.0
# All of the picture is seen, but for the rounding of its corners.
_WHOLE = 0.9995
_HALVINGS = 14
# Of a picture that nobody said the size of: as much detail as a room needs, and a fix in 20 ms.
_USUAL_PIXELS = 320 * 240


def usual_size(calibration: CameraCalibration, multiple: int) -> tuple[int, int]:
    """Return width and height of the picture that networks should take of a camera.

    About its own proportions, 320x240 pixels in all at most, and never larger than it is.

    Args:
        calibration: of the camera.
        multiple: both are multiples of so many pixels.
    """
    width, height = calibration.picture_size
    shrink = min(1.0, math.sqrt(_USUAL_PIXELS / (width * height)))
    # Down where it is the camera's own size, else to the nearest.
    half = 0.0 if shrink == 1.0 else 0.5

    def fitting(pixels: int) -> int:
        return max(2, math.floor(shrink * pixels / multiple + half)) * multiple

    return fitting(width), fitting(height)


def fitted_spec(
    calibration: CameraCalibration,
    size: tuple[int, int],
    name: str = "camera",
    rate_hz: float = 30.0,
) -> CameraSpec:
    """Return the description of the widest picture without distortion that a camera fills.

    Of a camera without distortion, and a size of the same proportions, that is its whole picture.

    Args:
        calibration: of the camera.
        size: width and height of the picture, in pixels.
        name: what people call the camera.
        rate_hz: pictures a second.

    Raises:
        PictureError: the lens fills no such picture.
    """
    matrix = _cut_matrix(calibration, size)

    def zoomed(zoom: float) -> CameraSpec:
        fx, fy, cx, cy = zoom * matrix[0, 0], zoom * matrix[1, 1], matrix[0, 2], matrix[1, 2]
        plain = {"width": size[0], "height": size[1], "fx": fx, "fy": fy, "cx": cx, "cy": cy}
        return CameraSpec(name=name, rate_hz=rate_hz, **plain)

    widest = 0.5 * size[0] / math.tan(math.radians(0.5 * _WIDEST_DEG)) / matrix[0, 0]
    if calibration.is_pinhole:
        return zoomed(max(1.0, widest))

    def fills(zoom: float) -> bool:
        return bool(source_pixels(calibration, zoomed(zoom)).seen.mean() > _WHOLE)

    return zoomed(_least(fills, max(_LEAST_ZOOM, widest), calibration))


def _least(fills: Callable[[float], bool], low: float, calibration: CameraCalibration) -> float:
    """Return the least zoom at which the camera fills the picture.

    Raises:
        PictureError: there is none.
    """
    if fills(low):
        return low
    high = max(_MOST_ZOOM, low)
    if not fills(high):
        raise PictureError(
            f"the lens of the camera ({calibration.in_words()}) fills no picture without "
            "distortion: its coefficients are wrong",
            PictureFault.CALIBRATION,
        )
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if fills(middle) else (middle, high)
    return high


def _cut_matrix(calibration: CameraCalibration, size: tuple[int, int]) -> NDArray[np.float64]:
    """Return K (3, 3) of the camera's picture, resized to cover another, and cut at the middle."""
    own, matrix = calibration.picture_size, calibration.picture_matrix()
    scale = max(size[0] / own[0], size[1] / own[1])
    for axis in (0, 1):
        matrix[axis, axis] *= scale
        from_middle = matrix[axis, 2] - 0.5 * (own[axis] - 1)
        matrix[axis, 2] = scale * from_middle + 0.5 * (size[axis] - 1)
    return matrix
