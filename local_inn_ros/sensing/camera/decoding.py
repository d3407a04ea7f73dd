# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From the fields of sensor_msgs/Image to pixels."""

from __future__ import annotations

from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from local_inn_ros.sensing.camera.faults import PictureError, PictureFault

MOST_PIXELS = 1 << 26
"""67 megapixels: no robot's camera has more."""

# Bytes of a pixel in each row, and how channels become red, green, blue or brightness.
_CHANNELS: dict[str, tuple[int, int | None]] = {
    "mono8": (1, None),
    "8uc1": (1, None),
    "mono16": (1, None),
    "rgb8": (3, None),
    "rgb16": (3, None),
    "bgr8": (3, cv2.COLOR_BGR2RGB),
    "bgr16": (3, cv2.COLOR_BGR2RGB),
    "rgba8": (4, cv2.COLOR_RGBA2RGB),
    "rgba16": (4, cv2.COLOR_RGBA2RGB),
    "bgra8": (4, cv2.COLOR_BGRA2RGB),
    "bgra16": (4, cv2.COLOR_BGRA2RGB),
}
# ROS names the four upper left pixels row by row; OpenCV the second and third of the second row.
_BAYER = {
    "bayer_rggb": cv2.COLOR_BayerBG2RGB,
    "bayer_bggr": cv2.COLOR_BayerRG2RGB,
    "bayer_gbrg": cv2.COLOR_BayerGR2RGB,
    "bayer_grbg": cv2.COLOR_BayerGB2RGB,
}
_PACKED_YUV = {
    "yuv422": cv2.COLOR_YUV2RGB_UYVY,
    "uyvy": cv2.COLOR_YUV2RGB_UYVY,
    "yuv422_yuy2": cv2.COLOR_YUV2RGB_YUY2,
    "yuyv": cv2.COLOR_YUV2RGB_YUY2,
}
_PLANAR_YUV = {"nv12": cv2.COLOR_YUV2RGB_NV12, "nv21": cv2.COLOR_YUV2RGB_NV21}
_DEPTH = {"16uc1", "32fc1"}
_MOSAICS = tuple(f"{one}{bits}" for one in _BAYER for bits in (8, 16))
ENCODINGS = (*_CHANNELS, *_MOSAICS, *_PACKED_YUV, *_PLANAR_YUV)
"""What can be read, as sensor_msgs/image_encodings.hpp names it, in small letters."""


class RawImage(Protocol):
    """The fields of a sensor_msgs/Image that say what its picture is."""

    height: int
    width: int
    encoding: str
    is_bigendian: Any
    step: int
    data: Any


def decoded_image(message: RawImage, white_level: int = 65535) -> NDArray[np.uint8]:
    """Return the picture of an uncompressed message.

    Pixels of 16 bits are taken to 8 by ``value * 255 / white_level``, rounded, never above 255: the
    same for every picture, so that brightness does not depend on what else is in sight. YUV is read
    as BT.601 has it.

    Args:
        message: with the fields of sensor_msgs/Image.
        white_level: value of a 16-bit pixel that is white.

    Returns:
        uint8 (height, width, 3) RGB, or (height, width) of a picture without colour.

    Raises:
        PictureError: it has no pixels, an encoding that is not known, or rows that do not fit.
    """
    width, height, encoding = int(message.width), int(message.height), message.encoding.lower()
    data = bytes_of(message.data)
    check_size(width, height)
    if not data.size:
        raise PictureError(
            f"a picture of {width}x{height} pixels came without data", PictureFault.NO_SIZE
        )
    if encoding in _PLANAR_YUV:
        return _planar_yuv(data, width, height, int(message.step), encoding)
    if encoding not in ENCODINGS:
        raise _unknown(message.encoding)
    wide = encoding.endswith("16")
    channels = 2 if encoding in _PACKED_YUV else _CHANNELS.get(encoding, (1, None))[0]
    rows = _rows(data, (width * channels * (2 if wide else 1), height), int(message.step), encoding)
    if wide:
        words = rows.view(">u2" if message.is_bigendian else "<u2").astype(np.uint16)
        rows = in_eight_bits(words, white_level)
    if encoding in _PACKED_YUV:
        _check_even(encoding, width)
        return _converted(rows.reshape(height, width, 2), _PACKED_YUV[encoding])
    if encoding in _MOSAICS:
        return demosaiced(rows, encoding)
    count, code = _CHANNELS[encoding]
    pixels = rows if count == 1 else rows.reshape(height, width, count)
    return pixels if code is None else _converted(pixels, code)


def demosaiced(mosaic: NDArray[np.uint8], pattern: str) -> NDArray[np.uint8]:
    """Return the colours (h, w, 3) of a Bayer mosaic (h, w).

    Args:
        mosaic: one colour in each pixel.
        pattern: the first two pixels of the first two rows, as ``bayer_rggb8`` has them.

    Raises:
        PictureError: the pattern is not known, or the mosaic smaller than it.
    """
    code = _BAYER.get(pattern[: len("bayer_rggb")])
    if code is None:
        raise _unknown(pattern)
    if min(mosaic.shape) < 4:
        raise PictureError(
            f"a mosaic of {mosaic.shape[1]}x{mosaic.shape[0]} pixels is too small for its colours",
            PictureFault.NO_SIZE,
        )
    return _converted(mosaic, code)


def in_eight_bits(words: NDArray[np.uint16], white_level: int) -> NDArray[np.uint8]:
    """Take pixels (h, w) or (h, w, c) of 16 bits to 8: ``white_level`` becomes 255."""
    return np.asarray(cv2.convertScaleAbs(words, alpha=255.0 / white_level), dtype=np.uint8)


def bytes_of(data: Any) -> NDArray[np.uint8]:
    """Return what a message carries as bytes (n,), without copying where it is a buffer.

    Raises:
        PictureError: these are no bytes.
    """
    try:
        if isinstance(data, np.ndarray) and data.dtype == np.uint8:
            return np.ascontiguousarray(data).reshape(-1)
        return np.frombuffer(bytes(data) if isinstance(data, list | tuple) else data, np.uint8)
    except (TypeError, ValueError) as error:
        raise PictureError(
            f"the picture's data are no bytes: {error}", PictureFault.NO_SIZE
        ) from None


def check_size(width: int, height: int) -> None:
    """See whether a camera may have made a picture of that size.

    Raises:
        PictureError: it is empty, or beyond all cameras.
    """
    if width <= 0 or height <= 0:
        raise PictureError(
            f"the picture is {width}x{height} pixels: there is nothing in it", PictureFault.NO_SIZE
        )
    if width * height > MOST_PIXELS:
        raise PictureError(
            f"the picture is {width}x{height} pixels, more than any robot's camera has",
            PictureFault.TOO_LARGE,
        )


def _rows(
    data: NDArray[np.uint8], size: tuple[int, int], step: int, encoding: str
) -> NDArray[np.uint8]:
    """Return the bytes (height, row) without what pads the rows; the last one may lack its padding.

    Raises:
        PictureError: ``step`` and the number of bytes do not go with the size.
    """
    row, height = size
    whole = step * height
    if step < row or not whole - (step - row) <= data.size < whole + step:
        raise PictureError(
            f"step {step} and {data.size} bytes do not go with {height} rows of {row} bytes "
            f"({encoding})",
            PictureFault.ROWS,
        )
    rows = np.ndarray((height, row), np.uint8, buffer=data.data, strides=(step, 1))
    return np.ascontiguousarray(rows)


def _planar_yuv(
    data: NDArray[np.uint8], width: int, height: int, step: int, encoding: str
) -> NDArray[np.uint8]:
    """Return the colours (h, w, 3) of brightness, and a quarter as many colours behind it."""
    _check_even(encoding, width, height)
    # Some drivers let the step count the colours too, which are half as many bytes.
    if step == width * 3 // 2 and data.size == step * height:
        step = width
    rows = _rows(data, (width, height * 3 // 2), step, encoding)
    return _converted(rows, _PLANAR_YUV[encoding])


def _check_even(encoding: str, *sides: int) -> None:
    if any(side % 2 for side in sides):
        raise PictureError(
            f"{encoding} has a colour for each two pixels, and the picture is "
            f"{'x'.join(map(str, sides))}",
            PictureFault.ROWS,
        )


def _converted(pixels: NDArray[np.uint8], code: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(pixels, code), dtype=np.uint8)


def _unknown(encoding: str) -> PictureError:
    if encoding.lower() in _DEPTH:
        return PictureError(
            f"encoding '{encoding}' is that of depths, not of a picture: name the camera's own "
            "topic",
            PictureFault.ENCODING,
        )
    return PictureError(
        f"encoding '{encoding[:40]}' is not known; known are {', '.join(ENCODINGS)}",
        PictureFault.ENCODING,
    )
