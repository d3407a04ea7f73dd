# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Angles on the circle, in radians."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

_TURN = 2.0 * math.pi


def wrap_angle(angle_rad: float) -> float:
    """Bring one angle into [-pi, pi)."""
    wrapped = (angle_rad + math.pi) % _TURN - math.pi
    # The modulo of a tiny negative number rounds up to a whole turn.
    return -math.pi if wrapped >= math.pi else wrapped


def wrap_angles(angles_rad: ArrayLike) -> NDArray[np.float64]:
    """Bring an array of angles, of any shape, into [-pi, pi)."""
    angles = np.asarray(angles_rad, dtype=np.float64)
    wrapped = np.mod(angles + math.pi, _TURN) - math.pi
    return np.where(wrapped >= math.pi, -math.pi, wrapped)


def circular_mean(angles_rad: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Direction of the weighted sum of unit vectors (Mardia and Jupp, Directional Statistics, 2.2).

    Args:
        angles_rad: (n,) angles, n >= 1.
        weights: (n,) non-negative weights; equal where left out.

    Returns:
        The mean direction in [-pi, pi).

    Raises:
        ValueError: there are no angles.
    """
    angles = np.asarray(angles_rad, dtype=np.float64)
    if angles.size == 0:
        raise ValueError("the mean of no angles is not defined")
    weight = np.ones_like(angles) if weights is None else np.asarray(weights, dtype=np.float64)
    sine = float(np.sum(weight * np.sin(angles)))
    cosine = float(np.sum(weight * np.cos(angles)))
    return wrap_angle(math.atan2(sine, cosine))
