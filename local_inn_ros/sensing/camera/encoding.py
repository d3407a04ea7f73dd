# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures as JPEG files, as drivers compress them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# As image_transport's compressed plugin has it.
_QUALITY = 95


def jpeg_of(pixels: NDArray[np.uint8]) -> bytes:
    """Return a picture, (height, width, 3) red first or (height, width), as a JPEG file."""
    import cv2

    told = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    _, packed = cv2.imencode(".jpg", told, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return packed.tobytes()


def jpeg_format(pixels: NDArray[np.uint8]) -> str:
    """Return what sensor_msgs/CompressedImage says of such a file."""
    encoding = "mono8" if pixels.ndim == 2 else "rgb8"
    return f"{encoding}; jpeg compressed {'mono8' if pixels.ndim == 2 else 'bgr8'}"
