# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The image of a map: brightness and opacity of each pixel."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from local_inn_ros.errors import MapError
from local_inn_ros.text_files import lfs_pointer_note

# More pixels than these are no map that a robot's memory holds.
MOST_PIXELS = 1_000_000_000
# Pixels are looked at in strips of about so many.
_STRIP_PIXELS = 500_000


@dataclass(frozen=True, slots=True, eq=False)
class PixelStrip:
    """Some rows of a map's pixels.

    Attributes:
        top: the first of them, counted from the top of the image.
        shade: (rows, cols) brightness in 0 to 1, the mean of red, green and blue.
        alpha: (rows, cols) opacity in 0 to 1; None where the image has no alpha channel.
    """

    top: int
    shade: NDArray[np.float64]
    alpha: NDArray[np.float64] | None


@dataclass(frozen=True, slots=True, eq=False)
class MapImage:
    """A map's pixels, top row first, as the file has them.

    Attributes:
        image: of any mode.
    """

    image: Image.Image

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.image.height, self.image.width

    @property
    def has_alpha(self) -> bool:
        """Whether pixels have an opacity."""
        return not self._is_deep and (
            "A" in self.image.getbands() or "transparency" in self.image.info
        )

    def strips(self) -> Iterator[PixelStrip]:
        """Yield all pixels, a few rows at a time: as numbers they take eight times their room."""
        step = max(1, _STRIP_PIXELS // self.image.width)
        for top in range(0, self.image.height, step):
            bottom = min(top + step, self.image.height)
            strip = self.image.crop((0, top, self.image.width, bottom))
            strip.info = self.image.info
            yield self._pixels_of(strip, top)

    @property
    def _is_deep(self) -> bool:
        return self.image.mode in ("I", "I;16", "I;16B", "I;16L", "F")

    def _pixels_of(self, strip: Image.Image, top: int) -> PixelStrip:
        """Average the colours and keep the alpha channel apart."""
        if self._is_deep:
            # 16-bit grey: converting it to eight bits would clip, not scale.
            return PixelStrip(top, np.asarray(strip, dtype=np.float64) / 65535.0, None)
        if strip.mode in ("1", "L") and not self.has_alpha:
            return PixelStrip(top, np.asarray(strip.convert("L"), dtype=np.float64) / 255.0, None)
        mode = "RGBA" if self.has_alpha else "RGB"
        pixels = np.asarray(strip.convert(mode), dtype=np.float64) / 255.0
        alpha = pixels[..., 3] if self.has_alpha else None
        return PixelStrip(top, pixels[..., :3].mean(axis=-1), alpha)


def read_map_image(path: Path) -> MapImage:
    """Read an image of any kind that pillow reads, PGM and PNG among them.

    Raises:
        MapError: the image is missing, is no image, is too large, or is cut short.
    """
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise MapError(f"the map's image {path} {what}; put it there or mend the image key")
    try:
        with _any_size(), Image.open(path) as image:
            if image.width * image.height > MOST_PIXELS:
                raise MapError(_too_large(path, image))
            try:
                image.load()
            except MemoryError as error:
                raise MapError(_too_large(path, image)) from error
            return MapImage(image)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise MapError(f"the map's image {path} {_fault(path, error)}") from error


def _fault(path: Path, error: Exception) -> str:
    """Say why a file is no image."""
    if note := lfs_pointer_note(path):
        return note
    if isinstance(error, UnidentifiedImageError):
        empty = path.stat().st_size == 0
        return "is empty" if empty else "cannot be read: its content is none of an image"
    return f"cannot be read: {error}"


def _too_large(path: Path, image: Image.Image) -> str:
    return (
        f"the map's image {path} has {image.width} x {image.height} pixels, which is too much for "
        f"this machine or for the {MOST_PIXELS // 10**6} million that are read: cut it to where "
        "the robot drives, or draw it with larger cells"
    )


@contextmanager
def _any_size() -> Iterator[None]:
    """Let pillow open what it would take for an attack: maps are larger than photographs."""
    usual = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = usual
