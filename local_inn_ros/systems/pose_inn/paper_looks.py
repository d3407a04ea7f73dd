# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures as the networks of PoseINN as published take them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry.se3 import exp_twists
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.systems.pose_inn.looks import in_other_light
from local_inn_ros.systems.pose_inn.paper_config import SIDE, channels_of

_TURN_DEVIATION_RAD = 0.07


@dataclass(frozen=True, slots=True, eq=False)
class PaperLook:
    """One picture as the networks learn from it.

    Attributes:
        seen: (channels, 128, 128) float32, 0 to 1: what the encoder is given.
        clear: the same in the picture's own light: what is to be drawn.
        turned: (3, 3) rotation of the camera that would see it, in the optical frame of the camera
            that took the picture.
    """

    seen: NDArray[np.float32]
    clear: NDArray[np.float32]
    turned: NDArray[np.float64]


def paper_picture(pixels: NDArray[np.uint8], channels: int) -> NDArray[np.float32]:
    """Return pixels (h, w) or (h, w, 3) as (channels, 128, 128) float32, 0 to 1.

    Areas are averaged; the picture is not cut, so that its proportions change.
    """
    return _laid_out(_shrunk(pixels), channels)


def plain_paper_look(pixels: NDArray[np.uint8], camera: CameraSpec) -> PaperLook:
    """Return a picture as it is."""
    picture = paper_picture(pixels, channels_of(camera))
    return PaperLook(picture, picture, np.eye(3))


def another_paper_look(
    pixels: NDArray[np.uint8], camera: CameraSpec, rng: np.random.Generator
) -> PaperLook:
    """Return a picture as a camera at the same place would see it that is turned, in other light.

    What was never seen, beyond the borders, is what lies mirrored within.
    """
    turned = exp_twists([0.0, 0.0, 0.0, *rng.normal(0.0, _TURN_DEVIATION_RAD, 3)])[:3, :3]
    matrix = camera.matrix()
    to_look = matrix @ turned.T @ np.linalg.inv(matrix)
    size = (camera.width, camera.height)
    warped = cv2.warpPerspective(
        pixels, to_look, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    small, channels = _shrunk(np.asarray(warped, np.uint8)), channels_of(camera)
    lit = in_other_light(small, rng)
    return PaperLook(_laid_out(lit, channels), _laid_out(small, channels), turned)


def brightness_drawn(picture: NDArray[np.float32], camera: CameraSpec) -> NDArray[np.float32]:
    """Return a picture (channels, 128, 128) in its camera's proportions, in deviations (h, 128)."""
    rows = max(1, round(SIDE * camera.height / camera.width))
    whole = cv2.resize(picture.mean(axis=0), (SIDE, rows), interpolation=cv2.INTER_AREA)
    shades: NDArray[np.float32] = (whole - whole.mean()) / (whole.std() + np.float32(1e-3))
    return shades


def _shrunk(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    small = cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    scaled: NDArray[np.float32] = np.asarray(small, np.float32) / np.float32(255.0)
    return scaled


def _laid_out(small: NDArray[np.float32], channels: int) -> NDArray[np.float32]:
    """Return values (128, 128) or (128, 128, 3) as (channels, 128, 128)."""
    whole = small[None] if small.ndim == 2 else small.transpose(2, 0, 1)
    if len(whole) != channels:
        whole = np.repeat(whole.mean(axis=0, keepdims=True), channels, axis=0)
    return np.ascontiguousarray(whole)
