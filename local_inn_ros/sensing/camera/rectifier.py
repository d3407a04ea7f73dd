# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From a picture as it was taken to the picture that networks take: one function for all."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from local_inn_ros.sensing.camera.calibration import CameraCalibration
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.sensing.camera.faults import PictureError, PictureFault
from local_inn_ros.sensing.camera.source_pixels import source_pixels

# Of the picture that networks take, a camera must show this share.
_LEAST_SEEN = 0.9
# Of the pixels along a side of it, a camera must have this share.
_LEAST_PIXELS = 0.4
# Steps may be so much longer than a pixel that is looked at, before what lies between is averaged.
_STEP_SLACK = 0.25


class Rectifier:
    """Takes the pictures of one camera to those of a description, by one look-up.

    Lens, resizing, region and binning are undone together. Where the picture shrinks, areas are
    averaged: first whole blocks of ``shrink`` pixels (which a JPEG decoder does for nothing), then
    several points for each pixel. What the camera does not see is black.

    Attributes:
        calibration: of the camera.
        spec: of the pictures that come out.
        shrink: 1, 2, 4 or 8: pictures may come decoded at this part of their size.
        seen: (height, width) bool: which pixels the camera shows.
    """

    def __init__(self, calibration: CameraCalibration, spec: CameraSpec) -> None:
        """Prepare the look-up.

        Raises:
            PictureError: the camera does not show what networks take; both cameras' numbers are in
                the text.
        """
        self.calibration, self.spec = calibration, spec
        sources = source_pixels(calibration, spec)
        self.seen, self.shrink = sources.seen, sources.shrink()
        self._check_fit(float(self.seen.mean()), sources.step())
        self._is_identity = sources.is_identity
        self._points = max(1, int(np.ceil(sources.step() / self.shrink - _STEP_SLACK)))
        if not self._is_identity:
            dense = source_pixels(calibration, spec, self._points)
            self._maps = cv2.convertMaps(*dense.shrunk(self.shrink), cv2.CV_16SC2)

    def _check_fit(self, share: float, step: float) -> None:
        if share < _LEAST_SEEN:
            trouble = f"shows {100.0 * share:.0f} % of the picture that the bundle takes"
        elif step < _LEAST_PIXELS:
            trouble = f"has {step:.2f} pixels for each along the picture that the bundle takes"
        else:
            return
        raise PictureError(
            f"the camera ({self.calibration.in_words()}) {trouble} ({self.spec.in_words()}): it is "
            "not the camera that was trained with, or its calibration is of another",
            PictureFault.OTHER_CAMERA,
        )

    def size(self, shrink: int = 1) -> tuple[int, int]:
        """Return width and height of the pictures that go in, decoded at a part of their size."""
        width, height = self.calibration.picture_size
        return -(-width // shrink), -(-height // shrink)

    def __call__(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the picture that networks take.

        Args:
            pixels: uint8 (height, width, 3) RGB or (height, width) brightness, of ``size()`` or, as
                decoded at a part of it, of ``size(shrink)``.

        Returns:
            uint8 of ``spec.shape``.

        Raises:
            PictureError: it is of another size.
        """
        got = (pixels.shape[1], pixels.shape[0])
        if got not in (self.size(), self.size(self.shrink)):
            raise PictureError(
                f"the picture is {got[0]}x{got[1]} pixels, and the camera's calibration is "
                f"of {self.calibration.in_words()}",
                PictureFault.SIZE,
            )
        if self.spec.colour == "mono" and pixels.ndim == 3:
            pixels = _array(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
        if not self._is_identity:
            pixels = self._looked_up(
                pixels if got == self.size(self.shrink) else self._shrunk(pixels)
            )
        if self.spec.colour == "rgb" and pixels.ndim == 2:
            pixels = _array(cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB))
        return pixels

    def _shrunk(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Average whole blocks, as a JPEG decoder does; the last of a row may lack some pixels."""
        width, height = self.size(self.shrink)
        right, below = width * self.shrink - pixels.shape[1], height * self.shrink - pixels.shape[0]
        if right or below:
            pixels = _array(cv2.copyMakeBorder(pixels, 0, below, 0, right, cv2.BORDER_REPLICATE))
        return _array(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA))

    def _looked_up(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        found = cv2.remap(pixels, *self._maps, cv2.INTER_LINEAR)
        if self._points > 1:
            size = (self.spec.width, self.spec.height)
            found = cv2.resize(found, size, interpolation=cv2.INTER_AREA)
        return _array(found)


def _array(found: object) -> NDArray[np.uint8]:
    return np.asarray(found, dtype=np.uint8)
