# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures that show nothing."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from picture_messages import a_picture

from local_inn_ros.sensing.camera.exposure import check_exposure
from local_inn_ros.sensing.camera.faults import PictureError, PictureFault

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "cameras"
WIDTH, HEIGHT = 160, 120
X, Y = np.meshgrid(np.linspace(-1, 1, WIDTH), np.linspace(-1, 1, HEIGHT))
ROOM = a_picture(WIDTH, HEIGHT, smooth=12.0)


def noisy(levels: np.ndarray, deviation: float) -> np.ndarray:
    chance = np.random.default_rng(2)
    noise = chance.normal(0.0, deviation, (HEIGHT, WIDTH, 3))
    return np.clip(levels[..., None] + noise, 0, 255).astype(np.uint8)


def fault_of(pixels: np.ndarray) -> PictureFault:
    with pytest.raises(PictureError) as caught:
        check_exposure(pixels)
    return caught.value.fault


@pytest.mark.parametrize("mono", [False, True])
@pytest.mark.parametrize(
    ("levels", "noise", "fault"),
    [
        (0.0 * X, 0.0, PictureFault.DARK),
        (8.0 + 0.0 * X, 6.0, PictureFault.DARK),
        (255.0 + 0.0 * X, 0.0, PictureFault.OVER_EXPOSED),
        (250.0 - 150.0 * (X > 0.75), 3.0, PictureFault.OVER_EXPOSED),
        (60.0 + 0.0 * X, 10.0, PictureFault.BLANK),
        (90.0 - 50.0 * (X * X + Y * Y) + 30.0 * X, 8.0, PictureFault.BLANK),
        (180.0 + 20.0 * X, 4.0, PictureFault.BLANK),
    ],
    ids=["black", "night", "white", "blinded", "cap", "hand", "wall"],
)
def test_what_shows_nothing_is_told(levels, noise: float, fault: PictureFault, mono) -> None:
    pixels = noisy(levels, noise)
    assert fault_of(pixels[..., 0] if mono else pixels) == fault


@pytest.mark.parametrize(
    "pixels",
    [
        ROOM,
        ROOM // 4,
        200 + ROOM // 5,
        noisy(40.0 + 60.0 * (X > 0.2) * (Y > 0.1), 15.0),
        noisy(200.0 * (np.abs(X) < 0.15), 3.0),
        noisy(255.0 - 200.0 * (X > 0.4), 3.0),
    ],
    ids=["room", "dim", "hazy", "corner", "lit door", "window"],
)
def test_what_shows_something_is_taken(pixels: np.ndarray) -> None:
    check_exposure(pixels)
    check_exposure(pixels[..., 1])


def test_what_the_camera_does_not_see_is_not_dark() -> None:
    seen = np.hypot(X, Y) < 0.9
    pixels = np.where(seen[..., None], 246, 0).astype(np.uint8)
    with pytest.raises(PictureError) as caught:
        check_exposure(pixels, seen)
    assert caught.value.fault == PictureFault.OVER_EXPOSED
    check_exposure(np.where(seen[..., None], ROOM, 0).astype(np.uint8), seen)


@pytest.mark.parametrize("name", ["walk_270", "kitchen_320"])
def test_real_pictures_are_taken(name: str) -> None:
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip("the shared data are not here")
    frames = json.loads((folder / "sequence.json").read_text())["frames"]
    for frame in frames[::10]:
        check_exposure(np.asarray(cv2.imread(str(folder / frame["image"]))))
