# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The couplings of the invertible network, both ways; compiled.

The fixed permutations between the couplings (``flows.coupling``) move nothing here: each half of a
coupling is told which elements it reads and which it moves.
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

# FrEIA's soft clamp by the arc tangent, with the clamp at 2: scales are exp(+-2) at most.
_CLAMP = 2.0 * 0.636
_ZERO, _ONE, _TWO = np.float32(0.0), np.float32(1.0), np.float32(2.0)
_QUARTER_TURN = np.float32(0.5 * math.pi)
# The arc tangent by odd powers, least squares for |x| <= 1: off by 4e-8.
_ATAN = tuple(
    np.float32(factor)
    for factor in (
        0.9999993356,
        -0.3332986091,
        0.1994656632,
        -0.1390863066,
        0.0964219658,
        -0.0559122833,
        0.0218629116,
        -0.0040545512,
    )
)
_EIGHTH = np.float32(_CLAMP / 8.0)
# The exponential by Taylor's series, of an eighth of the clamp at most, and squared three times.
_EXP = tuple(np.float32(1.0 / math.factorial(power)) for power in range(7))


class Couplings(NamedTuple):
    """The halves of all couplings, in the order in which a code becomes a latent.

    Elements are counted as in the latent: y first, then z.

    Attributes:
        read: (h, most) the elements that each half's subnet reads; the first again where they are
            fewer than ``most``.
        inner: (h, most, hidden) from those to its hidden layer; zero for the first again.
        from_condition: (condition, h * hidden) the condition's share of all hidden layers.
        inner_bias: (h * hidden,).
        outer: (h, hidden, 2 most) from the hidden layer to the scales of the elements that are
            moved, and from ``most`` on to their shifts.
        outer_bias: (h, 2 most).
        moved: (h, most) the elements that are moved.
        moved_count: (h,) how many they are.
        code_at: (size,) where each element of a code stands.
    """

    read: NDArray[np.int64]
    inner: NDArray[np.float32]
    from_condition: NDArray[np.float32]
    inner_bias: NDArray[np.float32]
    outer: NDArray[np.float32]
    outer_bias: NDArray[np.float32]
    moved: NDArray[np.int64]
    moved_count: NDArray[np.int64]
    code_at: NDArray[np.int64]


class PriorLayers(NamedTuple):
    """What brings a prior to the condition of the couplings.

    Attributes:
        centre: (2,) middle of the map, m.
        coarsest_m: longest period of the place's sines.
        first: layer that reads the features.
        last: layer to the condition.
    """

    centre: NDArray[np.float64]
    coarsest_m: float
    first: Layer
    last: Layer


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def condition_hidden(layers, couplings, prior, spread):  # type: ignore[no-untyped-def]
    """Return what a prior (3,) of a spread gives to all hidden layers, (h, hidden)."""
    features = np.empty((1, layers.first.weight.shape[0]), np.float32)
    turns = 2.0 * math.pi / layers.coarsest_m
    count = (features.shape[1] - 5) // 4
    for axis in range(2):
        phase = (prior[axis] - layers.centre[axis]) * turns
        sine, cosine = np.float32(math.sin(phase)), np.float32(math.cos(phase))
        for octave in range(count):
            features[0, 4 * octave + axis] = sine
            features[0, 4 * octave + 2 + axis] = cosine
            sine, cosine = _TWO * sine * cosine, _ONE - _TWO * sine * sine
    yaw = prior[2]
    features[0, 4 * count] = math.sin(yaw)
    features[0, 4 * count + 1] = math.cos(yaw)
    features[0, 4 * count + 2] = math.sin(2.0 * yaw)
    features[0, 4 * count + 3] = math.cos(2.0 * yaw)
    features[0, 4 * count + 4] = math.log(spread)
    hidden = np.empty((1, layers.first.weight.shape[1]), np.float32)
    condition = np.empty((1, layers.last.weight.shape[1]), np.float32)
    rectified(layers.first, features, hidden)
    linear(layers.last, hidden, condition)
    given = np.empty((1, couplings.inner_bias.shape[0]), np.float32)
    multiply(condition, couplings.from_condition, given)
    for j in range(given.shape[1]):
        given[0, j] += couplings.inner_bias[j]
    return given.reshape(couplings.inner.shape[0], couplings.inner.shape[2])


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def to_codes(couplings, given, vectors):  # type: ignore[no-untyped-def]
    """Turn latents (n, size) into codes where they stand; ``given`` is ``condition_hidden``."""
    hidden = np.empty((vectors.shape[0], couplings.inner.shape[2]), np.float32)
    told = np.empty((vectors.shape[0], couplings.outer.shape[2]), np.float32)
    for half in range(couplings.inner.shape[0] - 1, -1, -1):
        _ask(couplings, given, vectors, half, hidden, told, -_EIGHTH)
        most = couplings.moved.shape[1]
        for i in range(vectors.shape[0]):
            for j in range(couplings.moved_count[half]):
                at = couplings.moved[half, j]
                vectors[i, at] = (vectors[i, at] - told[i, most + j]) * told[i, j]


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def to_latents(couplings, given, vectors):  # type: ignore[no-untyped-def]
    """Turn codes (n, size) into latents where they stand; undoes ``to_codes``."""
    hidden = np.empty((vectors.shape[0], couplings.inner.shape[2]), np.float32)
    told = np.empty((vectors.shape[0], couplings.outer.shape[2]), np.float32)
    for half in range(couplings.inner.shape[0]):
        _ask(couplings, given, vectors, half, hidden, told, _EIGHTH)
        most = couplings.moved.shape[1]
        for i in range(vectors.shape[0]):
            for j in range(couplings.moved_count[half]):
                at = couplings.moved[half, j]
                vectors[i, at] = vectors[i, at] * told[i, j] + told[i, most + j]


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _ask(couplings, given, vectors, half, hidden, told, eighth):  # type: ignore[no-untyped-def]
    """Fill what one half's subnet says to vectors (n, size): scales and shifts (n, 2 most).

    With the negative eighth of the clamp the scales are inverted.
    """
    seen = np.empty((vectors.shape[0], couplings.read.shape[1]), np.float32)
    for i in range(seen.shape[0]):
        for j in range(seen.shape[1]):
            seen[i, j] = vectors[i, couplings.read[half, j]]
    multiply(seen, couplings.inner[half], hidden)
    for i in range(hidden.shape[0]):
        for j in range(hidden.shape[1]):
            hidden[i, j] = max(hidden[i, j] + given[half, j], _ZERO)
    multiply(hidden, couplings.outer[half], told)
    for i in range(told.shape[0]):
        for j in range(told.shape[1]):
            told[i, j] += couplings.outer_bias[half, j]
    for i in range(told.shape[0]):
        for j in range(couplings.moved.shape[1]):
            told[i, j] = _scale(told[i, j], eighth)


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _scale(said, eighth):  # type: ignore[no-untyped-def]
    """Return exp(8 eighth atan(said)) to seven digits: the library's take three times as long."""
    size = abs(said)
    inverted = size > _ONE
    x = _ONE / size if inverted else size
    square = x * x
    angle = _ATAN[7]
    angle = _ATAN[6] + square * angle
    angle = _ATAN[5] + square * angle
    angle = _ATAN[4] + square * angle
    angle = _ATAN[3] + square * angle
    angle = _ATAN[2] + square * angle
    angle = _ATAN[1] + square * angle
    angle = x * (_ATAN[0] + square * angle)
    angle = _QUARTER_TURN - angle if inverted else angle
    x = eighth * (-angle if said < _ZERO else angle)
    power = _EXP[5] + x * _EXP[6]
    power = _EXP[4] + x * power
    power = _EXP[3] + x * power
    power = _EXP[2] + x * power
    power = _ONE + x * (_ONE + x * power)
    power *= power
    power *= power
    return power * power
