# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Compressed pictures: of every format, and cut, torn and mixed up."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from picture_messages import a_picture, compressed

from local_inn_ros.sensing.camera.compressed import CompressedPicture
from local_inn_ros.sensing.camera.faults import PictureError, PictureFault

WIDTH, HEIGHT = 99, 74
COLOURED = a_picture(WIDTH, HEIGHT)
GREY = COLOURED[..., 1].copy()
FORMATS = [
    "jpeg",
    "png",
    "",
    "jpg",
    "rgb8; jpeg compressed bgr8",
    "bgr8; png compressed bgr8",
    "mono8; jpeg compressed ",
    "rgb8;jpeg compressed rgb8",
    "anything at all",
]


def with_data(data: bytes, told: str = "jpeg") -> SimpleNamespace:
    return SimpleNamespace(format=told, data=np.frombuffer(data, np.uint8))


def fault_of(message: SimpleNamespace) -> PictureFault:
    with pytest.raises(PictureError) as caught:
        CompressedPicture.of(message).pixels()
    return caught.value.fault


@pytest.mark.parametrize("told", FORMATS)
@pytest.mark.parametrize(("suffix", "off"), [(".jpg", 12), (".png", 0)])
def test_what_it_is_its_own_bytes_tell(told: str, suffix: str, off: int) -> None:
    picture = CompressedPicture.of(compressed(COLOURED, suffix, told, 98))
    assert picture.size == (WIDTH, HEIGHT)
    found = picture.pixels().astype(int)
    assert found.shape == COLOURED.shape
    assert np.abs(found - COLOURED).mean() <= off / 4
    assert np.abs(found[30, 40] - COLOURED[30, 40]).max() <= off


@pytest.mark.parametrize(("suffix", "off"), [(".jpg", 4), (".png", 0)])
def test_brightness_alone_stays_so(suffix: str, off: int) -> None:
    found = CompressedPicture.of(compressed(GREY, suffix, quality=98)).pixels()
    assert found.shape == (HEIGHT, WIDTH)
    assert np.abs(found.astype(int) - GREY).mean() <= off


@pytest.mark.parametrize(("white", "right"), [(65535, (16, 8)), (4095, (255, 128))])
def test_sixteen_bits_in_a_png_are_shares_of_white(white: int, right: tuple[int, int]) -> None:
    words = np.full((HEIGHT, WIDTH), 4095, np.uint16)
    words[:, 50:] = 2048
    found = CompressedPicture.of(compressed(words, ".png", "mono16; png compressed ")).pixels(
        white_level=white
    )
    assert found.dtype == np.uint8
    assert (found[:, :50] == right[0]).all()
    assert (found[:, 50:] == right[1]).all()


def test_colours_of_sixteen_bits_in_a_png() -> None:
    found = CompressedPicture.of(compressed(COLOURED.astype(np.uint16) * 257, ".png")).pixels()
    assert np.array_equal(found, COLOURED)


def test_alpha_and_palettes_are_taken_for_colours() -> None:
    opaque = np.dstack([COLOURED[..., ::-1], np.full((HEIGHT, WIDTH), 40, np.uint8)])
    done, data = cv2.imencode(".png", opaque)
    assert done
    assert np.array_equal(CompressedPicture.of(with_data(data.tobytes())).pixels(), COLOURED)


@pytest.mark.parametrize("pattern", ["rggb", "bggr", "gbrg", "grbg"])
def test_a_mosaic_that_was_compressed_as_brightness(pattern: str) -> None:
    """As image_transport does where nobody takes the colours out before."""
    colour = {"r": 200, "g": 120, "b": 40}
    tile = [[colour[pattern[0]], colour[pattern[1]]], [colour[pattern[2]], colour[pattern[3]]]]
    mosaic = np.tile(np.array(tile, np.uint8), (20, 20))
    told = f"bayer_{pattern}8; png compressed "
    found = CompressedPicture.of(compressed(mosaic, ".png", told)).pixels(shrink=2)
    assert found.shape == (40, 40, 3)
    assert (found == (200, 120, 40)).all()


@pytest.mark.parametrize("shrink", [2, 4, 8])
@pytest.mark.parametrize("pixels", [COLOURED, GREY], ids=["colours", "brightness"])
def test_a_jpeg_is_decoded_at_a_part_of_its_size(shrink: int, pixels: np.ndarray) -> None:
    found = CompressedPicture.of(compressed(pixels)).pixels(shrink)
    assert found.shape[:2] == (-(-HEIGHT // shrink), -(-WIDTH // shrink))
    whole = pixels[: HEIGHT // shrink * shrink, : WIDTH // shrink * shrink].astype(float)
    blocks = whole.reshape(
        HEIGHT // shrink, shrink, WIDTH // shrink, shrink, *pixels.shape[2:]
    ).mean((1, 3))
    assert np.abs(found[: blocks.shape[0], : blocks.shape[1]] - blocks).mean() < 4.0


def test_the_camera_s_rows_stay_rows_whatever_the_header_says() -> None:
    """EXIF's orientation turns what is shown to people, not what was calibrated."""
    data = compressed(COLOURED).data.tobytes()
    exif = b"Exif\0\0" + b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    turned = data[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + data[2:]
    assert CompressedPicture.of(with_data(turned)).pixels().shape == COLOURED.shape


def test_a_preview_in_the_header_is_not_the_end_of_the_picture() -> None:
    preview, data = compressed(COLOURED[:16, :16]).data.tobytes(), compressed(COLOURED).data
    whole = data.tobytes()
    held = whole[:2] + b"\xff\xe1" + (len(preview) + 2).to_bytes(2, "big") + preview + whole[2:]
    assert CompressedPicture.of(with_data(held)).pixels().shape == COLOURED.shape
    assert fault_of(with_data(held[:-40])) == PictureFault.CUT_OFF


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("tail", [b"\0" * 500, b"\xff\xd9" * 3, b"rest of a buffer"])
def test_what_lies_behind_the_end_is_passed_over(suffix: str, tail: bytes) -> None:
    whole = compressed(COLOURED, suffix).data.tobytes()
    found = CompressedPicture.of(with_data(whole + tail)).pixels()
    assert np.array_equal(found, CompressedPicture.of(with_data(whole)).pixels())


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("kept", [0.02, 0.3, 0.6, 0.9, 0.99, 0.999])
@pytest.mark.parametrize("progressive", [0, 1])
def test_a_picture_that_is_cut_off_is_told(suffix: str, kept: float, progressive: int) -> None:
    done, data = cv2.imencode(suffix, COLOURED, [cv2.IMWRITE_JPEG_PROGRESSIVE, progressive])
    assert done
    whole = data.tobytes()
    assert CompressedPicture.of(with_data(whole)).pixels().shape == COLOURED.shape
    assert fault_of(with_data(whole[: int(kept * len(whole))])) == PictureFault.CUT_OFF


@pytest.mark.parametrize("kept", [0.5, 0.8, 0.95])
def test_a_jpeg_whose_data_are_missing_before_its_end_is_told(kept: float) -> None:
    whole = compressed(COLOURED).data.tobytes()
    torn = whole[: int(kept * len(whole))] + b"\xff\xd9"
    assert fault_of(with_data(torn)) == PictureFault.CUT_OFF


def test_a_picture_that_is_as_grey_as_what_is_missing_is_whole() -> None:
    grey = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    grey[:20] = COLOURED[:20]
    for progressive in (0, 1):
        done, data = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_PROGRESSIVE, progressive])
        assert done
        found = CompressedPicture.of(with_data(data.tobytes())).pixels()
        assert (found[-20:] == 128).all()


@pytest.mark.parametrize(
    ("data", "told", "fault"),
    [
        (b"", "jpeg", PictureFault.NO_SIZE),
        (b"\xff", "jpeg", PictureFault.ENCODING),
        (b"not a picture at all", "jpeg", PictureFault.ENCODING),
        (b"\0\0\0\x01\x67\x42", "h264", PictureFault.ENCODING),
        (b"\0" * 12 + b"\x89PNG\r\n\x1a\n", "16UC1; compressedDepth png", PictureFault.ENCODING),
        (b"\xff\xd8\xff\xd9", "jpeg", PictureFault.NO_SIZE),
        (b"\xff\xd8\xff\xe0", "jpeg", PictureFault.CUT_OFF),
    ],
)
def test_what_is_no_picture_is_told_by_its_kind(
    data: bytes, told: str, fault: PictureFault
) -> None:
    assert fault_of(with_data(data, told)) == fault


def test_a_bomb_is_not_unpacked() -> None:
    whole = bytearray(compressed(GREY, ".png").data.tobytes())
    whole[16:24] = (60_000).to_bytes(4, "big") * 2
    assert fault_of(with_data(bytes(whole))) == PictureFault.TOO_LARGE


def test_a_png_with_a_broken_byte_is_told() -> None:
    whole = bytearray(compressed(COLOURED, ".png").data.tobytes())
    whole[len(whole) // 2] ^= 0xFF
    assert fault_of(with_data(bytes(whole))) == PictureFault.BROKEN


def test_any_bytes_give_a_picture_or_a_fault() -> None:
    chance = np.random.default_rng(5)
    sources = [compressed(COLOURED[:24, :32], suffix).data for suffix in (".jpg", ".png")]
    for _ in range(400):
        data = sources[int(chance.integers(2))].copy()
        places = chance.integers(0, data.size, int(chance.integers(1, 30)))
        data[places] = chance.integers(0, 256, places.size)
        if chance.random() < 0.3:
            data = data[: int(chance.integers(0, data.size))]
        told = str(chance.choice(["jpeg", "bayer_rggb8; jpeg compressed ", "\0"]))
        try:
            found = CompressedPicture.of(with_data(data.tobytes(), told)).pixels(
                int(chance.choice([1, 2, 4, 8]))
            )
        except PictureError:
            continue
        assert found.dtype == np.uint8
