# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From pose to pose in space and back, compiled: what an alignment does at each step.

The same as ``se3.py`` has it, for one pose and without what a library costs to be called.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry.pose3 import Pose3

# Squared angles below which the series say more than the functions do: of what is divided by the
# square of the angle, and by its fourth power.
_SERIES_BELOW, _LONG_SERIES_BELOW = 1e-6, 1e-2


def stepped(pose: Pose3, step: NDArray[np.float64]) -> Pose3:
    """Return ``pose * Exp(step)`` of a tangent vector (6,), as ``exp_twists`` has it."""
    rotation, translation = moved_by(pose.rotation, pose.translation, step)
    return Pose3.from_rigid_motion(rotation, translation)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def moved_by(rotation, translation, step):  # type: ignore[no-untyped-def]
    """Return rotation (3, 3) and translation (3,) of a pose, moved by Exp of a step (6,)."""
    x, y, z = step[3], step[4], step[5]
    squared = x * x + y * y + z * z
    if squared < _SERIES_BELOW:
        sine = 1.0 - squared / 6.0
        one = 0.5 - squared / 24.0
        two = 1.0 / 6.0 - squared / 120.0
    else:
        angle = math.sqrt(squared)
        sine = math.sin(angle) / angle
        one = (1.0 - math.cos(angle)) / squared
        two = (angle - math.sin(angle)) / (squared * angle)
    cross = _skew(x, y, z)
    twice = cross @ cross
    turn = np.eye(3) + sine * cross + one * twice
    moved = (np.eye(3) + one * cross + two * twice) @ step[:3]
    return rotation @ turn, translation + rotation @ moved


@numba.njit(cache=True, nogil=True, error_model="numpy")
def offset_between(rotation, translation, other, there):  # type: ignore[no-untyped-def]
    """Return xi (6,), by half a turn at most, that leads from one pose to another (Log).

    Args:
        rotation: (3, 3) of the first, contiguous, as all of them.
        translation: (3,) of the first.
        other: (3, 3) of the second.
        there: (3,) of the second.

    Returns:
        xi, and ``inverse_right_jacobian`` (6, 6) there.
    """
    back = np.ascontiguousarray(rotation.T)
    phi = _rotation_vector(back @ other)
    turn = _skew(phi[0], phi[1], phi[2])
    squared = phi @ phi
    inverse = np.eye(3) - 0.5 * turn + _inverse_share(squared) * (turn @ turn)
    off = np.empty(6)
    off[:3] = inverse @ (back @ (there - translation))
    off[3:] = phi
    # The right Jacobian at xi is the left one at -xi: turn and way change their signs.
    right = np.ascontiguousarray(inverse.T)
    slope = np.zeros((6, 6))
    slope[:3, :3], slope[3:, 3:] = right, right
    slope[:3, 3:] = -right @ _coupling(-_skew(off[0], off[1], off[2]), -turn, squared) @ right
    return off, slope


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _skew(x, y, z):  # type: ignore[no-untyped-def]
    return np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _rotation_vector(turn):  # type: ignore[no-untyped-def]
    """Return the rotation vector (3,) of a matrix (3, 3), by its quaternion (Shepperd, 1978)."""
    trace = turn[0, 0] + turn[1, 1] + turn[2, 2]
    quaternion = np.empty(4)
    largest = np.argmax(np.array([turn[0, 0], turn[1, 1], turn[2, 2], trace]))
    if largest == 3:
        quaternion[3] = 1.0 + trace
        for axis in range(3):
            after, last = (axis + 1) % 3, (axis + 2) % 3
            quaternion[axis] = turn[last, after] - turn[after, last]
    else:
        after, last = (largest + 1) % 3, (largest + 2) % 3
        quaternion[largest] = 1.0 - trace + 2.0 * turn[largest, largest]
        quaternion[after] = turn[after, largest] + turn[largest, after]
        quaternion[last] = turn[last, largest] + turn[largest, last]
        quaternion[3] = turn[last, after] - turn[after, last]
    if quaternion[3] < 0.0:
        quaternion = -quaternion
    quaternion /= math.sqrt(quaternion @ quaternion)
    sine = math.sqrt(quaternion[:3] @ quaternion[:3])
    if sine * sine < _SERIES_BELOW:
        return (2.0 + sine * sine / 3.0) * quaternion[:3]
    return (2.0 * math.atan2(sine, quaternion[3]) / sine) * quaternion[:3]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _inverse_share(squared):  # type: ignore[no-untyped-def]
    """Return 1/t^2 - (1 + cos t) / (2 t sin t) of a squared angle."""
    if squared < _LONG_SERIES_BELOW:
        return (1.0 + squared * (1.0 / 60.0 + squared * (1.0 / 2520.0 + squared / 100800.0))) / 12.0
    half = 0.5 * math.sqrt(squared)
    return (1.0 - half / math.tan(half)) / squared


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _coupling(way, turn, squared):  # type: ignore[no-untyped-def]
    """Return what turning does to the way (3, 3): Q of Barfoot, equation 7.86."""
    if squared < _LONG_SERIES_BELOW:
        two = (1.0 - squared / 20.0 * (1.0 - squared / 42.0 * (1.0 - squared / 72.0))) / 6.0
        three = (1.0 - squared / 30.0 * (1.0 - squared / 56.0 * (1.0 - squared / 90.0))) / 24.0
        four = (1.0 - squared / 21.0 * (1.0 - squared / 48.0 * (1.0 - squared / 82.5))) / 120.0
    else:
        angle = math.sqrt(squared)
        one = (1.0 - math.cos(angle)) / squared
        two = (angle - math.sin(angle)) / (squared * angle)
        three = (0.5 - one) / squared
        four = (1.5 * two - 0.5 * one) / squared
    turn_way, way_turn = turn @ way, way @ turn
    both = turn_way @ turn
    return (
        0.5 * way
        + two * (turn_way + way_turn + both)
        + three * (turn @ turn_way + way_turn @ turn - 3.0 * both)
        + four * (both @ turn + turn @ both)
    )
