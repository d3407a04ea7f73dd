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

_MOST_PROBES = 6
_PER_BYTE = 1.0 / 255.0


@numba.njit(cache=True, nogil=True, error_model="numpy")
def look_up(texels, levels, sizes, texture, area, colour):  # type: ignore[no-untyped-def]
    """Multiply colours (n, 3) by the mean albedo of parallelograms on textures.

    Args:
        texels: see ``TextureAtlas``, flat.
        levels: see ``TextureAtlas``.
        sizes: the same.
        texture: (n,) number of the texture; none where negative, and the colour stays.
        area: (n, 6) middle of the area from the left and top edges, its first side and its
            second, each across and down, in texels.
        colour: (n, 3) the light, that becomes what is given back of it.
    """
    found = np.empty(3, np.float32)
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
            probes = int(min(math.ceil(first / max(second, 1.0)), _MOST_PROBES))
        size = max(second, first / probes)
        level = math.log2(size) if size > 1.0 else 0.0
        level = min(level, sizes[which, 2] - 1.0)
        low = int(level)
        blend = np.float32(level - low)
        found[0], found[1], found[2] = 0.0, 0.0, 0.0
        for probe in range(probes):
            share = (probe + 0.5) / probes - 0.5
            u, v = area[i, 0] + share * a_u, area[i, 1] + share * a_v
            _add(texels, levels, sizes, which, low, u, v, np.float32(1.0) - blend, found)
            if blend > 0.0:
                _add(texels, levels, sizes, which, low + 1, u, v, blend, found)
        scale = _PER_BYTE / probes
        for channel in range(3):
            colour[i, channel] *= found[channel] * scale


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _add(texels, levels, sizes, which, level, u, v, weight, found):  # type: ignore[no-untyped-def]
    """Add what four texels of one level say about a place, in 255ths, times a weight."""
    width, height = sizes[which, 0] >> level, sizes[which, 1] >> level
    shrink = 1.0 / (1 << level)
    x, y = u * shrink - 0.5, v * shrink - 0.5
    col, row = math.floor(x), math.floor(y)
    right, down = np.float32(x - col), np.float32(y - row)
    left_col, right_col = _within(col, width, sizes[which, 3])
    upper_row, lower_row = _within(row, height, sizes[which, 4])
    begin = levels[which, level]
    upper, lower = begin + upper_row * width, begin + lower_row * width
    one, two = 3 * (upper + left_col), 3 * (upper + right_col)
    three, four = 3 * (lower + left_col), 3 * (lower + right_col)
    below = weight * down
    above = weight - below
    w_two, w_four = right * above, right * below
    w_one, w_three = above - w_two, below - w_four
    for channel in range(3):
        found[channel] += (
            w_one * texels[one + channel]
            + w_two * texels[two + channel]
            + w_three * texels[three + channel]
            + w_four * texels[four + channel]
        )


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _within(at, count, wraps):  # type: ignore[no-untyped-def]
    """Return a row or column and the next, wrapped round or held at the edge."""
    if wraps == 1:
        return at & (count - 1), (at + 1) & (count - 1)
    return min(max(at, 0), count - 1), min(max(at + 1, 0), count - 1)
