# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Textures looked up over the area that a pixel covers, so that far surfaces do not alias.

Between two levels of the pyramid and four texels of each (trilinear, Williams, Pyramidal
parametrics, SIGGRAPH 1983); where a surface is seen at a slant, at several places along the long
side of the area (McCormack et al., Feline, SIGGRAPH 1999).
"""

from __future__ import annotations

import math

import numba
import numpy as np

# Colours may be rounded in any order; nothing here decides where something is.
_FAST = {"contract", "arcp", "nsz", "reassoc"}
_MOST_PROBES = 4
# Areas up to so much longer than that are looked at once less; none is taken for narrower.
_ROUNDING, _LEAST_SIDE = 0.3, 1.0
# Near a level of the pyramid that one alone counts.
_STEEP = 1.6
_PER_BYTE = 1.0 / 255.0


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def look_up(texels, levels, sizes, texture, area, colour):  # type: ignore[no-untyped-def]
    """Multiply colours (n, 3) by the mean albedo of parallelograms on textures.

    Args:
        texels: see ``TextureAtlas``.
        levels: see ``TextureAtlas``.
        sizes: the same.
        texture: (n,) number of the texture; none where negative, and the colour stays.
        area: (n, 6) middle of the area from the left and top edges, its first side and its
            second, each across and down, in texels.
        colour: (n, 3) the light, that becomes what is given back of it.
    """
    for i in range(texture.shape[0]):
        which = texture[i]
        if which < 0:
            continue
        a_u, a_v, b_u, b_v = area[i, 2], area[i, 3], area[i, 4], area[i, 5]
        first, second = math.sqrt(a_u * a_u + a_v * a_v), math.sqrt(b_u * b_u + b_v * b_v)
        if first < second:
            first, second, a_u, a_v = second, first, b_u, b_v
        # Sides that lie askew cover less than their lengths say: that blurs, and aliases nothing.
        probes = 1
        if first > 1.0:
            probes = min(max(int(first / max(second, _LEAST_SIDE) + _ROUNDING), 1), _MOST_PROBES)
        size = max(second, first / probes)
        low, most = 0, sizes[which, 2] - 1
        while size >= 2.0 and low < most:
            size *= np.float32(0.5)
            low += 1
        # Between two powers of two a line stands for the logarithm.
        blend = min(max(_STEEP * (size - 1.5) + 0.5, 0.0), 1.0) if low < most else 0.0
        blend = np.float32(blend)
        if blend == 1.0:
            low, blend = low + 1, np.float32(0.0)
        red, green, blue = np.float32(0.0), np.float32(0.0), np.float32(0.0)
        for probe in range(probes):
            share = np.float32((probe + 0.5) / probes - 0.5)
            u, v = area[i, 0] + share * a_u, area[i, 1] + share * a_v
            r, g, b = _bilinear(texels, levels, sizes, which, low, u, v)
            if blend > 0.0:
                r2, g2, b2 = _bilinear(texels, levels, sizes, which, low + 1, u, v)
                r, g, b = r + blend * (r2 - r), g + blend * (g2 - g), b + blend * (b2 - b)
            red, green, blue = red + r, green + g, blue + b
        scale = np.float32(_PER_BYTE / probes)
        colour[i, 0] *= red * scale
        colour[i, 1] *= green * scale
        colour[i, 2] *= blue * scale


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _bilinear(texels, levels, sizes, which, level, u, v):  # type: ignore[no-untyped-def]
    """Return what four texels of one level say about a place, in 255ths."""
    width, height = sizes[which, 0] >> level, sizes[which, 1] >> level
    shrink = np.float32(1.0) / np.float32(1 << level)
    x, y = u * shrink - np.float32(0.5), v * shrink - np.float32(0.5)
    col, row = math.floor(x), math.floor(y)
    right, down = x - np.float32(col), y - np.float32(row)
    left_col, right_col = _within(col, width, sizes[which, 3])
    upper_row, lower_row = _within(row, height, sizes[which, 4])
    begin = levels[which, level]
    upper, lower = begin + upper_row * width, begin + lower_row * width
    one, two = texels[upper + left_col], texels[upper + right_col]
    three, four = texels[lower + left_col], texels[lower + right_col]
    w_four = right * down
    w_two, w_three = right - w_four, down - w_four
    w_one = np.float32(1.0) - right - w_three
    return (
        w_one * _byte(one, 0) + w_two * _byte(two, 0)
        + w_three * _byte(three, 0) + w_four * _byte(four, 0),
        w_one * _byte(one, 8) + w_two * _byte(two, 8)
        + w_three * _byte(three, 8) + w_four * _byte(four, 8),
        w_one * _byte(one, 16) + w_two * _byte(two, 16)
        + w_three * _byte(three, 16) + w_four * _byte(four, 16),
    )  # fmt: skip


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _byte(texel, shift):  # type: ignore[no-untyped-def]
    """Return one of the colours that a texel holds."""
    return np.float32((texel >> shift) & 255)


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _within(at, count, wraps):  # type: ignore[no-untyped-def]
    """Return a row or column and the next, wrapped round or held at the edge."""
    if wraps == 1:
        return at & (count - 1), (at + 1) & (count - 1)
    return min(max(at, 0), count - 1), min(max(at + 1, 0), count - 1)
