# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""sensor_msgs/CameraInfo, of ROS 2 and of ROS 1, and where it is looked for."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from picture_messages import a_matrix, camera_info

from local_inn_ros.messages.camera_info import (
    info_topic_of,
    is_rectified_topic,
    to_calibration,
)
from local_inn_ros.messages.unused import MessageError, Unused
from local_inn_ros.sensing.camera.calibration import Region
from local_inn_ros.sensing.camera.faults import PictureFault


def region(x: int, y: int, width: int, height: int) -> SimpleNamespace:
    return SimpleNamespace(x_offset=x, y_offset=y, width=width, height=height, do_rectify=True)


def test_all_of_it_is_read() -> None:
    lens = (-0.2, 0.05, 0.001, -0.002, 0.01, 0.02, 0.03, 0.04)
    found = to_calibration(
        camera_info(
            640,
            480,
            500.0,
            "rational_polynomial",
            lens,
            binning_x=2,
            binning_y=1,
            roi=region(10, 20, 600, 400),
        )
    )
    assert (found.width, found.height) == (640, 480)
    assert found.distortion_model == "rational_polynomial"
    assert found.coefficients == pytest.approx(lens)
    assert found.camera_matrix == pytest.approx(a_matrix(640, 480, 500.0))
    assert found.projection[:, :3] == pytest.approx(a_matrix(640, 480, 500.0))
    assert (found.binning, found.region) == ((2, 1), Region(10, 20, 600, 400))
    assert found.picture_size == (300, 400)


def test_fields_of_ros_1_are_written_large() -> None:
    told = vars(camera_info(640, 480, 500.0))
    for name in "dkrp":
        told[name.upper()] = told.pop(name)
    assert to_calibration(SimpleNamespace(**told)).same_as(
        to_calibration(camera_info(640, 480, 500.0))
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"k": np.zeros(9)}, Unused.NO_CALIBRATION),
        ({"k": np.full(9, np.nan)}, Unused.CALIBRATION),
        ({"distortion_model": "omni"}, Unused.CALIBRATION),
        ({"d": np.array([0.1])}, Unused.CALIBRATION),
        ({"roi": region(600, 0, 200, 100)}, Unused.CALIBRATION),
    ],
)
def test_what_cannot_be_used_has_a_reason(changes: dict, reason: Unused) -> None:
    with pytest.raises(MessageError) as caught:
        to_calibration(camera_info(640, 480, 500.0, **changes))
    assert caught.value.reason == reason


def test_one_of_no_size_has_a_reason() -> None:
    with pytest.raises(MessageError) as caught:
        to_calibration(camera_info(0, 480, 500.0))
    assert caught.value.reason == Unused.CALIBRATION


def test_a_rectified_picture_needs_p() -> None:
    with pytest.raises(MessageError) as caught:
        to_calibration(camera_info(640, 480, 500.0, p=np.zeros(12)), rectified=True)
    assert caught.value.reason == Unused.NO_CALIBRATION


def test_every_fault_of_a_picture_is_counted_under_its_own_name() -> None:
    for fault in PictureFault:
        assert Unused[fault.name].value == fault.value


@pytest.mark.parametrize(
    ("picture", "calibration", "rectified"),
    [
        ("/image_raw", "/camera_info", False),
        ("/camera/image_raw", "/camera/camera_info", False),
        ("/camera/image_raw/compressed", "/camera/camera_info", False),
        ("/a/b/image_rect", "/a/b/camera_info", True),
        ("/a/b/image_rect_color/compressed", "/a/b/camera_info", True),
        ("image", "/camera_info", False),
    ],
)
def test_the_calibration_is_beside_the_pictures(
    picture: str, calibration: str, rectified: bool
) -> None:
    assert info_topic_of(picture) == calibration
    assert is_rectified_topic(picture) is rectified


def test_any_numbers_give_a_calibration_or_a_reason() -> None:
    chance = np.random.default_rng(3)
    odd = [0.0, 1.0, -1.0, np.nan, np.inf, -np.inf, 1e300, 1e-300, 4e9, 500.0, 320.0, 240.0]
    models = ["plumb_bob", "equidistant", "rational_polynomial", "", "\0", "fisheye"]
    read = 0
    for _ in range(600):
        changes = {
            name: np.where(chance.random(usual.size) < 0.15, chance.choice(odd, usual.size), usual)
            for name, usual in vars(camera_info(640, 480, 500.0)).items()
            if name in "kr"
        }
        numbers = chance.choice(odd, int(chance.choice([0, 4, 5, 8, 14])))
        sides = [int(one) for one in chance.choice([0, 1, 2, 100, 640, 4_294_967_295], 6)]
        message = camera_info(
            *((640, 480) if chance.random() < 0.6 else sides[:2]),
            500.0,
            str(chance.choice(models)),
            binning_x=int(chance.choice([0, 1, 2, 4_294_967_295])),
            roi=region(*(sides[2:] if chance.random() < 0.4 else (0, 0, 0, 0))),
        )
        message.d = numbers if chance.random() < 0.5 else 0.01 * numbers[:0]
        vars(message).update(changes if chance.random() < 0.5 else {})
        try:
            found = to_calibration(message)
        except MessageError:
            continue
        read += 1
        assert min(found.picture_size) > 0
    assert read > 30
