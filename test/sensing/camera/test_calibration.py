# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Calibrations: what is taken, what is mended, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from picture_messages import a_calibration, a_matrix

from local_inn_ros.sensing.camera.calibration import CameraCalibration, Region
from local_inn_ros.sensing.camera.faults import PictureError, PictureFault
from local_inn_ros.sensing.camera.size_match import resized_calibration

NAN = float("nan")


def changed(row: int, column: int, value: float) -> np.ndarray:
    matrix = a_matrix(640, 480, 500.0)
    matrix[row, column] = value
    return matrix


@pytest.mark.parametrize(
    ("model", "told", "right", "kept"),
    [
        ("plumb_bob", (), "plumb_bob", (0, 0, 0, 0, 0)),
        ("plumb_bob", (0.1, 0.2, 0.3, 0.4), "plumb_bob", (0.1, 0.2, 0.3, 0.4, 0)),
        ("Plumb_Bob", (0.1, 0.2, 0.3, 0.4, 0.5, 0, 0, 0), "plumb_bob", (0.1, 0.2, 0.3, 0.4, 0.5)),
        ("", (0.0, 0.0), "plumb_bob", (0, 0, 0, 0, 0)),
        ("none", (), "plumb_bob", (0, 0, 0, 0, 0)),
        ("fisheye", (0.1, 0.2, 0.3, 0.4), "equidistant", (0.1, 0.2, 0.3, 0.4)),
        ("equidistant", (), "equidistant", (0, 0, 0, 0)),
        ("rational_polynomial", range(1, 9), "rational_polynomial", range(1, 9)),
    ],
)
def test_lenses_are_known_by_their_names(model, told, right, kept) -> None:
    found = a_calibration(640, 480, 500.0, model, told)
    assert found.distortion_model == right
    assert found.coefficients == pytest.approx(list(kept))


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("", (0.1, 0.2)),
        ("double_sphere", (0.1, 0.2)),
        ("double_sphere", ()),
        ("plumb_bob", (0.1,)),
        ("plumb_bob", (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)),
        ("plumb_bob", (NAN, 0.0, 0.0, 0.0, 0.0)),
        ("equidistant", (0.1, 0.2)),
        ("equidistant", (0.1, 0.2, 0.3, 0.4, 0.5)),
        ("rational_polynomial", (0.1,) * 5),
    ],
)
def test_other_lenses_are_refused(model: str, told: tuple[float, ...]) -> None:
    with pytest.raises(PictureError, match="calibration cannot be used") as caught:
        a_calibration(640, 480, 500.0, model, told)
    assert caught.value.fault == PictureFault.CALIBRATION


def test_a_camera_that_is_not_calibrated_is_told() -> None:
    with pytest.raises(PictureError, match="not calibrated") as caught:
        CameraCalibration(640, 480, "plumb_bob", np.zeros(5), np.zeros((3, 3)))
    assert caught.value.fault == PictureFault.NO_CALIBRATION


@pytest.mark.parametrize(
    "matrix",
    [
        changed(0, 0, 0.0),
        changed(0, 0, -500.0),
        changed(1, 1, NAN),
        changed(0, 0, 4.2),
        changed(1, 1, 1e9),
        changed(0, 2, 5000.0),
        changed(1, 2, -900.0),
        changed(0, 1, 30.0),
        changed(2, 2, 0.0),
        changed(2, 0, 1.0),
        a_matrix(640, 480, 500.0).T,
    ],
)
def test_what_is_no_camera_matrix_is_refused(matrix: np.ndarray) -> None:
    with pytest.raises(PictureError) as caught:
        CameraCalibration(640, 480, "plumb_bob", np.zeros(5), matrix)
    assert caught.value.fault == PictureFault.CALIBRATION


@pytest.mark.parametrize(
    "changes",
    [
        {"rectification": np.ones((3, 3))},
        {"rectification": np.diag([1.0, 1.0, -1.0])},
        {"rectification": np.full((3, 3), NAN)},
        {"projection": np.full((3, 4), np.inf)},
        {"camera_matrix": np.ones(8)},
        {"projection": np.zeros(0)},
        {"region": Region(0, 0, 641, 480)},
        {"region": Region(600, 0, 100, 100)},
        {"region": Region(0, 480, 0, 0)},
        {"binning": (700, 1)},
    ],
)
def test_what_else_makes_no_sense_is_refused(changes: dict) -> None:
    with pytest.raises(PictureError) as caught:
        a_calibration(640, 480, 500.0, **changes)
    assert caught.value.fault == PictureFault.CALIBRATION


@pytest.mark.parametrize("size", [(0, 480), (640, 0), (-1, -1)])
def test_a_calibration_of_no_size_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(PictureError, match="calibration cannot be used"):
        CameraCalibration(*size, "plumb_bob", np.zeros(5), a_matrix(640, 480, 500.0))


def test_what_drivers_leave_zero_stands_for_what_is_usual() -> None:
    found = a_calibration(
        640,
        480,
        500.0,
        rectification=np.zeros((3, 3)),
        binning=(0, 0),
        region=Region(0, 0, 0, 0),
    )
    assert (found.rectification == np.eye(3)).all()
    assert found.picture_size == (640, 480)
    assert found.same_as(a_calibration(640, 480, 500.0))
    assert not found.same_as(a_calibration(640, 480, 501.0))


@pytest.mark.parametrize(
    ("region", "binning", "size", "axis"),
    [
        (None, (2, 2), (320, 240), (159.5, 119.5)),
        (Region(100, 50, 400, 300), (1, 1), (400, 300), (219.5, 189.5)),
        (Region(100, 50, 0, 0), (1, 1), (540, 430), (219.5, 189.5)),
        (Region(100, 50, 400, 300), (2, 4), (200, 75), (109.5, 47.0)),
    ],
)
def test_region_and_binning_move_the_axis(region, binning, size, axis) -> None:
    """The middle of the sensor's first pixel is 0: K is (500, 500, 319.5, 239.5)."""
    found = a_calibration(640, 480, 500.0, region=region, binning=binning)
    assert found.picture_size == size
    matrix = found.picture_matrix()
    assert (matrix[0, 2], matrix[1, 2]) == pytest.approx(axis)
    assert (matrix[0, 0], matrix[1, 1]) == pytest.approx((500 / binning[0], 500 / binning[1]))


def test_pictures_that_were_rectified_are_as_p_says() -> None:
    projection = np.column_stack([a_matrix(640, 480, 450.0), [-45.0, 0.0, 0.0]])
    told = a_calibration(
        640,
        480,
        500.0,
        "plumb_bob",
        (-0.3, 0.1, 0.0, 0.0, 0.0),
        projection=projection,
    )
    found = told.of_rectified()
    assert found.is_pinhole
    assert found.camera_matrix == pytest.approx(a_matrix(640, 480, 450.0))
    with pytest.raises(PictureError):
        a_calibration(640, 480, 500.0).of_rectified()


@pytest.mark.parametrize("size", [(320, 240), (1280, 960), (321, 240), (213, 160), (64, 48)])
def test_pictures_that_were_resized_evenly_have_a_calibration(size: tuple[int, int]) -> None:
    found = resized_calibration(a_calibration(640, 480, 500.0), size)
    assert found.picture_size == size
    assert found.camera_matrix[0, 0] == pytest.approx(500.0 * size[0] / 640)
    assert found.camera_matrix[1, 2] == pytest.approx(0.5 * (size[1] - 1))


@pytest.mark.parametrize("size", [(640, 360), (480, 640), (320, 200), (10, 7), (20_000, 15_000)])
def test_pictures_of_other_proportions_have_none(size: tuple[int, int]) -> None:
    with pytest.raises(PictureError, match=rf"{size[0]}x{size[1]}.*640x480") as caught:
        resized_calibration(a_calibration(640, 480, 500.0), size)
    assert caught.value.fault == PictureFault.SIZE


def test_a_region_is_not_resized() -> None:
    camera = a_calibration(640, 480, 500.0, region=Region(160, 120, 320, 240))
    assert resized_calibration(camera, (320, 240)) is camera
    with pytest.raises(PictureError, match="region"):
        resized_calibration(camera, (640, 480))
