# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The image of a map: brightness and opacity of each pixel."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from local_inn_ros.errors import MapError


@dataclass(frozen=True, slots=True, eq=False)
class MapImage:
    """A map's pixels, top row first.

    Attributes:
        shade: (rows, cols) brightness in 0 to 1, the mean of red, green and blue.
        alpha: (rows, cols) opacity in 0 to 1; None where the image has no alpha channel.
    """

    shade: NDArray[np.float64]
    alpha: NDArray[np.float64] | None


def read_map_image(path: Path) -> MapImage:
    """Read an image of any kind that pillow reads, PGM and PNG among them.

    Raises:
        MapError: the image is missing, is no image, or is cut short.
    """
    if not path.is_file():
        raise MapError(f"the map's image {path} does not exist; put it there or mend the image key")
    try:
        with Image.open(path) as image:
            image.load()
            return _pixels_of(image)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise MapError(f"the map's image {path} cannot be read: {error}") from error
    except Image.DecompressionBombError as error:
        raise MapError(f"the map's image {path} is too large: {error}") from error


def _pixels_of(image: Image.Image) -> MapImage:
    """Average the colours and keep the alpha channel apart."""
    if image.mode in ("I", "I;16", "I;16B", "I;16L", "F"):
        # 16-bit grey: converting it to eight bits would clip, not scale.
        return MapImage(np.asarray(image, dtype=np.float64) / 65535.0, None)
    if image.mode in ("1", "L") and "transparency" not in image.info:
        return MapImage(np.asarray(image.convert("L"), dtype=np.float64) / 255.0, None)
    has_alpha = "A" in image.getbands() or "transparency" in image.info
    pixels = np.asarray(image.convert("RGBA" if has_alpha else "RGB"), dtype=np.float64) / 255.0
    return MapImage(pixels[..., :3].mean(axis=-1), pixels[..., 3] if has_alpha else None)
