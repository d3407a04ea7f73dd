# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Compares a reading with what was expected, beam by beam, compiled."""

from __future__ import annotations

import math

import numba
import numpy as np

from local_inn_ros.sensing import BeamState

_RETURN, _NO_RETURN = int(BeamState.RETURN), int(BeamState.NO_RETURN)
_TOO_CLOSE = int(BeamState.TOO_CLOSE)


# Residuals are also judged relative to the range: a small yaw error moves a far end point far.
_RELATIVE_DEVIATION = 0.01
# A beam that is off by fewer deviations than about this is explained.
_EXPLAINED_DEVIATIONS = 3.0
# The forward pass tells "nothing within reach" by a range near the limit.
_NEAR_LIMIT = 0.9
# Neighbouring beams meet one surface where the longer is at most so much longer.
_SAME_SURFACE_M, _SAME_SURFACE_SHARE = 0.05, 0.25
_LEAST_STEP_M = 1e-9
# Shares below about these are as good as none: with some ninety beams 0.01 is one of them, and a
# few agree anywhere.
_LEAST_AGREEING, _LEAST_THROUGH, _LEAST_SIDEWAYS = 0.05, 0.01, 0.01


@numba.njit(cache=True, nogil=True, error_model="numpy")
def match_rows(  # type: ignore[no-untyped-def]
    expected, measured, states, angles, deviation_m, range_max_m
):
    """Compare one reading with each of many expectations.

    Args:
        expected: (b, n) ranges expected.
        measured: (n,) ranges measured.
        states: (n,) what each beam says (``BeamState``).
        angles: (n,) of the beams, rad.
        deviation_m: robust deviation of the forward pass and the sensor together.
        range_max_m: range that the forward pass gives for nothing within reach.

    Returns:
        (b, 3) shares of the beams that say something: agreeing, through and sideways of
        ``ScanMatch``.
    """
    telling = 0
    directions = np.empty((angles.shape[0], 2))
    for i in range(angles.shape[0]):
        directions[i, 0], directions[i, 1] = math.cos(angles[i]), math.sin(angles[i])
        if states[i] == _RETURN or states[i] == _TOO_CLOSE:
            telling += 1
    shares = np.empty((expected.shape[0], 3))
    for row in range(expected.shape[0]):
        agreeing, through, sideways, as_empty = _match_beams(
            expected[row], measured, states, directions, deviation_m, range_max_m
        )
        count = max(telling + as_empty, 1)
        shares[row, 0] = (agreeing + as_empty) / count
        shares[row, 1], shares[row, 2] = through / count, sideways / count
    return shares


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _match_beams(  # type: ignore[no-untyped-def]
    expected, measured, states, directions, deviation_m, range_max_m
):
    """Compare one reading with one expectation (n,).

    Returns:
        Sums over the beams: those that agree, by how well; those that went through a surface;
        explained ones on surfaces across the direction that most run along; those that returned
        nothing where nothing was expected. Across: the smaller eigenvalue of the sum of the
        surfaces' direction tensors; with the direction of a surface as an angle, doubled so that a
        turn by half changes nothing, it is half of what the vector sum of the doubled angles falls
        short of the count.
    """
    count, open_m = expected.shape[0], _NEAR_LIMIT * range_max_m
    agreeing, through, as_empty = 0.0, 0.0, 0
    weights, double_x, double_y = 0.0, 0.0, 0.0
    last = 0.0
    for i in range(count):
        range_m = float(expected[i])
        # Where a beam passes a corner, either of its neighbours' ranges is as good as its own.
        before, after = expected[max(i - 1, 0)], expected[min(i + 1, count - 1)]
        nearest = float(min(expected[i], before, after))
        farthest = float(max(expected[i], before, after))
        explained = 0.0
        if states[i] == _RETURN:
            share_m = _RELATIVE_DEVIATION * range_m
            deviation = math.sqrt(deviation_m * deviation_m + share_m * share_m)
            off = max(nearest - measured[i], measured[i] - farthest, 0.0)
            off /= _EXPLAINED_DEVIATIONS * deviation
            explained = math.exp(-0.5 * off * off)
            close = (measured[i] - range_m) / deviation
            agreeing += math.exp(-0.5 * close * close)
            if measured[i] > farthest:
                through += 1.0 - explained
        elif states[i] == _NO_RETURN and farthest >= open_m:
            as_empty += 1
        if range_m >= open_m:
            explained = 0.0
        same = _SAME_SURFACE_M + _SAME_SURFACE_SHARE * min(before, range_m)
        if i > 0 and abs(range_m - before) < same:
            weight = min(last, explained)
            x = range_m * directions[i, 0] - before * directions[i - 1, 0]
            y = range_m * directions[i, 1] - before * directions[i - 1, 1]
            length = max(math.sqrt(x * x + y * y), _LEAST_STEP_M)
            x, y = x / length, y / length
            weights += weight
            double_x += weight * (x * x - y * y)
            double_y += weight * 2.0 * x * y
        last = explained
    sideways = max(0.5 * (weights - math.hypot(double_x, double_y)), 0.0)
    return agreeing, through, sideways, as_empty


@numba.njit(cache=True, nogil=True, error_model="numpy")
def features_of(shares):  # type: ignore[no-untyped-def]
    """Return what the log-odds are linear in, (b, 3), of the shares (b, 3) of ``match_rows``."""
    features = np.empty(shares.shape)
    for row in range(shares.shape[0]):
        features[row, 0] = math.log(shares[row, 0] + _LEAST_AGREEING)
        features[row, 1] = math.log(shares[row, 1] + _LEAST_THROUGH)
        features[row, 2] = math.log(shares[row, 2] + _LEAST_SIDEWAYS)
    return features


@numba.njit(cache=True, nogil=True, error_model="numpy")
def qualities_of(  # type: ignore[no-untyped-def]
    expected, measured, states, angles, deviation_m, range_max_m, offset, weights
):
    """Return the logistic function (b,) of what ``match_rows`` says; 0 where no beam agrees."""
    shares = match_rows(expected, measured, states, angles, deviation_m, range_max_m)
    features = features_of(shares)
    probabilities = np.zeros(shares.shape[0])
    for row in range(shares.shape[0]):
        if shares[row, 0] > 0.0:
            odds = offset
            for k in range(3):
                odds += weights[k] * features[row, k]
            probabilities[row] = 1.0 / (1.0 + math.exp(-odds))
    return probabilities
