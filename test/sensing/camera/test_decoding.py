# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pixels of every encoding, against values that are written out by hand."""

from __future__ import annotations

import array

import numpy as np
import pytest
from picture_messages import image

from local_inn_ros.sensing.camera.decoding import ENCODINGS, decoded_image
from local_inn_ros.sensing.camera.faults import PictureError, PictureFault

RED, GREEN, BLUE, ORANGE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (250, 120, 10)
SIZE = (8, 6)
# BT.601, brightness 16 to 235 (Rec. ITU-R BT.601-7, 2.5): (Y, U, V), worked out by hand.
YUV = {RED: (82, 90, 240), GREEN: (145, 54, 34), BLUE: (41, 240, 110), ORANGE: (142, 60, 193)}
CHANNELS = {
    "rgb": lambda r, g, b: (r, g, b),
    "bgr": lambda r, g, b: (b, g, r),
    "rgba": lambda r, g, b: (r, g, b, 77),
    "bgra": lambda r, g, b: (b, g, r, 77),
}


def bytes_of_rows(row: list[int], wide: str = "") -> bytes:
    """Return the bytes of 6 equal rows; wide is the byte order of 16-bit numbers."""
    kind = f"{wide}u2" if wide else "u1"
    return np.array([row] * SIZE[1], dtype=kind).tobytes()


@pytest.mark.parametrize("colour", [RED, GREEN, BLUE, ORANGE])
@pytest.mark.parametrize("order", CHANNELS)
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("big", [False, True])
def test_channels_stand_where_the_encoding_says(colour, order, bits, big) -> None:
    pixel = [value * (257 if bits == 16 else 1) for value in CHANNELS[order](*colour)]
    row = pixel * SIZE[0]
    data = bytes_of_rows(row, "" if bits == 8 else "><"[not big])
    message = image(f"{order}{bits}", SIZE, len(row) * bits // 8, data, big)
    found = decoded_image(message)
    assert found.shape == (6, 8, 3)
    assert (found == colour).all()


def test_brightness_of_eight_bits_is_taken_as_it_is() -> None:
    levels = np.arange(48, dtype=np.uint8)
    found = decoded_image(image("mono8", SIZE, 8, levels.tobytes()))
    assert np.array_equal(found, levels.reshape(6, 8))
    assert np.array_equal(found, decoded_image(image("8UC1", SIZE, 8, levels.tobytes())))


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize(
    ("value", "white", "right"),
    [
        (0, 65535, 0),
        (65535, 65535, 255),
        (257, 65535, 1),
        (32768, 65535, 128),
        (0x0102, 65535, 1),
        (4095, 65535, 16),
        (4095, 4095, 255),
        (2048, 4095, 128),
        (5000, 4095, 255),
        (1023, 1023, 255),
    ],
)
def test_sixteen_bits_are_shares_of_white(value: int, white: int, right: int, big: bool) -> None:
    data = bytes_of_rows([value] * 8, "><"[not big])
    found = decoded_image(image("mono16", SIZE, 16, data, big), white)
    assert found.shape == (6, 8)
    assert (found == right).all()


PATTERNS = {
    "rggb": ((RED, GREEN), (GREEN, BLUE)),
    "bggr": ((BLUE, GREEN), (GREEN, RED)),
    "gbrg": ((GREEN, BLUE), (RED, GREEN)),
    "grbg": ((GREEN, RED), (BLUE, GREEN)),
}


@pytest.mark.parametrize("colour", [RED, GREEN, BLUE, ORANGE])
@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("bits", [8, 16])
def test_a_mosaic_gives_the_colour_that_it_is_of(colour, pattern, bits) -> None:
    mosaic = np.zeros((6, 8), np.uint16)
    for y in range(6):
        for x in range(8):
            filtered = PATTERNS[pattern][y % 2][x % 2]
            mosaic[y, x] = colour[filtered.index(255)]
    data = mosaic.astype("u1") if bits == 8 else (mosaic * 257).astype("<u2")
    message = image(f"bayer_{pattern}{bits}", SIZE, bits, data.tobytes())
    found = decoded_image(message)
    assert found.shape == (6, 8, 3)
    assert (found == colour).all()


def yuv_rows(colour: tuple[int, int, int], encoding: str) -> list[int]:
    y, u, v = YUV[colour]
    return [u, y, v, y] * 4 if encoding in ("yuv422", "uyvy") else [y, u, y, v] * 4


@pytest.mark.parametrize("colour", YUV)
@pytest.mark.parametrize("encoding", ["yuv422", "uyvy", "yuv422_yuy2", "yuyv", "YUYV"])
def test_packed_yuv(colour: tuple[int, int, int], encoding: str) -> None:
    data = bytes_of_rows(yuv_rows(colour, encoding.lower()))
    found = decoded_image(image(encoding, SIZE, 16, data)).astype(int)
    assert found.shape == (6, 8, 3)
    assert np.abs(found - colour).max() <= 3


@pytest.mark.parametrize("colour", YUV)
@pytest.mark.parametrize("encoding", ["nv12", "nv21"])
@pytest.mark.parametrize("step", [8, 12, 16])
def test_yuv_in_planes(colour: tuple[int, int, int], encoding: str, step: int) -> None:
    """A step of 12 counts colours too; one of 16 pads the rows."""
    y, u, v = YUV[colour]
    rows = np.full((9, step if step == 16 else 8), 99, np.uint8)
    rows[:6, :8] = y
    rows[6:, :8] = [u, v] * 4 if encoding == "nv12" else [v, u] * 4
    found = decoded_image(image(encoding, SIZE, step, rows.tobytes())).astype(int)
    assert found.shape == (6, 8, 3)
    assert np.abs(found - colour).max() <= 3


@pytest.mark.parametrize("lacks_last", [False, True])
@pytest.mark.parametrize("encoding", ["rgb8", "mono8", "mono16", "bgra8", "yuyv", "bayer_rggb8"])
def test_what_pads_the_rows_is_passed_over(encoding: str, lacks_last: bool) -> None:
    chance = np.random.default_rng(4)
    row = SIZE[0] * {"rgb8": 3, "mono16": 2, "bgra8": 4, "yuyv": 2}.get(encoding, 1)
    rows = chance.integers(0, 256, (6, row), dtype=np.uint8)
    padded = np.full((6, row + 13), 255, np.uint8)
    padded[:, :row] = rows
    data = padded.tobytes()[: -13 if lacks_last else None]
    found = decoded_image(image(encoding, SIZE, row + 13, data))
    assert np.array_equal(found, decoded_image(image(encoding, SIZE, row, rows.tobytes())))


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, list])
def test_data_may_be_any_bytes(kind: type) -> None:
    message = image("mono8", SIZE, 8, bytes(48))
    message.data = kind(bytes(range(48)))
    assert decoded_image(message)[5, 7] == 47
    message.data = array.array("B", range(48))
    assert decoded_image(message)[5, 7] == 47


def faults_of(**changes: object) -> PictureFault:
    fields = {"width": 8, "height": 6, "step": 24, "encoding": "rgb8", "data": bytes(144)}
    fields.update(changes)
    width, height = fields["width"], fields["height"]
    message = image(fields["encoding"], (width, height), fields["step"], fields["data"])
    with pytest.raises(PictureError) as caught:
        decoded_image(message)
    return caught.value.fault


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"width": 0}, PictureFault.NO_SIZE),
        ({"height": 0}, PictureFault.NO_SIZE),
        ({"data": b""}, PictureFault.NO_SIZE),
        ({"width": 100_000, "height": 100_000}, PictureFault.TOO_LARGE),
        ({"encoding": ""}, PictureFault.ENCODING),
        ({"encoding": "rgb9"}, PictureFault.ENCODING),
        ({"encoding": "16UC1"}, PictureFault.ENCODING),
        ({"encoding": "32FC1"}, PictureFault.ENCODING),
        ({"encoding": "bayer_rgbg8"}, PictureFault.ENCODING),
        ({"encoding": "jpeg"}, PictureFault.ENCODING),
        ({"step": 0}, PictureFault.ROWS),
        ({"step": 23}, PictureFault.ROWS),
        ({"step": 25}, PictureFault.ROWS),
        ({"step": 4_000_000_000}, PictureFault.ROWS),
        ({"data": bytes(143)}, PictureFault.ROWS),
        ({"data": bytes(192)}, PictureFault.ROWS),
        ({"encoding": "rgba8"}, PictureFault.ROWS),
        ({"encoding": "nv12", "step": 8, "data": bytes(71)}, PictureFault.ROWS),
        ({"encoding": "nv12", "width": 7}, PictureFault.ROWS),
        ({"encoding": "nv21", "height": 5}, PictureFault.ROWS),
        ({"encoding": "yuyv", "width": 7, "step": 14, "data": bytes(84)}, PictureFault.ROWS),
        (
            {"encoding": "bayer_gbrg8", "width": 2, "height": 2, "step": 2, "data": b"abcd"},
            PictureFault.NO_SIZE,
        ),
    ],
)
def test_what_is_no_picture_is_told_by_its_kind(changes: dict, fault: PictureFault) -> None:
    assert faults_of(**changes) == fault


def test_any_fields_give_a_picture_or_a_fault() -> None:
    chance = np.random.default_rng(11)
    steps, pictures = (0, 1, 7, 8, 16, 24, 32, 64, 4_294_967_295), 0
    for _ in range(3000):
        encoding = str(chance.choice([*ENCODINGS, "16UC1", "", "rgb", "bayer_", "8UC3"]))
        size = tuple(int(one) for one in chance.integers(0, 12, 2))
        # As often as not, numbers that go together.
        step = int(chance.choice(steps)) if chance.random() < 0.5 else size[0] * 2
        count = step * size[1] if chance.random() < 0.7 and step < 100 else chance.integers(0, 200)
        message = image(encoding, size, step, chance.bytes(int(count)), chance.random() < 0.5)
        try:
            found = decoded_image(message)
        except PictureError:
            continue
        pictures += 1
        assert found.dtype == np.uint8
        assert found.shape[:2] == (size[1], size[0])
    assert pictures > 100
