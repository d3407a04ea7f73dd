# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A pose in space moved by a tangent vector, compiled: what an alignment does at each step."""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry.pose3 import Pose3

# Squared angles below which the series say more than the functions do.
_SERIES_BELOW = 1e-6


def stepped(pose: Pose3, step: NDArray[np.float64]) -> Pose3:
    """Return ``pose * Exp(step)`` of a tangent vector (6,), as ``exp_twists`` has it."""
    rotation, translation = _stepped(pose.rotation, pose.translation, step)
    return Pose3.from_rigid_motion(rotation, translation)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _stepped(rotation, translation, step):  # type: ignore[no-untyped-def]
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
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    twice = cross @ cross
    turn = np.eye(3) + sine * cross + one * twice
    moved = (np.eye(3) + one * cross + two * twice) @ step[:3]
    return rotation @ turn, translation + rotation @ moved
