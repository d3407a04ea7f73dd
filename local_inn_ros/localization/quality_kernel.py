# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Compares a reading with what was expected, beam by beam, compiled."""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np

from local_inn_ros.sensing import BeamState

_RETURN, _NO_RETURN = int(BeamState.RETURN), int(BeamState.NO_RETURN)


class MatchLimits(NamedTuple):
    """The numbers that say what agrees.

    Attributes:
        deviation_m: robust deviation of the forward pass and the sensor together.
        relative_deviation: deviation as a share of the range, besides.
        explained_deviations: a beam that is off by fewer deviations than about this is explained.
        open_m: expected ranges from here on mean that nothing is within reach.
        same_surface_m: ranges of neighbouring beams differ by less than this on one surface,
        same_surface_share: and this share of the shorter one besides.
        least_step_m: nearer end points have no direction.
    """

    deviation_m: float
    relative_deviation: float
    explained_deviations: float
    open_m: float
    same_surface_m: float
    same_surface_share: float
    least_step_m: float


@numba.njit(cache=True, nogil=True, error_model="numpy")
def match_rows(expected, measured, states, directions, limits):  # type: ignore[no-untyped-def]
    """Compare one reading with each of many expectations (b, n); see ``match_beams``.

    Returns:
        (b, 4), one row for each expectation.
    """
    sums = np.empty((expected.shape[0], 4))
    for row in range(expected.shape[0]):
        agreeing, through, sideways, as_empty = match_beams(
            expected[row], measured, states, directions, limits
        )
        sums[row, 0], sums[row, 1] = agreeing, through
        sums[row, 2], sums[row, 3] = sideways, as_empty
    return sums


@numba.njit(cache=True, nogil=True, error_model="numpy")
def match_beams(expected, measured, states, directions, limits):  # type: ignore[no-untyped-def]
    """Compare one reading with one expectation.

    Args:
        expected: (n,) ranges expected.
        measured: (n,) ranges measured.
        states: (n,) what each beam says (``BeamState``).
        directions: (n, 2) cosines and sines of the beams' angles.
        limits: what agrees.

    Returns:
        Sums over the beams: those that agree, by how well; those that went through a surface;
        explained ones on surfaces across the direction that most run along; those that returned
        nothing where nothing was expected. Across: the smaller eigenvalue of the sum of the
        surfaces' direction tensors; with the direction of a surface as an angle, doubled so that a
        turn by half changes nothing, it is half of what the vector sum of the doubled angles falls
        short of the count.
    """
    count = expected.shape[0]
    agreeing, through, as_empty = 0.0, 0.0, 0
    weights, double_x, double_y = 0.0, 0.0, 0.0
    last = 0.0
    for i in range(count):
        range_m = expected[i]
        # Where a beam passes a corner, either of its neighbours' ranges is as good as its own.
        before, after = expected[max(i - 1, 0)], expected[min(i + 1, count - 1)]
        nearest = min(range_m, before, after)
        farthest = max(range_m, before, after)
        explained = 0.0
        if states[i] == _RETURN:
            deviation = math.hypot(limits.deviation_m, limits.relative_deviation * range_m)
            off = max(nearest - measured[i], measured[i] - farthest, 0.0)
            off /= limits.explained_deviations * deviation
            explained = math.exp(-0.5 * off * off)
            close = (measured[i] - range_m) / deviation
            agreeing += math.exp(-0.5 * close * close)
            if measured[i] > farthest:
                through += 1.0 - explained
        elif states[i] == _NO_RETURN and farthest >= limits.open_m:
            as_empty += 1
        if range_m >= limits.open_m:
            explained = 0.0
        same = limits.same_surface_m + limits.same_surface_share * min(before, range_m)
        if i > 0 and abs(range_m - before) < same:
            weight = min(last, explained)
            x = range_m * directions[i, 0] - before * directions[i - 1, 0]
            y = range_m * directions[i, 1] - before * directions[i - 1, 1]
            length = max(math.hypot(x, y), limits.least_step_m)
            x, y = x / length, y / length
            weights += weight
            double_x += weight * (x * x - y * y)
            double_y += weight * 2.0 * x * y
        last = explained
    sideways = max(0.5 * (weights - math.hypot(double_x, double_y)), 0.0)
    return agreeing, through, sideways, as_empty
