# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether there is anything to see in a picture, by plain statistics of its brightness."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from local_inn_ros.sensing.camera.faults import PictureError, PictureFault

# Columns and rows that a picture's brightness is averaged in: noise goes, rooms stay.
_COLUMNS, _ROWS = 20, 15
# Of 255: all but a twentieth are darker than the one, or all but a fifth brighter than the other.
_DARK, _BRIGHT = 20.0, 240.0
_DARK_SHARE, _BRIGHT_SHARE = 0.95, 0.2
# How far brightness strays from a smooth shade, root mean square, where there is nothing to see.
# Of 1,123 pictures of two homes none has less than 26; a hand before the lens has 3.
_LEAST_CONTRAST = 4.0


def check_exposure(pixels: NDArray[np.uint8], seen: NDArray[np.bool_] | None = None) -> None:
    """See whether a picture shows anything.

    Args:
        pixels: uint8 (h, w, 3) or (h, w).
        seen: (h, w) bool, the part that the camera shows; None for all of it.

    Raises:
        PictureError: it is too dark or over-exposed, or has nothing but a smooth shade, as a
            covered lens has, or a wall that fills the picture.
    """
    small = cv2.resize(pixels, (_COLUMNS, _ROWS), interpolation=cv2.INTER_AREA)
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY) if small.ndim == 3 else small)
    levels, shade = grey.astype(np.float64).ravel(), _smooth_shades()
    if seen is not None and not seen.all():
        shown = cv2.resize(seen.view(np.uint8), (_COLUMNS, _ROWS), interpolation=cv2.INTER_AREA)
        kept = np.asarray(shown).ravel() > 0
        levels, shade = levels[kept], shade[kept]
    if levels.size <= shade.shape[1]:
        return
    bright, dark = np.quantile(levels, (_DARK_SHARE, _BRIGHT_SHARE))
    if bright < _DARK:
        raise PictureError(
            f"the picture is dark: {100.0 * _DARK_SHARE:.0f} % of it are below {bright:.0f} of 255",
            PictureFault.DARK,
        )
    if dark > _BRIGHT:
        raise PictureError(
            f"the picture is over-exposed: {100.0 - 100.0 * _BRIGHT_SHARE:.0f} % of it are above "
            f"{dark:.0f} of 255",
            PictureFault.OVER_EXPOSED,
        )
    fitted = shade @ np.linalg.lstsq(shade, levels, rcond=None)[0]
    contrast = float(np.sqrt(np.mean((levels - fitted) ** 2)))
    if contrast < _LEAST_CONTRAST:
        raise PictureError(
            f"the picture shows nothing but a smooth shade, from which it strays by {contrast:.1f} "
            "of 255: the lens is covered, or a blank wall fills the picture",
            PictureFault.BLANK,
        )


def _smooth_shades() -> NDArray[np.float64]:
    """Return what smooth shades are made of (cells, 6): polynomials of second order."""
    y, x = np.mgrid[-1.0 : 1.0 : _ROWS * 1j, -1.0 : 1.0 : _COLUMNS * 1j]
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1).reshape(-1, 6)
