# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures as another camera of the same place would see them, in another light."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry.se3 import exp_twists
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.systems.pose_inn.config import STRIDE, VIEW_SHRINK, patches_of

# Of a picture that shows nothing, noise is not made larger than this makes it.
_LEAST_CONTRAST = 0.01
_LARGEST_ROLL = math.radians(20.0)
_TILT_DEVIATION = math.radians(4.0)
_LARGEST_ZOOM = 1.5
# Of views, about each axis.
_VIEW_TURN_DEVIATION = math.radians(5.0)
# A pixel that lies in the picture so far is within it.
_WHOLE = 0.999
_GAMMA = 0.5
_GAIN = (-0.4, 0.3)
_BLURRED = 0.3
_LONGEST_BLUR_PX = 5
_MOST_NOISE = 0.03


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One picture as the networks see it, and where its patches are in the picture as it was.

    Attributes:
        brightness: (height, width) float32, 0 to 1.
        rays: (patches, 2) x/z and y/z of the patches' middles in the optical frame of the camera
            that took the picture; NaN where a patch shows nothing of it.
        zoom: how much larger things are than in the picture as it was.
    """

    brightness: NDArray[np.float32]
    rays: NDArray[np.float64]
    zoom: float


def brightness_of(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the brightness (h, w), 0 to 1, of pixels (h, w) or (h, w, 3): the mean of colours."""
    whole = pixels.reshape(*pixels.shape[:2], -1).mean(axis=2, dtype=np.float32)
    scaled: NDArray[np.float32] = whole / np.float32(255.0)
    return scaled


def small_view(brightness: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Return a picture (height, width) as a small one (rows, cols) of mean 0 and deviation 1.

    Light and exposure cancel out.
    """
    means = _in_cells(brightness, size).mean(axis=(1, 3))
    view: NDArray[np.float32] = (means - means.mean()) / (means.std() + np.float32(_LEAST_CONTRAST))
    return view


def turned_view(
    brightness: NDArray[np.float32],
    camera: CameraSpec,
    size: tuple[int, int],
    rng: np.random.Generator,
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return a picture (height, width) as a small one that is seen by a turned camera.

    Returns:
        The small picture (rows, cols), NaN where it shows nothing of the picture, and the rotation
        (3, 3) of the turned camera in the frame of the one that took the picture.
    """
    turned = exp_twists([0.0, 0.0, 0.0, *rng.normal(0.0, _VIEW_TURN_DEVIATION, 3)])[:3, :3]
    matrix = camera.matrix()
    to_view, shape = matrix @ turned @ np.linalg.inv(matrix), (camera.width, camera.height)
    warped = cv2.warpPerspective(brightness, to_view, shape, flags=cv2.INTER_LINEAR)
    inside = cv2.warpPerspective(np.ones_like(brightness), to_view, shape, flags=cv2.INTER_LINEAR)
    seen = _in_cells(np.asarray(inside, np.float32), size).min(axis=(1, 3)) > _WHOLE
    means = _in_cells(np.asarray(warped, np.float32), size).mean(axis=(1, 3))
    means[~seen] = np.nan
    if not seen.any():
        return means, turned.T
    view = (means - means[seen].mean()) / (means[seen].std() + np.float32(_LEAST_CONTRAST))
    return view.astype(np.float32), turned.T


def _in_cells(brightness: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Return a picture as the pixels (rows, n, cols, n) of those of a small one."""
    rows, cols = size
    whole = brightness[: rows * VIEW_SHRINK, : cols * VIEW_SHRINK]
    return whole.reshape(rows, VIEW_SHRINK, cols, VIEW_SHRINK)


def patch_pixels(camera: CameraSpec) -> NDArray[np.float64]:
    """Return the middles (patches, 2) of a picture's patches in pixels, row by row."""
    rows, cols = patches_of(camera)
    middle = 0.5 * (STRIDE - 1)
    down, across = np.mgrid[:rows, :cols]
    return np.stack([across, down], axis=-1).reshape(-1, 2) * float(STRIDE) + middle


def plain_look(pixels: NDArray[np.uint8], camera: CameraSpec) -> Look:
    """Return a picture as it is."""
    rays = (patch_pixels(camera) - [camera.cx, camera.cy]) / [camera.fx, camera.fy]
    return Look(brightness_of(pixels), rays, 1.0)


def another_look(pixels: NDArray[np.uint8], camera: CameraSpec, rng: np.random.Generator) -> Look:
    """Return a picture as a camera at the same place would see it that is turned and zoomed.

    No picture is turned out of the place where it was taken, so what it shows is exact.
    """
    turn = np.array([*rng.normal(0.0, _TILT_DEVIATION, 2), rng.uniform(-1, 1) * _LARGEST_ROLL])
    zoom = math.exp(rng.uniform(-1.0, 1.0) * math.log(_LARGEST_ZOOM))
    turned = exp_twists([0.0, 0.0, 0.0, *turn])[:3, :3]
    matrix = camera.matrix()
    zoomed = matrix @ np.diag([zoom, zoom, 1.0])
    to_look = zoomed @ turned @ np.linalg.inv(matrix)
    size = (camera.width, camera.height)
    warped = cv2.warpPerspective(
        brightness_of(pixels), to_look, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    pixels_then = np.c_[patch_pixels(camera), np.ones(np.prod(patches_of(camera)))]
    before = pixels_then @ np.linalg.inv(to_look).T
    places = before[:, :2] / before[:, 2:]
    outside = np.any((places < -0.5) | (places > np.array(size) - 0.5), axis=1)
    rays = (places - [camera.cx, camera.cy]) / [camera.fx, camera.fy]
    rays[outside | (before[:, 2] <= 0.0)] = np.nan
    return Look(in_other_light(np.asarray(warped, np.float32), rng), rays, zoom)


def in_other_light(
    brightness: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return a picture's brightness as another exposure, motion and sensor would have it."""
    gamma, gain = math.exp(rng.uniform(-_GAMMA, _GAMMA)), math.exp(rng.uniform(*_GAIN))
    lit = np.clip(brightness, 0.0, 1.0) ** np.float32(gamma) * np.float32(gain)
    if rng.random() < _BLURRED:
        length = int(rng.integers(2, _LONGEST_BLUR_PX + 1))
        size = (length, 1) if rng.random() < 0.5 else (1, length)
        lit = np.asarray(cv2.blur(lit, size), np.float32)
    noise = rng.standard_normal(lit.shape, dtype=np.float32) * np.float32(
        rng.uniform(0.0, _MOST_NOISE)
    )
    seen: NDArray[np.float32] = np.clip(lit + noise, 0.0, 1.0).astype(np.float32)
    return seen
