# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Messages of cameras, told by their fields alone, and pictures that show something."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from local_inn_ros.sensing import CameraSpec
from local_inn_ros.sensing.camera.calibration import CameraCalibration


def a_picture(width: int, height: int, seed: int = 0, smooth: float = 4.0) -> NDArray[np.uint8]:
    """Return a picture (h, w, 3) of soft coloured blobs."""
    chance = np.random.default_rng(seed)
    noise = chance.normal(size=(height, width, 3)).astype(np.float32)
    blobs = cv2.GaussianBlur(noise, (0, 0), smooth)
    return np.clip(128.0 + 60.0 * blobs / blobs.std(), 0, 255).astype(np.uint8)


def a_spec(width: int, height: int, focal: float, **changes: Any) -> CameraSpec:
    told = {"cx": 0.5 * (width - 1), "cy": 0.5 * (height - 1), "fx": focal, "fy": focal}
    return CameraSpec(
        **{"name": "test", "rate_hz": 30.0, "width": width, "height": height, **told, **changes}
    )


def a_matrix(width: int, height: int, focal: float) -> NDArray[np.float64]:
    """Return K (3, 3) of a camera whose axis meets the middle of its picture."""
    return np.array(
        [[focal, 0.0, 0.5 * (width - 1)], [0.0, focal, 0.5 * (height - 1)], [0.0, 0.0, 1.0]]
    )


def a_calibration(
    width: int,
    height: int,
    focal: float,
    model: str = "plumb_bob",
    coefficients: tuple[float, ...] = (),
    **changes: Any,
) -> CameraCalibration:
    told = {"camera_matrix": a_matrix(width, height, focal), **changes}
    return CameraCalibration(width, height, model, np.array(coefficients), **told)


def stamped(stamp_s: float = 1.0, frame: str = "camera_optical_frame") -> SimpleNamespace:
    seconds = int(stamp_s)
    stamp = SimpleNamespace(sec=seconds, nanosec=round((stamp_s - seconds) * 1e9))
    return SimpleNamespace(stamp=stamp, frame_id=frame)


def image(
    encoding: str, size: tuple[int, int], step: int, data: bytes, big: bool = False, **header: Any
) -> SimpleNamespace:
    """Return a sensor_msgs/Image; size is (width, height)."""
    return SimpleNamespace(
        header=stamped(**header),
        width=size[0],
        height=size[1],
        encoding=encoding,
        is_bigendian=int(big),
        step=step,
        data=np.frombuffer(data, np.uint8),
    )


def rgb_image(pixels: NDArray[np.uint8], **header: Any) -> SimpleNamespace:
    height, width = pixels.shape[:2]
    return image("rgb8", (width, height), 3 * width, pixels.tobytes(), **header)


def compressed(
    pixels: NDArray[Any], suffix: str = ".jpg", told: str = "jpeg", quality: int = 95, **header: Any
) -> SimpleNamespace:
    """Return a sensor_msgs/CompressedImage of RGB (h, w, 3) or brightness (h, w)."""
    blue_first = pixels[..., ::-1] if pixels.ndim == 3 else pixels
    done, data = cv2.imencode(suffix, blue_first, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return SimpleNamespace(header=stamped(**header), format=told, data=data.reshape(-1))


def camera_info(
    width: int = 64,
    height: int = 48,
    focal: float = 60.0,
    model: str = "plumb_bob",
    coefficients: tuple[float, ...] = (0.0,) * 5,
    **changes: Any,
) -> SimpleNamespace:
    """Return a sensor_msgs/CameraInfo; changes are of its fields."""
    matrix = a_matrix(width, height, focal)
    region = SimpleNamespace(x_offset=0, y_offset=0, width=0, height=0, do_rectify=False)
    told = {
        "header": stamped(),
        "width": width,
        "height": height,
        "distortion_model": model,
        "d": np.array(coefficients),
        "k": matrix.ravel(),
        "r": np.eye(3).ravel(),
        "p": np.column_stack([matrix, np.zeros(3)]).ravel(),
        "binning_x": 0,
        "binning_y": 0,
        "roi": region,
    }
    return SimpleNamespace(**{**told, **changes})
