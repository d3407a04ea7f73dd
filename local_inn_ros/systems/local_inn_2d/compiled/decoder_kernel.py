# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From a pose and its latent to the ranges that the map expects; compiled.

The same as ``flows.range_decoder``.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from local_inn_ros.systems.local_inn_2d.compiled.dense_kernel import (
    Layer,
    linear,
    multiply,
    rectified,
)
from local_inn_ros.systems.local_inn_2d.compiled.feature_kernel import FeatureGrids, read_features

_LONGEST_LOG = np.float32(5.0)
_SMALLEST_SCALE = np.float32(0.1)
_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
# Numbers that tell where a beam faces: cosines and sines of one, two and three times its angle.
_FACING = 6


class DecoderWeights(NamedTuple):
    """The decoder's numbers.

    Attributes:
        angles_rad: (n,) of the beams in the sensor frame.
        places: what is learned of the map.
        latent: layer that reads the latent y.
        first_inner, first_outer, first_last: layers of the first guess.
        next_inner, next_outer, next_last: layers of the corrections.
        strides: how many corrections.
        range_max_m: no range is longer.
    """

    angles_rad: NDArray[np.float64]
    places: FeatureGrids
    latent: Layer
    first_inner: Layer
    first_outer: Layer
    first_last: Layer
    next_inner: Layer
    next_outer: Layer
    next_last: Layer
    strides: int
    range_max_m: float


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def draw(weights, latent, pose, ranges):  # type: ignore[no-untyped-def]
    """Fill the ranges (n,) that are seen at a pose (3,) with the latent y (1, y)."""
    beams, features = ranges.shape[0], weights.first_inner.weight.shape[0] - _FACING
    width = weights.latent.weight.shape[1]
    longest = np.float32(weights.range_max_m)
    hint = np.empty((1, width), np.float32)
    linear(weights.latent, latent, hint)
    seen = np.empty((beams, weights.next_inner.weight.shape[0]), np.float32)
    facing = np.empty((beams, _FACING), np.float32)
    inner = np.empty((beams, width), np.float32)
    outer = np.empty((beams, width), np.float32)
    step = np.empty((beams, 1), np.float32)

    # What all beams have in common is read once.
    here = np.empty((1, features), np.float32)
    common = np.empty((1, width), np.float32)
    points = np.empty((beams, 2))
    points[0, 0], points[0, 1] = pose[0], pose[1]
    read_features(weights.places, points[:1], here)
    multiply(here, weights.first_inner.weight[:features], common)
    for i in range(beams):
        heading = pose[2] + weights.angles_rad[i]
        step_x, step_y = math.cos(heading), math.sin(heading)
        x, y = step_x, step_y
        for harmonic in range(_FACING // 2):
            facing[i, 2 * harmonic], facing[i, 2 * harmonic + 1] = x, y
            x, y = x * step_x - y * step_y, x * step_y + y * step_x
    multiply(facing, weights.first_inner.weight[features:], inner)
    for j in range(width):
        common[0, j] += weights.first_inner.bias[j] + hint[0, j]
    for i in range(beams):
        for j in range(width):
            inner[i, j] = max(inner[i, j] + common[0, j], _ZERO)
    rectified(weights.first_outer, inner, outer)
    linear(weights.first_last, outer, step)
    for i in range(beams):
        logarithm = min(math.log1p(math.exp(step[i, 0])), _LONGEST_LOG)
        ranges[i] = min(max(math.expm1(logarithm), _ZERO), longest)

    for j in range(width):
        hint[0, j] += weights.next_inner.bias[j]
    for stride in range(weights.strides):
        for i in range(beams):
            points[i, 0] = pose[0] + ranges[i] * facing[i, 0]
            points[i, 1] = pose[1] + ranges[i] * facing[i, 1]
            for j in range(_FACING):
                seen[i, features + j] = facing[i, j]
            seen[i, features + _FACING] = math.log1p(ranges[i])
            seen[i, features + _FACING + 1] = stride
        read_features(weights.places, points, seen)
        multiply(seen, weights.next_inner.weight, inner)
        for i in range(beams):
            for j in range(width):
                inner[i, j] = max(inner[i, j] + hint[0, j], _ZERO)
        rectified(weights.next_outer, inner, outer)
        linear(weights.next_last, outer, step)
        for i in range(beams):
            scale = max(seen[i, features + _FACING], _SMALLEST_SCALE)
            ranges[i] = min(max(ranges[i] + step[i, 0] * scale, _ZERO), longest)
