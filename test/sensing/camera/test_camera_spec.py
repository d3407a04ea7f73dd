# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Descriptions of cameras, in files, in bundles, and made from a calibration."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from picture_messages import a_calibration, a_matrix, a_picture, a_spec
from pydantic import BaseModel

from local_inn_ros.errors import SensorError
from local_inn_ros.sensing import (
    CameraSpec,
    LaserSpec,
    Observation,
    Picture,
    load_camera_spec,
    load_laser_spec,
    load_sensor_spec,
)
from local_inn_ros.sensing.camera.faults import PictureError
from local_inn_ros.sensing.camera.fitted_spec import fitted_spec
from local_inn_ros.sensing.camera.rectifier import Rectifier
from local_inn_ros.sensing.sensor_kinds import AnySensorSpec

SENSORS = Path(__file__).resolve().parents[3] / "config" / "sensors"
GOOD = a_spec(320, 240, 262.5).model_dump()


class Holder(BaseModel):
    sensors: dict[str, AnySensorSpec]


def write(path: Path, **changes: object) -> Path:
    path.write_text(yaml.safe_dump({**GOOD, **changes}))
    return path


def test_the_camera_that_ships_can_be_read() -> None:
    spec = load_camera_spec(SENSORS / "camera_320.yaml")
    assert spec.shape == (240, 320, 3)
    assert spec.matrix() == pytest.approx(a_matrix(320, 240, 262.5))


def test_lasers_and_cameras_are_told_apart_by_kind(tmp_path: Path) -> None:
    camera, laser = write(tmp_path / "c.yaml"), SENSORS / "f1tenth.yaml"
    assert isinstance(load_sensor_spec(camera), CameraSpec)
    assert isinstance(load_sensor_spec(laser), LaserSpec)
    with pytest.raises(SensorError, match="is of a camera: a planar laser is needed"):
        load_laser_spec(camera)
    with pytest.raises(SensorError, match="is of a laser: a camera is needed"):
        load_camera_spec(laser)


def test_a_bundle_s_sensors_may_be_of_both_kinds() -> None:
    held = Holder(
        sensors={
            "front": a_spec(320, 240, 262.5),
            "laser": load_sensor_spec(SENSORS / "f1tenth.yaml"),
        }
    )
    read = Holder.model_validate(yaml.safe_load(yaml.safe_dump(held.model_dump())))
    assert read == held
    assert isinstance(read.sensors["front"], CameraSpec)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"width": 0}, "width"),
        ({"height": 10_000}, "height"),
        ({"fx": 0.0}, "fx"),
        ({"fy": float("nan")}, "fy"),
        ({"cx": float("inf")}, "cx"),
        ({"cx": 320.0}, "cx, cy must lie in the picture of 320x240"),
        ({"cy": -1.0}, "cx, cy"),
        ({"colour": "green"}, "colour"),
        ({"white_level": 100_000}, "white_level"),
        ({"rate_hz": 0.0}, "rate_hz"),
        ({"time_offset_s": 60.0}, "time_offset_s"),
        ({"color": "rgb"}, "color"),
        ({"kind": "cloud"}, "known: laser, camera"),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, changes: dict, says: str) -> None:
    with pytest.raises(SensorError, match=says):
        load_camera_spec(write(tmp_path / "c.yaml", **changes))


def test_a_picture_is_an_observation() -> None:
    pixels = a_picture(8, 6)
    picture = Picture(2.5, pixels, sensor="front")
    assert isinstance(picture, Observation)
    assert (picture.stamp_s, picture.sensor, picture.is_mono) == (2.5, "front", False)
    assert Picture(2.5, pixels[..., 0]).is_mono


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((6, 8), float), np.zeros((6, 8, 4), np.uint8), np.zeros(48, np.uint8)],
)
def test_what_is_no_picture_is_none(pixels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="uint8"):
        Picture(1.0, pixels)


def test_without_a_lens_the_whole_picture_is_taken() -> None:
    spec = fitted_spec(a_calibration(640, 480, 525.0), (320, 240), "front", 15.0)
    assert (spec.name, spec.rate_hz) == ("front", 15.0)
    assert spec.matrix() == pytest.approx(a_matrix(320, 240, 262.5))
    same = fitted_spec(a_calibration(320, 240, 262.5), (320, 240))
    picture = a_picture(320, 240)
    assert Rectifier(a_calibration(320, 240, 262.5), same)(picture) is picture


@pytest.mark.parametrize(
    ("model", "coefficients", "focal"),
    [
        ("plumb_bob", (-0.28, 0.09, 0.0, 0.0, 0.0), 525.0),
        ("plumb_bob", (0.15, 0.0, 0.0, 0.0, 0.0), 525.0),
        ("rational_polynomial", (0.42, -0.11, 0.0, 0.0, 0.01, 0.71, -0.08, 0.03), 500.0),
        ("equidistant", (0.02, -0.01, 0.0, 0.0), 330.0),
        ("equidistant", (0.0, 0.0, 0.0, 0.0), 190.0),
    ],
)
@pytest.mark.parametrize("size", [(320, 240), (320, 180), (160, 160)])
def test_a_lens_fills_the_picture_that_is_made_for_it(model, coefficients, focal, size) -> None:
    camera = a_calibration(640, 480, focal, model, coefficients)
    spec = fitted_spec(camera, size)
    assert spec.fx == spec.fy
    assert Rectifier(camera, spec).seen.mean() > 0.999
    across = 2.0 * np.degrees(np.arctan(0.5 * spec.width / spec.fx))
    assert across <= 110.01
    # A wider one would show what the camera does not see.
    wider = spec.model_copy(update={"fx": 0.95 * spec.fx, "fy": 0.95 * spec.fy})
    assert across > 109.9 or Rectifier(camera, wider).seen.mean() < 0.999


def test_a_lens_that_fills_nothing_is_refused() -> None:
    broken = a_calibration(640, 480, 525.0, "plumb_bob", (-90.0, 0.0, 0.0, 0.0, 0.0))
    with pytest.raises(PictureError, match="coefficients"):
        fitted_spec(broken, (320, 240))
