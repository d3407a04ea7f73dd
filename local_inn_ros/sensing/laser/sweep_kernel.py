# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Beams measured on the way, as they would have been measured from one pose; compiled."""

from __future__ import annotations

import math

import numba
import numpy as np

from local_inn_ros.geometry.compiled import inverse_of_definite
from local_inn_ros.sensing.laser.beam_kernel import interpolated, state_of
from local_inn_ros.sensing.laser.beam_state import BeamState

_RETURN, _NO_RETURN = int(BeamState.RETURN), int(BeamState.NO_RETURN)
_TOO_CLOSE = int(BeamState.TOO_CLOSE)
_TURN = 2.0 * math.pi
# Below this the series of the arc tangent is exact to a millionth of a radian.
_SMALL = 0.25
# A beam speaks for what lies so near to it, in steps from beam to beam; also where the motion has
# drawn two neighbours apart.
_REACH = 0.75
# Neighbours on a wall that is met this obliquely (tangent of the angle of incidence) lie on it.
_MOST_OBLIQUE = 5.0
# The angle from one beam to another that tells with it which way a wall faces.
_CHORD_RAD = 0.035
# A direction that fewer of the walls face than this is one that a scan does not tell.
_LEAST_SHARE = 1e-3
# A turn that closes to within this many steps is a whole one.
_SEAM = 1.5


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _small_atan2(aside, ahead):  # type: ignore[no-untyped-def]
    """Return the angle of a vector, quickly where it is small."""
    if abs(aside) > _SMALL * ahead:
        return math.atan2(aside, ahead)
    ratio = aside / ahead
    square = ratio * ratio
    return ratio * (1.0 - square * (1.0 / 3.0 - square * (0.2 - square / 7.0)))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _moved(  # type: ignore[no-untyped-def]
    ranges_m, first_rad, step_rad, limits_m, knots, places, moved_m, states
):
    """Fill in where each beam (n,) lies as seen from the one pose.

    Args:
        ranges_m: (n,) raw ranges.
        first_rad: angle of the first beam.
        step_rad: from one beam to the next.
        limits_m: nearest and farthest range, single precision.
        knots: (k, 3) poses of the sensor, evenly spaced in time from the first beam to the last,
            as seen from the one pose; yaws are not wrapped.
        places: (n,) to be filled: angles, in steps from the first beam.
        moved_m: (n,) to be filled: ranges of what was measured, 0 elsewhere.
        states: (n,) to be filled: what each beam says.
    """
    count, last = ranges_m.shape[0], knots.shape[0] - 1
    scale, per_rad = last / (count - 1.0), 1.0 / step_rad
    begun = -1
    x = y = yaw = step_x = step_y = step_yaw = 0.0
    cosine = sine = turning_cosine = turning_sine = 0.0
    for i in range(count):
        before = min(int(i * scale), last - 1)
        if before != begun:
            # Between two knots pose and direction change by the same from beam to beam.
            begun, share = before, i * scale - before
            step_x = scale * (knots[before + 1, 0] - knots[before, 0])
            step_y = scale * (knots[before + 1, 1] - knots[before, 1])
            step_yaw = scale * (knots[before + 1, 2] - knots[before, 2])
            x = knots[before, 0] + share * (knots[before + 1, 0] - knots[before, 0])
            y = knots[before, 1] + share * (knots[before + 1, 1] - knots[before, 1])
            yaw = knots[before, 2] + share * (knots[before + 1, 2] - knots[before, 2])
            direction = first_rad + i * step_rad + yaw
            cosine, sine = math.cos(direction), math.sin(direction)
            turning_cosine = math.cos(step_rad + step_yaw)
            turning_sine = math.sin(step_rad + step_yaw)
        range_m = ranges_m[i]
        states[i] = state_of(range_m, limits_m[0], limits_m[1])
        turned, moved_m[i] = yaw, 0.0
        if states[i] == _RETURN:
            ahead, aside = range_m + x * cosine + y * sine, y * cosine - x * sine
            turned += _small_atan2(aside, ahead)
            moved_m[i] = math.sqrt(ahead * ahead + aside * aside)
        places[i] = i + turned * per_rad
        x, y, yaw = x + step_x, y + step_y, yaw + step_yaw
        cosine, sine = (
            cosine * turning_cosine - sine * turning_sine,
            sine * turning_cosine + cosine * turning_sine,
        )


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _put(j, state, range_m, ranges_m):  # type: ignore[no-untyped-def]
    """Write what is seen at an angle; what is nearer hides what is behind it."""
    if state == _RETURN:
        if not ranges_m[j] <= range_m:
            ranges_m[j] = range_m
    elif math.isnan(ranges_m[j]):
        if state == _NO_RETURN:
            ranges_m[j] = np.inf
        elif state == _TOO_CLOSE:
            ranges_m[j] = -np.inf


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _between(  # type: ignore[no-untyped-def]
    i, shift, places, moved_m, states, increment_rad, ranges_m
):
    """Write what beam i and the one after it say of the angles between them."""
    start, end = places[i] + shift, places[i + 1] + shift
    low, high = min(start, end), max(start, end)
    if not (high >= 0.0 and low <= ranges_m.shape[0] - 1.0):
        return
    for j in range(max(math.ceil(low), 0), min(math.floor(high), ranges_m.shape[0] - 1) + 1):
        near, far = i, i + 1
        if abs(j - end) < abs(j - start):
            near, far = i + 1, i
        offset = abs(j - (places[near] + shift))
        if states[near] == _RETURN and states[far] == _RETURN:
            share = offset / max(high - low, 1e-9)
            along = interpolated(
                moved_m[near], moved_m[far], share, increment_rad * max(high - low, 1.0)
            )
            if along > 0.0:
                _put(j, _RETURN, along, ranges_m)
                continue
        if offset <= _REACH:
            _put(j, states[near], moved_m[near], ranges_m)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _at_end(i, shift, places, moved_m, states, ranges_m):  # type: ignore[no-untyped-def]
    """Write what the first or the last beam says of an angle just beyond it."""
    place = places[i] + shift
    j = round(place)
    if 0 <= j < ranges_m.shape[0] and math.isnan(ranges_m[j]) and abs(j - place) <= _REACH:
        _put(j, states[i], moved_m[i], ranges_m)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def seen_from_one_pose(  # type: ignore[no-untyped-def]
    ranges_m, first_rad, step_rad, range_min_m, range_max_m, knots
):
    """Return the ranges (n,) at the same angles, as they would be from one pose.

    A surface that two neighbouring beams meet is straight between them. What no beam looked at is
    NaN; nothing within reach is +inf, too near is -inf (REP-117).

    Args:
        ranges_m: (n,) raw ranges, n at least 2.
        first_rad: angle of the first beam.
        step_rad: from one beam to the next; negative where the laser turns clockwise.
        range_min_m: nearer than this is no measurement.
        range_max_m: this far or farther is none.
        knots: (k, 3) poses of the sensor, evenly spaced in time from the first beam to the last,
            as seen from the one pose; yaws are not wrapped. k at least 2.
    """
    count = ranges_m.shape[0]
    limits_m = (np.float32(range_min_m), np.float32(range_max_m))
    places, moved_m = np.empty(count), np.empty(count)
    states = np.empty(count, np.uint8)
    _moved(ranges_m, first_rad, step_rad, limits_m, knots, places, moved_m, states)
    seen = np.full(count, np.nan, np.float32)
    increment_rad = abs(step_rad)
    turn = _TURN / increment_rad
    shifts = 3 if abs(turn - count) <= _SEAM else 1
    for k in range(shifts):
        # All the way round, what has moved out at one end comes in at the other.
        shift = (0.0, turn, -turn)[k]
        for i in range(count - 1):
            _between(i, shift, places, moved_m, states, increment_rad, seen)
    for k in range(shifts):
        shift = (0.0, turn, -turn)[k]
        _at_end(0, shift, places, moved_m, states, seen)
        _at_end(count - 1, shift, places, moved_m, states, seen)
    return seen


@numba.njit(cache=True, nogil=True, error_model="numpy")
def pose_by_scales(  # type: ignore[no-untyped-def]
    ranges_m, first_rad, step_rad, range_min_m, range_max_m, way
):
    """Return how a pose told by a scan changes with the scales of the motion during it.

    A distance that is told too short leaves the beams before the middle too far on and those after
    it too far back. The pose that puts them nearest to where they belong, along the surfaces'
    normals, is off by what this returns (the gain of least squares).

    Args:
        ranges_m: (n,) ranges at one instant, n at least 2.
        first_rad: angle of the first beam.
        step_rad: from one beam to the next.
        range_min_m: nearer than this is no measurement.
        range_max_m: this far or farther is none.
        way: (3,) motion of the sensor from the first beam to the last, as seen from half way.

    Returns:
        (3, 2) derivative of the pose (x, y, yaw), in the sensor's own axes, by the scales of
        distance and turn.
    """
    count = ranges_m.shape[0]
    limits_m = (np.float32(range_min_m), np.float32(range_max_m))
    # Beams this far apart tell which way a wall faces; nearer ones tell the noise of ranges.
    apart = min(max(int(_CHORD_RAD / abs(step_rad)), 1), count - 1)
    normal, pulls = np.zeros((3, 3)), np.zeros((3, 2))
    for i in range(0, count - apart, max(apart // 2, 1)):
        near_m, far_m = ranges_m[i], ranges_m[i + apart]
        if state_of(near_m, limits_m[0], limits_m[1]) != _RETURN:
            continue
        if state_of(far_m, limits_m[0], limits_m[1]) != _RETURN:
            continue
        start_rad, end_rad = first_rad + i * step_rad, first_rad + (i + apart) * step_rad
        start_x, start_y = near_m * math.cos(start_rad), near_m * math.sin(start_rad)
        end_x, end_y = far_m * math.cos(end_rad), far_m * math.sin(end_rad)
        ahead, aside = end_x - start_x, end_y - start_y
        length = math.sqrt(ahead * ahead + aside * aside)
        if not 0.0 < length < _MOST_OBLIQUE * apart * abs(step_rad) * near_m:
            continue
        share = (i + 0.5 * apart) / (count - 1.0) - 0.5
        x, y = 0.5 * (start_x + end_x), 0.5 * (start_y + end_y)
        normal_x, normal_y = -aside / length, ahead / length
        row = (normal_x, normal_y, normal_y * x - normal_x * y)
        by_distance = share * (normal_x * way[0] + normal_y * way[1])
        by_turn = share * way[2] * row[2]
        for j in range(3):
            pulls[j, 0] += row[j] * by_distance
            pulls[j, 1] += row[j] * by_turn
            for k in range(3):
                normal[j, k] += row[j] * row[k]
    # Where no beam tells, no pose is told either: little is moved there.
    for j in range(3):
        normal[j, j] += _LEAST_SHARE * count / max(apart // 2, 1)
    inverse = inverse_of_definite(normal)
    shifts = np.zeros((3, 2))
    for j in range(3):
        for k in range(3):
            shifts[j, 0] += inverse[j, k] * pulls[k, 0]
            shifts[j, 1] += inverse[j, k] * pulls[k, 1]
    return shifts
