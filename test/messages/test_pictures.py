# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A camera's messages in the order in which they come."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from picture_messages import a_picture, a_spec, camera_info, compressed, image, rgb_image

from local_inn_ros.messages.pictures import PictureIntake
from local_inn_ros.messages.unused import MessageError, Unused
from local_inn_ros.sensing import CameraSpec

SPEC = a_spec(32, 24, 30.0)
LENS = (-0.2, 0.05, 0.0, 0.0, 0.0)


def intake(info: Any = None, spec: CameraSpec = SPEC, **how: Any) -> PictureIntake:
    made = PictureIntake(spec, **how)
    made.take_calibration(info or camera_info(64, 48, 60.0))
    return made


def reason(taking: PictureIntake, message: Any) -> Unused:
    with pytest.raises(MessageError) as caught:
        taking.to_picture(message)
    return caught.value.reason


def test_pictures_of_both_kinds_are_the_same() -> None:
    info, pixels = camera_info(64, 48, 60.0, coefficients=LENS), a_picture(64, 48)
    spec = a_spec(32, 24, 33.0, time_offset_s=-0.25)
    plain = intake(info, spec, sensor="front").to_picture(rgb_image(pixels, stamp_s=7.5))
    assert (plain.stamp_s, plain.sensor, plain.pixels.shape) == (7.25, "front", (24, 32, 3))
    for suffix in (".jpg", ".png"):
        other = intake(info, spec).to_picture(compressed(pixels, suffix, quality=98))
        assert np.abs(other.pixels.astype(int) - plain.pixels).mean() < 2.0


def test_a_picture_before_the_calibration_waits_for_nothing() -> None:
    taking, message = PictureIntake(SPEC), rgb_image(a_picture(64, 48))
    assert reason(taking, message) == Unused.NO_CALIBRATION
    with pytest.raises(MessageError, match="not calibrated"):
        taking.take_calibration(camera_info(k=np.zeros(9)))
    assert reason(taking, message) == Unused.NO_CALIBRATION
    taking.take_calibration(camera_info(64, 48, 60.0))
    assert taking.to_picture(message).pixels.shape == SPEC.shape


def test_a_broken_calibration_leaves_the_one_before() -> None:
    taking = intake()
    for broken in ({"k": np.zeros(9)}, {"d": np.full(5, np.nan)}):
        with pytest.raises(MessageError):
            taking.take_calibration(camera_info(64, 48, 60.0, **broken))
    assert taking.to_picture(rgb_image(a_picture(64, 48))).pixels.shape == SPEC.shape


def test_pictures_that_were_resized_are_taken_and_told_once() -> None:
    taking = intake(camera_info(640, 480, 600.0))
    for seed in range(3):
        taking.to_picture(rgb_image(a_picture(64, 48, seed)))
    assert len(taking.notes) == 1
    assert "64x48" in taking.notes[0]
    assert "640x480" in taking.notes[0]


def test_a_size_that_changes_is_told_until_the_calibration_changes_too() -> None:
    taking, small, large = intake(), a_picture(64, 48), a_picture(128, 96)
    taking.to_picture(rgb_image(small))
    assert reason(taking, rgb_image(large)) == Unused.SIZE
    assert reason(taking, compressed(large)) == Unused.SIZE
    taking.to_picture(rgb_image(small))
    taking.take_calibration(camera_info(128, 96, 120.0))
    taking.to_picture(compressed(large))
    # One of before that is late.
    assert reason(taking, rgb_image(small)) == Unused.SIZE


def test_a_calibration_that_changes_holds_and_is_told_once() -> None:
    taking, pixels = intake(spec=a_spec(64, 48, 60.0)), a_picture(64, 48)
    first = taking.to_picture(rgb_image(pixels)).pixels
    assert taking.notes == []
    for focal in (59.0, 58.0, 60.0):
        taking.take_calibration(camera_info(64, 48, focal))
        same = np.array_equal(taking.to_picture(rgb_image(pixels)).pixels, first)
        assert same is (focal == 60.0)
    assert len(taking.notes) == 1
    assert "fx 60.0" in taking.notes[0]
    assert "fx 59.0" in taking.notes[0]


def test_a_size_of_other_proportions_is_told_with_both() -> None:
    with pytest.raises(MessageError, match=r"64x40 .* 64x48") as caught:
        intake().to_picture(rgb_image(a_picture(64, 40)))
    assert caught.value.reason == Unused.SIZE


def test_another_camera_is_told_each_time() -> None:
    taking = intake(camera_info(64, 48, 90.0))
    for _ in range(2):
        with pytest.raises(MessageError, match=r"64x48, fx 90\.0.*32x24, fx 30\.0") as caught:
            taking.to_picture(rgb_image(a_picture(64, 48)))
        assert caught.value.reason == Unused.OTHER_CAMERA


def test_pictures_that_were_rectified_are_not_rectified_again() -> None:
    info = camera_info(64, 48, 60.0, coefficients=(-0.4, 0.2, 0.0, 0.0, 0.0))
    pixels = a_picture(64, 48)
    found = intake(info, rectified=True).to_picture(rgb_image(pixels))
    right = cv2.resize(pixels, (32, 24), interpolation=cv2.INTER_AREA)
    assert np.abs(found.pixels.astype(int) - right).mean() < 1.0


@pytest.mark.parametrize(
    ("level", "why"), [(0, Unused.DARK), (255, Unused.OVER_EXPOSED), (90, Unused.BLANK)]
)
def test_pictures_that_show_nothing_are_told(level: int, why: Unused) -> None:
    pixels = np.full((48, 64, 3), level, np.uint8)
    assert reason(intake(), rgb_image(pixels)) == why
    assert reason(intake(), compressed(pixels)) == why


def test_twelve_bits_in_sixteen_are_dark_until_white_is_told() -> None:
    words = a_picture(64, 48)[..., 1].astype("<u2") * 16
    message = image("mono16", (64, 48), 128, words.tobytes())
    with pytest.raises(MessageError, match="white_level") as caught:
        intake().to_picture(message)
    assert caught.value.reason == Unused.DARK
    spec = SPEC.model_copy(update={"white_level": 4095})
    assert intake(spec=spec).to_picture(message).pixels.mean() > 60


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (image("rgb8", (0, 0), 0, b""), Unused.NO_SIZE),
        (image("rgb8", (64, 48), 192, b""), Unused.NO_SIZE),
        (image("rgb8", (64, 48), 190, bytes(64 * 48 * 3)), Unused.ROWS),
        (image("32FC1", (64, 48), 256, bytes(64 * 48 * 4)), Unused.ENCODING),
        (compressed(a_picture(64, 48), told="h264"), None),
    ],
)
def test_messages_have_their_own_reasons(message: SimpleNamespace, why: Unused | None) -> None:
    if why is None:
        assert intake().to_picture(message).pixels.shape == SPEC.shape
    else:
        assert reason(intake(), message) == why


def test_any_stream_gives_pictures_or_reasons() -> None:
    chance = np.random.default_rng(8)
    sources = [
        rgb_image(a_picture(64, 48)),
        rgb_image(a_picture(128, 96)),
        compressed(a_picture(64, 48)),
        compressed(a_picture(64, 48), ".png"),
    ]
    infos = [
        camera_info(64, 48, 60.0),
        camera_info(64, 48, 60.0, coefficients=(3.0, -9.0, 0.0, 0.0, 1e300)),
        camera_info(64, 48, 40.0, "equidistant", (0.5, -2.0, 4.0, 1e200)),
        camera_info(128, 96, 120.0),
        camera_info(k=np.zeros(9)),
        camera_info(
            64, 48, 60.0, "rational_polynomial", (-4.0, 2.0, 0.0, 0.0, 9.0, -3.0, 1.0, 7.0)
        ),
    ]
    taking, pictures = PictureIntake(SPEC), 0
    for _ in range(400):
        message = SimpleNamespace(**vars(sources[int(chance.integers(len(sources)))]))
        message.data = message.data.copy()
        if chance.random() < 0.3:
            message.data = message.data[: int(chance.integers(message.data.size))]
        if chance.random() < 0.3:
            message.data[chance.integers(0, max(message.data.size, 1), 5) % 99] = 255
        if hasattr(message, "step") and chance.random() < 0.3:
            name = str(chance.choice(["step", "width", "height", "encoding", "is_bigendian"]))
            odd = chance.choice([0, 1, 3, 190, 4_294_967_295])
            setattr(message, name, "rgba8" if name == "encoding" else int(odd))
        try:
            if chance.random() < 0.2:
                taking.take_calibration(infos[int(chance.integers(len(infos)))])
            picture = taking.to_picture(message)
        except MessageError as error:
            assert error.reason is not Unused.OTHER
            continue
        pictures += 1
        assert picture.pixels.shape == SPEC.shape
    assert pictures > 40
