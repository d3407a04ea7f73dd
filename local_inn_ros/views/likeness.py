# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How like a rendered picture is to the true one."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

# Wang et al., *Image Quality Assessment* (2004): a window of 11 pixels and two constants.
_SIGMA, _TRUNCATED = 1.5, 3.5
_C1, _C2 = 0.01**2, 0.03**2


def psnr(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Return the peak signal to noise ratio of colours in [0, 1], in decibels."""
    return -10.0 * math.log10(max(float(np.mean((first - second) ** 2)), 1e-10))


def ssim(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Return the structural similarity of pictures (h, w, c) in [0, 1]; 1 for the same."""

    def smooth(values: NDArray[np.floating]) -> NDArray[np.float64]:
        told: NDArray[np.float64] = gaussian_filter(
            values.astype(np.float64), (_SIGMA, _SIGMA, 0.0), truncate=_TRUNCATED
        )
        return told

    one, two = smooth(first), smooth(second)
    spread_one = smooth(first * first) - one * one
    spread_two = smooth(second * second) - two * two
    common = smooth(first * second) - one * two
    above = (2.0 * one * two + _C1) * (2.0 * common + _C2)
    below = (one * one + two * two + _C1) * (spread_one + spread_two + _C2)
    return float(np.mean(above / below))
