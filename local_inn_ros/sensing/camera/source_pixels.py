# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where in a camera's picture each pixel of the rectified picture is to be found."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from local_inn_ros.sensing.camera.calibration import EQUIDISTANT, CameraCalibration, scaled_matrix
from local_inn_ros.sensing.camera.camera_spec import CameraSpec

# Decoders of JPEG average blocks of so many pixels.
_BLOCKS = (8, 4, 2)
# Blocks may be so much larger than the pixels that they are averaged for: more would blur.
_BLOCK_SLACK = 1.15
# Nearer than this to where it stays, in pixels, nothing moves.
_STAYS = 0.02
# Where there is no pixel.
_NOWHERE = -1e4


@dataclass(frozen=True, slots=True, eq=False)
class SourcePixels:
    """Where each pixel comes from.

    Attributes:
        size: width and height of the camera's picture.
        columns: (h, w) float32, in pixels of the camera's picture.
        rows: (h, w) float32.
        seen: (h, w) bool, whether that is in the picture.
        is_identity: whether both pictures are one and the same.
    """

    size: tuple[int, int]
    columns: NDArray[np.float32]
    rows: NDArray[np.float32]
    seen: NDArray[np.bool_]
    is_identity: bool

    def step(self) -> float:
        """Return how many pixels of the camera lie between two neighbours, where these are most."""
        return float(np.quantile(self._steps(), 0.95))

    def shrink(self) -> int:
        """Return the side of blocks, in pixels, that may be averaged before all else: 1 to 8."""
        usual = float(np.median(self._steps()))
        return next((block for block in _BLOCKS if block <= usual * _BLOCK_SLACK), 1)

    def shrunk(self, block: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return columns and rows (h, w) in a picture whose blocks were averaged.

        What lies in the outer half of its outermost pixels is taken to their middle, so that no
        border shows through; what is not seen lies outside.
        """
        found = []
        for places, count in ((self.columns, self.size[0]), (self.rows, self.size[1])):
            last = -(-count // block) - 1
            inside = np.clip((places + 0.5) / block - 0.5, 0.0, last).astype(np.float32)
            found.append(np.where(self.seen, inside, np.float32(_NOWHERE)))
        return found[0], found[1]

    def _steps(self) -> NDArray[np.float64]:
        """Return the root of the area (n,) that each pixel stands for, where something is seen."""
        # What is not seen may lie anywhere, infinitely far too.
        columns, rows = (np.where(self.seen, one, 0.0) for one in (self.columns, self.rows))
        across = np.diff(columns, axis=1)[:-1], np.diff(rows, axis=1)[:-1]
        down = np.diff(columns, axis=0)[:, :-1], np.diff(rows, axis=0)[:, :-1]
        area = across[0] * down[1] - across[1] * down[0]
        inside = self.seen[:-1, :-1] & self.seen[1:, :-1] & self.seen[:-1, 1:]
        found = np.sqrt(np.abs(area[inside]))
        return found if found.size else np.ones(1)


def source_pixels(
    calibration: CameraCalibration, spec: CameraSpec, points: int = 1
) -> SourcePixels:
    """Return where the pixels of a description's pictures come from.

    Args:
        calibration: of the camera.
        spec: of the pictures.
        points: for each pixel, so many by so many, evenly spread over it.
    """
    size = (spec.width * points, spec.height * points)
    wanted = scaled_matrix(spec.matrix(), points, points)
    # Region and binning move and scale pixels after the lens has distorted them: as K does.
    lens = calibration.picture_matrix(), calibration.coefficients, calibration.rectification
    if calibration.distortion_model == EQUIDISTANT:
        maps = cv2.fisheye.initUndistortRectifyMap(*lens, wanted, size, cv2.CV_32FC1)
    else:
        maps = cv2.initUndistortRectifyMap(*lens, wanted, size, cv2.CV_32FC1)
    columns, rows = (np.asarray(one, dtype=np.float32) for one in maps)
    width, height = calibration.picture_size
    seen = (columns >= -0.5) & (columns <= width - 0.5) & (rows >= -0.5) & (rows <= height - 0.5)
    seen &= ~_folded(columns, rows)
    alike = calibration.is_pinhole and (width, height) == (spec.width, spec.height)
    stays = alike and np.abs(calibration.picture_matrix() - spec.matrix()).max() < _STAYS
    return SourcePixels((width, height), columns, rows, seen, bool(stays and points == 1))


def _folded(columns: NDArray[np.float32], rows: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tell (h, w) where a lens's polynomial, beyond where it was fitted, turns the picture over."""
    with np.errstate(all="ignore"):
        along_x, along_y = np.gradient(columns, axis=1), np.gradient(rows, axis=0)
        area = along_x * along_y - np.gradient(columns, axis=0) * np.gradient(rows, axis=1)
    # Written so that what is not finite counts as folded.
    return ~np.asarray(area > 0.0)
