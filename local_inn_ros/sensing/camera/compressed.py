# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From the fields of sensor_msgs/CompressedImage to pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from local_inn_ros.sensing.camera.compressed_header import JPEG, CompressedHeader, header_of
from local_inn_ros.sensing.camera.decoding import (
    bytes_of,
    check_size,
    demosaiced,
    in_eight_bits,
)
from local_inn_ros.sensing.camera.faults import PictureError, PictureFault

# By what a JPEG is shrunk: colours, brightness.
_REDUCED = {
    1: (cv2.IMREAD_COLOR, cv2.IMREAD_GRAYSCALE),
    2: (cv2.IMREAD_REDUCED_COLOR_2, cv2.IMREAD_REDUCED_GRAYSCALE_2),
    4: (cv2.IMREAD_REDUCED_COLOR_4, cv2.IMREAD_REDUCED_GRAYSCALE_4),
    8: (cv2.IMREAD_REDUCED_COLOR_8, cv2.IMREAD_REDUCED_GRAYSCALE_8),
}
# Calibrations are of the sensor's own rows and columns, whichever way the camera was held.
_AS_IT_LIES = cv2.IMREAD_IGNORE_ORIENTATION
# What a decoder draws where data are missing.
_MISSING = 128


class CompressedMessage(Protocol):
    """The fields of a sensor_msgs/CompressedImage that say what its picture is."""

    format: str
    data: Any


@dataclass(frozen=True, slots=True, eq=False)
class CompressedPicture:
    """A compressed picture before it is decoded.

    What it is, JPEG or PNG, its own first bytes tell. ``format`` is asked for one thing: whether
    brightness alone is that of a Bayer mosaic, as image_transport writes it
    (``bayer_rggb8; jpeg compressed ``).

    Attributes:
        header: what it says of itself.
        data: (n,) its bytes, from the first to the last.
        mosaic: pattern of the mosaic that it holds, such as ``bayer_rggb8``; empty for none.
    """

    header: CompressedHeader
    data: NDArray[np.uint8]
    mosaic: str

    @staticmethod
    def of(message: CompressedMessage) -> CompressedPicture:
        """Look at a message with the fields of sensor_msgs/CompressedImage.

        Raises:
            PictureError: it is empty, neither JPEG nor PNG, or cut off.
        """
        data = bytes_of(message.data)
        if not data.size:
            raise PictureError("a compressed picture came without data", PictureFault.NO_SIZE)
        header = header_of(data)
        if header is None:
            raise _unknown(message.format)
        if header.end is None:
            raise PictureError(
                f"the {header.codec} ends after {data.size} bytes, before its picture does",
                PictureFault.CUT_OFF,
            )
        check_size(header.width, header.height)
        named = message.format.partition(";")[0].strip().lower()
        is_mosaic = header.channels == 1 and named.startswith("bayer_")
        return CompressedPicture(header, data[: header.end], named if is_mosaic else "")

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.header.width, self.header.height

    def pixels(self, shrink: int = 1, white_level: int = 65535) -> NDArray[np.uint8]:
        """Decode it.

        Args:
            shrink: 1, 2, 4 or 8: a JPEG is decoded at that part of its size, rounded up, which
                takes less time; all else at its whole size.
            white_level: value of a 16-bit pixel that is white, as for ``decoded_image``.

        Returns:
            uint8 (height, width, 3) RGB, or (height, width) of a picture without colour.

        Raises:
            PictureError: it is broken, or lacks data.
        """
        whole = self.header.codec != JPEG or self.mosaic
        pixels = _decoded(self.data, self.header, 1 if whole else shrink)
        if pixels.dtype == np.uint16:
            pixels = in_eight_bits(pixels, white_level)
        if self.mosaic:
            return demosaiced(pixels, self.mosaic)
        if pixels.ndim == 2:
            return np.asarray(pixels, dtype=np.uint8)
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def _decoded(data: NDArray[np.uint8], header: CompressedHeader, shrink: int) -> NDArray[Any]:
    mode = _REDUCED[shrink][header.channels == 1]
    if header.codec != JPEG:
        mode |= cv2.IMREAD_ANYDEPTH
    pixels = _pixels(data, mode)
    if pixels is None or pixels.size == 0:
        raise PictureError(
            f"the {header.codec} of {data.size} bytes cannot be decoded", PictureFault.BROKEN
        )
    if header.codec == JPEG and _lacks_data(data, pixels):
        raise PictureError(
            f"a part of the jpeg's data is missing in its {data.size} bytes", PictureFault.CUT_OFF
        )
    return pixels


def _lacks_data(data: NDArray[np.uint8], pixels: NDArray[Any]) -> bool:
    """Tell whether a JPEG ended well, but too soon: its last pixels are then drawn grey.

    A picture may be of that very grey. Where data are missing, what is put in before the end is
    decoded; where none are, it is passed over.
    """
    if np.any(pixels[-1, -1] != _MISSING):
        return False
    more = np.frombuffer(b"\x5a\x33\x96" * 40, np.uint8)
    mode = _REDUCED[8][1]
    plain, longer = (
        _pixels(one, mode) for one in (data, np.concatenate([data[:-2], more, data[-2:]]))
    )
    return plain is None or longer is None or not np.array_equal(plain, longer)


def _pixels(data: NDArray[np.uint8], mode: int) -> NDArray[Any] | None:
    try:
        found = cv2.imdecode(data, mode | _AS_IT_LIES)
    except cv2.error:
        return None
    return None if found is None else np.asarray(found)


def _unknown(named: str) -> PictureError:
    if "compressedDepth" in named:
        return PictureError(
            f"format '{named}' is that of depths, not of a picture: name the camera's own topic",
            PictureFault.ENCODING,
        )
    return PictureError(
        f"format '{named[:40]}': the data are neither JPEG nor PNG", PictureFault.ENCODING
    )
