# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""All textures of a world in one array, each with its pyramid of averaged copies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Pyramids end at so few texels a side.
_LEAST = 2


@dataclass(frozen=True, slots=True, eq=False)
class Texture:
    """A picture of a surface.

    Attributes:
        albedo: (height, width, 3) share of the light that is given back, in [0, 1], red first; row
            0 at the top. Both sides are powers of two.
        width_m: how much of the surface it covers, side to side.
        height_m: the same, top to bottom.
        wraps_across: whether it goes on beyond its left and right sides, again and again.
        wraps_down: the same of top and bottom.
    """

    albedo: NDArray[np.float32]
    width_m: float
    height_m: float
    wraps_across: bool = False
    wraps_down: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class TextureAtlas:
    """Textures as compiled code reads them.

    Attributes:
        texels: (n,) albedo in 255ths, red in the lowest byte, then green and blue: texture by
            texture, level by level, row by row.
        levels: (textures, most levels) where each level begins among the texels; level k has
            sides of a 2**k-th.
        sizes: (textures, 5) width, height, number of levels, and 1 where it wraps across, and down.
        per_metre: (textures, 2) texels a metre, sideways and downward.
    """

    texels: NDArray[np.int32]
    levels: NDArray[np.int64]
    sizes: NDArray[np.int64]
    per_metre: NDArray[np.float64]

    @staticmethod
    def of(textures: list[Texture]) -> TextureAtlas:
        """Pack textures, in this order.

        Raises:
            ValueError: a side is no power of two.
        """
        pyramids = [_pyramid(one.albedo) for one in textures]
        most = max(len(one) for one in pyramids)
        levels = np.zeros((len(textures), most), np.int64)
        sizes, packed, begin = [], [], 0
        for k, (texture, pyramid) in enumerate(zip(textures, pyramids, strict=True)):
            height, width = texture.albedo.shape[:2]
            sizes.append((width, height, len(pyramid), texture.wraps_across, texture.wraps_down))
            for level, picture in enumerate(pyramid):
                levels[k, level] = begin
                parts = np.rint(255.0 * np.clip(picture, 0.0, 1.0)).astype(np.int32)
                packed.append((parts[..., 0] | parts[..., 1] << 8 | parts[..., 2] << 16).ravel())
                begin += picture.shape[0] * picture.shape[1]
        per_metre = [
            (one.albedo.shape[1] / one.width_m, one.albedo.shape[0] / one.height_m)
            for one in textures
        ]
        return TextureAtlas(
            np.concatenate(packed),
            levels,
            np.array(sizes, np.int64),
            np.array(per_metre),
        )


def _pyramid(picture: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Return a picture, and copies of half the sides each, averaged over four texels."""
    height, width = picture.shape[:2]
    if height & (height - 1) or width & (width - 1):
        raise ValueError(f"the sides of a texture are powers of two, got {width}x{height}")
    pyramid = [picture]
    while min(pyramid[-1].shape[:2]) > _LEAST:
        above = pyramid[-1][::2] + pyramid[-1][1::2]
        pyramid.append(np.float32(0.25) * (above[:, ::2] + above[:, 1::2]))
    return pyramid
