# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Rectification: points that are projected by formula are found where a pinhole has them."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from picture_messages import a_calibration, a_matrix, a_picture, a_spec
from scipy.spatial.transform import Rotation

from local_inn_ros.sensing.camera.calibration import CameraCalibration, Region
from local_inn_ros.sensing.camera.faults import PictureError, PictureFault
from local_inn_ros.sensing.camera.rectifier import Rectifier

PLUMB = (-0.28, 0.09, 0.0012, -0.0008, -0.01)
RATIONAL = (0.42, -0.11, 0.0006, -0.0004, 0.012, 0.71, -0.08, 0.03)
FISHEYE = (0.021, -0.013, 0.006, -0.0015)


def distorted(model: str, c: tuple[float, ...], x: float, y: float) -> tuple[float, float]:
    """Return where a lens puts a ray (x, y, 1): the formulas of OpenCV's camera models."""
    r2 = x * x + y * y
    if model == "equidistant":
        r = math.sqrt(r2)
        t = math.atan(r)
        bent = t * (1 + c[0] * t**2 + c[1] * t**4 + c[2] * t**6 + c[3] * t**8)
        return (x * bent / r, y * bent / r) if r > 0 else (x, y)
    k1, k2, p1, p2, k3 = c[:5]
    radial = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3
    if model == "rational_polynomial":
        radial /= 1 + c[5] * r2 + c[6] * r2**2 + c[7] * r2**3
    return (
        x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x),
        y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y,
    )


def project(camera: CameraCalibration, point: NDArray[np.float64]) -> tuple[float, float]:
    """Return the pixel of a point (3,) in the rectified frame, in the camera's own picture."""
    x, y, z = camera.rectification.T @ point
    bent = distorted(camera.distortion_model, tuple(camera.coefficients), x / z, y / z)
    k = camera.camera_matrix
    u, v = k[0, 0] * bent[0] + k[0, 2], k[1, 1] * bent[1] + k[1, 2]
    if camera.region is not None:
        u, v = u - camera.region.x, v - camera.region.y
    return (u + 0.5) / camera.binning[0] - 0.5, (v + 0.5) / camera.binning[1] - 0.5


def with_dot(size: tuple[int, int], at: tuple[float, float], wide: float) -> NDArray[np.uint8]:
    """Return a picture (h, w) of a round dot on black; its centroid is where it was put."""
    x, y = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    far = (x - at[0]) ** 2 + (y - at[1]) ** 2
    return np.round(250.0 * np.exp(-0.5 * far / wide**2)).astype(np.uint8)


def centroid(picture: NDArray[np.uint8]) -> tuple[float, float]:
    levels = picture.astype(np.float64)
    x, y = np.meshgrid(np.arange(picture.shape[1]), np.arange(picture.shape[0]))
    return (x * levels).sum() / levels.sum(), (y * levels).sum() / levels.sum()


CAMERAS = {
    "pinhole": a_calibration(640, 480, 525.0),
    "plumb_bob": a_calibration(640, 480, 525.0, "plumb_bob", PLUMB),
    "rational": a_calibration(640, 480, 500.0, "rational_polynomial", RATIONAL),
    "equidistant": a_calibration(640, 480, 330.0, "equidistant", FISHEYE),
    "turned": a_calibration(
        640,
        480,
        430.0,
        "plumb_bob",
        PLUMB,
        rectification=Rotation.from_euler("xyz", [0.02, -0.03, 0.01]).as_matrix(),
    ),
    "binned": a_calibration(1280, 960, 1050.0, "plumb_bob", PLUMB, binning=(2, 2)),
    "region": a_calibration(800, 700, 520.0, region=Region(70, 150, 640, 480)),
    "region and binning": a_calibration(
        1600, 1200, 1040.0, "plumb_bob", PLUMB, region=Region(160, 120, 1280, 960), binning=(2, 2)
    ),
    "large": a_calibration(1280, 960, 1050.0, "plumb_bob", PLUMB),
    "odd": a_calibration(637, 479, 525.0, "plumb_bob", PLUMB),
    "small": a_calibration(200, 150, 160.0, "plumb_bob", PLUMB),
}
SPEC = a_spec(320, 240, 300.0, colour="mono", cx=155.0, cy=123.0)
# Directions at the middle, and towards the corners, of what a pinhole of that description sees.
RAYS = [(0.0, 0.0), (-0.3, 0.2), (0.35, -0.25), (0.25, 0.3), (-0.4, -0.3)]


@pytest.mark.parametrize("ray", RAYS)
@pytest.mark.parametrize("name", CAMERAS)
def test_a_point_is_where_a_pinhole_has_it(name: str, ray: tuple[float, float]) -> None:
    camera, point = CAMERAS[name], np.array([*ray, 1.0])
    size = camera.picture_size
    seen = with_dot(size, project(camera, point), 2.5 * max(1.0, size[0] / 320))
    found = centroid(Rectifier(camera, SPEC)(seen))
    right = SPEC.fx * ray[0] + SPEC.cx, SPEC.fy * ray[1] + SPEC.cy
    assert np.hypot(found[0] - right[0], found[1] - right[1]) < 0.25


@pytest.mark.parametrize("size", [(640, 480), (960, 720), (1280, 960), (448, 336), (2000, 1500)])
def test_areas_are_averaged(size: tuple[int, int]) -> None:
    """Single white pixels among black ones give an even grey, never a pattern."""
    camera = a_calibration(*size, 525.0 * size[0] / 640)
    rectify = Rectifier(camera, a_spec(320, 240, 262.5, colour="mono"))
    checkers = (np.indices(size[::-1]).sum(0) % 2 * 255).astype(np.uint8)
    inside = rectify(checkers)[4:-4, 4:-4].astype(float)
    assert inside.mean() == pytest.approx(127.5, abs=2.0)
    # Averages over the areas of pixels are not all alike where these are no whole numbers.
    area = cv2.resize(checkers, (320, 240), interpolation=cv2.INTER_AREA)[4:-4, 4:-4]
    assert inside.std() <= area.std() + 6.0


@pytest.mark.parametrize("size", [(640, 480), (960, 720), (1280, 960), (448, 336)])
def test_without_a_lens_it_is_resizing(size: tuple[int, int]) -> None:
    camera = a_calibration(*size, 525.0 * size[0] / 640)
    # Blobs of 3 pixels in what comes out: finer ones are a matter of taste in averaging.
    picture = a_picture(*size, smooth=3.0 * size[0] / 320)
    found = Rectifier(camera, a_spec(320, 240, 262.5))(picture).astype(int)
    right = cv2.resize(picture, (320, 240), interpolation=cv2.INTER_AREA)
    assert np.abs(found - right).mean() < 1.0
    assert np.abs(found - right).max() <= 8


def test_where_nothing_is_to_be_done_nothing_is() -> None:
    camera, picture = a_calibration(320, 240, 262.5), a_picture(320, 240)
    assert Rectifier(camera, a_spec(320, 240, 262.5))(picture) is picture
    # A lens, another focal length, a turn or another size are something to be done.
    for other in (
        a_calibration(320, 240, 262.5, "plumb_bob", (-0.05, 0.0, 0.0, 0.0, 0.0)),
        a_calibration(320, 240, 255.0),
        a_calibration(320, 240, 250.0, "equidistant"),
        a_calibration(320, 240, 262.5, rectification=Rotation.from_euler("z", 0.03).as_matrix()),
    ):
        found = Rectifier(other, a_spec(320, 240, 262.5))(picture)
        assert np.abs(found.astype(int) - picture).mean() > 0.5


@pytest.mark.parametrize("name", CAMERAS)
def test_a_picture_that_was_decoded_smaller_gives_the_same(name: str) -> None:
    rectify = Rectifier(CAMERAS[name], SPEC)
    whole = a_picture(*rectify.size(), smooth=6.0)
    blue_first = np.ascontiguousarray(whole[..., ::-1])
    done, data = cv2.imencode(".jpg", blue_first, [cv2.IMWRITE_JPEG_QUALITY, 98])
    assert done
    modes = {1: cv2.IMREAD_COLOR, 2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4}
    smaller = cv2.imdecode(data, modes[rectify.shrink])[..., ::-1]
    assert (smaller.shape[1], smaller.shape[0]) == rectify.size(rectify.shrink)
    off = rectify(np.ascontiguousarray(smaller)).astype(int) - rectify(whole)
    assert np.abs(off)[2:-2, 2:-2].mean() < 1.5


@pytest.mark.parametrize(("size", "shrink"), [(320, 1), (640, 2), (960, 2), (1280, 4), (2560, 8)])
def test_jpegs_may_come_as_small_as_the_picture_that_is_wanted(size: int, shrink: int) -> None:
    camera = a_calibration(
        size, size * 3 // 4, 262.5 * size / 320, "plumb_bob", (-0.05, 0.01, 0, 0)
    )
    assert Rectifier(camera, a_spec(320, 240, 262.5)).shrink == shrink


def test_colours_are_as_the_description_says() -> None:
    camera, picture = a_calibration(64, 48, 60.0), a_picture(64, 48)
    coloured, mono = a_spec(32, 24, 30.0), a_spec(32, 24, 30.0, colour="mono")
    assert Rectifier(camera, coloured)(picture).shape == coloured.shape == (24, 32, 3)
    assert Rectifier(camera, mono)(picture).shape == mono.shape == (24, 32)
    grey = Rectifier(camera, coloured)(picture[..., 1])
    assert grey.shape == (24, 32, 3)
    assert (grey == grey[..., :1]).all()
    assert np.array_equal(grey[..., 0], Rectifier(camera, mono)(picture[..., 1]))
    red = np.zeros((48, 64, 3), np.uint8)
    red[..., 0] = 200
    assert (Rectifier(camera, mono)(red) == 60).all()


def test_what_the_camera_does_not_see_is_black_and_told() -> None:
    camera = a_calibration(320, 240, 280.0)
    rectify = Rectifier(camera, a_spec(320, 240, 270.0))
    found = rectify(np.full((240, 320, 3), 200, np.uint8))
    assert 0.9 < rectify.seen.mean() < 1.0
    assert (found[~rectify.seen] == 0).all()
    assert (found[4:-4, 8:-8][rectify.seen[4:-4, 8:-8]] == 200).mean() > 0.98


@pytest.mark.parametrize(
    "camera",
    [
        a_calibration(640, 480, 640.0),
        a_calibration(640, 360, 525.0),
        a_calibration(80, 60, 65.6),
        a_calibration(640, 480, 525.0, "plumb_bob", (-2.5, 0.0, 0.0, 0.0, 0.0)),
    ],
    ids=["telephoto", "cut", "coarse", "folded"],
)
def test_a_camera_that_does_not_fit_is_refused_with_both_numbers(camera: CameraCalibration) -> None:
    with pytest.raises(PictureError) as caught:
        Rectifier(camera, a_spec(320, 240, 262.5))
    assert caught.value.fault == PictureFault.OTHER_CAMERA
    assert f"{camera.width}x{camera.height}, fx {camera.camera_matrix[0, 0]:.1f}" in str(
        caught.value
    )
    assert "320x240, fx 262.5" in str(caught.value)


@pytest.mark.parametrize("size", [(639, 480), (480, 640), (320, 240), (1, 1)])
def test_a_picture_of_another_size_is_refused(size: tuple[int, int]) -> None:
    rectify = Rectifier(a_calibration(640, 480, 300.0, "equidistant"), a_spec(320, 240, 262.5))
    with pytest.raises(PictureError, match=rf"{size[0]}x{size[1]} .*640x480") as caught:
        rectify(np.zeros((size[1], size[0], 3), np.uint8))
    assert caught.value.fault == PictureFault.SIZE


def test_the_matrix_of_a_resized_picture_keeps_its_outer_corner() -> None:
    camera = CAMERAS["binned"].of_pictures(320, 240)
    assert camera.camera_matrix == pytest.approx(a_matrix(320, 240, 262.5))
    assert camera.picture_size == (320, 240)
