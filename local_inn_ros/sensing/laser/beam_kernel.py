# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The work that each beam of each scan takes, compiled."""

from __future__ import annotations

import math

import numba
import numpy as np

from local_inn_ros.sensing.laser.beam_state import BeamState

_RETURN, _NO_RETURN = int(BeamState.RETURN), int(BeamState.NO_RETURN)
_TOO_CLOSE, _INVALID = int(BeamState.TOO_CLOSE), int(BeamState.INVALID)
# Neighbouring beams meet one surface where their ranges differ by no more than on a wall that is
# met this obliquely (tangent of the angle of incidence), and the noise of a laser.
_MOST_OBLIQUE = 5.0
_NOISE_M = 0.02
_LEAST_RATIO = 0.1


@numba.njit(cache=True, nogil=True, error_model="numpy")
def state_of(range_m, range_min_m, range_max_m):  # type: ignore[no-untyped-def]
    """Return what one range says, as REP-117 has it; all three in single precision."""
    if math.isnan(range_m):
        return _INVALID
    if range_m < range_min_m:
        # Only -Inf among what is not positive is said on purpose.
        return _TOO_CLOSE if range_m > 0.0 or math.isinf(range_m) else _INVALID
    if range_m <= 0.0:
        return _INVALID
    return _NO_RETURN if range_m >= range_max_m else _RETURN


@numba.njit(cache=True, nogil=True, error_model="numpy")
def states_of(ranges_m, range_min_m, range_max_m):  # type: ignore[no-untyped-def]
    """Return what raw ranges (n,) say, (n,) uint8."""
    states = np.empty(ranges_m.shape[0], np.uint8)
    range_min_m, range_max_m = np.float32(range_min_m), np.float32(range_max_m)
    for i in range(ranges_m.shape[0]):
        states[i] = state_of(ranges_m[i], range_min_m, range_max_m)
    return states


@numba.njit(cache=True, nogil=True, error_model="numpy")
def returns_among(states):  # type: ignore[no-untyped-def]
    """Return how many of some beams (n,) measured a distance."""
    count = 0
    for i in range(states.shape[0]):
        if states[i] == _RETURN:
            count += 1
    return count


@numba.njit(cache=True, nogil=True, error_model="numpy")
def network_states_of(states):  # type: ignore[no-untyped-def]
    """Return what the networks are told of states (n,): 1 a distance, -1 nothing, 0 unknown."""
    told = np.zeros(states.shape[0], np.float32)
    for i in range(states.shape[0]):
        if states[i] == _RETURN:
            told[i] = 1.0
        elif states[i] == _NO_RETURN:
            told[i] = -1.0
    return told


@numba.njit(cache=True, nogil=True, error_model="numpy")
def end_points_of(  # type: ignore[no-untyped-def]
    ranges_m, stride, directions, range_min_m, range_max_m
):
    """Return the end points (k, 2) of every ``stride``-th range that measured a distance.

    Args:
        ranges_m: (n,) raw ranges.
        stride: beams from one that counts to the next.
        directions: (n / stride, 2) cosines and sines of the beams that count.
        range_min_m: nearer than this is no measurement.
        range_max_m: this far or farther is none.
    """
    points = np.empty((directions.shape[0], 2))
    range_min_m, range_max_m = np.float32(range_min_m), np.float32(range_max_m)
    count = 0
    for i in range(directions.shape[0]):
        range_m = ranges_m[i * stride]
        if state_of(range_m, range_min_m, range_max_m) == _RETURN:
            points[count, 0] = range_m * directions[i, 0]
            points[count, 1] = range_m * directions[i, 1]
            count += 1
    return points[:count]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def interpolated(range_m, other_m, share, increment_rad):  # type: ignore[no-untyped-def]
    """Return the range between two neighbouring beams that meet one surface; 0 if they do not.

    Args:
        range_m: of the beam that is nearer.
        other_m: of the other; whatever it is.
        share: of the way from the nearer beam to the other.
        increment_rad: angle between them, without its sign.
    """
    # NaN and the infinities never lie on the same surface as anything.
    gap = abs(other_m - range_m)
    same = gap <= _NOISE_M + _MOST_OBLIQUE * increment_rad * range_m
    if same and other_m >= _LEAST_RATIO * range_m:
        # Along a straight wall the inverse of the range is nearly linear in the angle.
        return range_m / (1.0 + share * (range_m / other_m - 1.0))
    return 0.0


@numba.njit(cache=True, nogil=True, error_model="numpy")
def picked(  # type: ignore[no-untyped-def]
    ranges_m, match, range_min_m, range_max_m, reaches, increment_rad
):
    """Return ranges (n,) and states (n,) at the wanted angles (``BeamPicker``).

    Args:
        ranges_m: (m,) raw ranges.
        match: nearest, neighbour, share and covered of the ``BeamMatch``.
        range_min_m: nearer than this is no measurement.
        range_max_m: this far or farther is none.
        reaches: whether nothing within the scan's reach means nothing within that of others.
        increment_rad: step from beam to beam, without its sign.
    """
    nearest, neighbour, share, covered = match
    range_min_m, range_max_m = np.float32(range_min_m), np.float32(range_max_m)
    count = nearest.shape[0]
    known, states = np.zeros(count, np.float32), np.empty(count, np.uint8)
    for i in range(count):
        range_m = ranges_m[nearest[i]]
        state = state_of(range_m, range_min_m, range_max_m) if covered[i] else _INVALID
        if state == _NO_RETURN and not reaches:
            state = _INVALID
        states[i] = state
        if state != _RETURN:
            continue
        along = interpolated(range_m, ranges_m[neighbour[i]], share[i], increment_rad)
        known[i] = along if along > 0.0 else range_m
    return known, states
