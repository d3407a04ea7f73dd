# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What sightings say of a pose, and the way downhill from there, compiled.

Levenberg and Marquardt's steps on SE(3) (Barfoot, State Estimation for Robotics, 2017, section
4.3.1 and 8.1), robust by iteratively reweighted least squares with Student's distribution.
"""

from __future__ import annotations

import numba
import numpy as np

from local_inn_ros.geometry.compiled import solved
from local_inn_ros.geometry.se3_step import moved_by, offset_between

# Nearer than this to the picture's plane a point is not seen.
_NEAREST_M = 0.05
# Degrees of freedom of Student's distribution: what of a picture is wrong is far wrong.
DEGREES_OF_FREEDOM = 1.0
# Squared error, in variances, of two numbers that are as they should be, in 99 of 100.
_EXPLAINED = 9.21

_MOST_STEPS = 30
# A step that is shorter, in metres and radians, is the last.
_SETTLED = 1e-5
LEAST_INFORMATION = 1e-6
"""Directions that nothing tells of stay where they are."""

_DAMPING, _MOST_DAMPING = 1e-4, 1e4
_LESS, _MORE = 0.1, 10.0


@numba.njit(cache=True, nogil=True, error_model="numpy")
def normal_equations(  # type: ignore[no-untyped-def]
    points, rays, deviations, rotation, translation, information, gradient
):
    """Add up robust normal equations, and return the cost and how many are explained."""
    cost, explained = 0.0, 0.0
    slope = np.zeros((2, 6))
    for number in range(len(points)):
        dx = points[number, 0] - translation[0]
        dy = points[number, 1] - translation[1]
        dz = points[number, 2] - translation[2]
        x = rotation[0, 0] * dx + rotation[1, 0] * dy + rotation[2, 0] * dz
        y = rotation[0, 1] * dx + rotation[1, 1] * dy + rotation[2, 1] * dz
        z = rotation[0, 2] * dx + rotation[1, 2] * dy + rotation[2, 2] * dz
        variance = deviations[number] ** 2
        behind = z < _NEAREST_M
        if behind:
            # As far off as half a picture: dear, and without a slope.
            cost += 0.5 * (DEGREES_OF_FREEDOM + 2.0) * np.log1p(1.0 / variance / DEGREES_OF_FREEDOM)
            continue
        u, v, near = x / z, y / z, 1.0 / z
        off_u, off_v = u - rays[number, 0], v - rays[number, 1]
        squared = (off_u * off_u + off_v * off_v) / variance
        weight = (DEGREES_OF_FREEDOM + 2.0) / (DEGREES_OF_FREEDOM + squared)
        cost += 0.5 * (DEGREES_OF_FREEDOM + 2.0) * np.log1p(squared / DEGREES_OF_FREEDOM)
        explained += 1.0 if squared < _EXPLAINED else 0.0
        # The point seen from a camera that moves by xi: p - rho - phi x p.
        slope[0, 0], slope[0, 1], slope[0, 2] = -near, 0.0, u * near
        slope[1, 0], slope[1, 1], slope[1, 2] = 0.0, -near, v * near
        slope[0, 3], slope[0, 4], slope[0, 5] = u * v, -(1.0 + u * u), v
        slope[1, 3], slope[1, 4], slope[1, 5] = 1.0 + v * v, -u * v, -u
        share = weight / variance
        for row in range(6):
            gradient[row] += share * (slope[0, row] * off_u + slope[1, row] * off_v)
            for col in range(6):
                information[row, col] += share * (
                    slope[0, row] * slope[0, col] + slope[1, row] * slope[1, col]
                )
    return cost, explained


@numba.njit(cache=True, nogil=True, error_model="numpy")
def descended(  # type: ignore[no-untyped-def]
    points, rays, deviations, rotation, translation, believed, there, belief
):
    """Move a pose of the camera downhill until that changes it no more.

    Args:
        points: (n, 3) in the map frame.
        rays: (n, 2) of where they are seen.
        deviations: (n,) of the rays.
        rotation: (3, 3) of the pose that is begun at.
        translation: (3,) of it.
        believed: (3, 3) rotation of the prior.
        there: (3,) translation of the prior.
        belief: (6, 6) information of the prior; zeros where nothing is believed.

    Returns:
        Rotation and translation; the information with the prior's; that of the sightings alone;
        the cost; how many sightings are explained.
    """
    turn, place = rotation.copy(), translation.copy()
    known, told = np.zeros((6, 6)), np.zeros((6, 6))
    pull = np.zeros(6)
    cost, explained = _linearized(
        points, rays, deviations, turn, place, believed, there, belief, known, told, pull
    )
    damping = _DAMPING
    tried_known, tried_told, tried_pull = known.copy(), told.copy(), pull.copy()
    for _ in range(_MOST_STEPS):
        damped = known.copy()
        for axis in range(6):
            damped[axis, axis] += damping * known[axis, axis] + LEAST_INFORMATION
        step = -solved(damped, pull)
        turned, moved = moved_by(turn, place, step)
        tried_cost, tried_explained = _linearized(
            points, rays, deviations, turned, moved, believed, there, belief,
            tried_known, tried_told, tried_pull,
        )  # fmt: skip
        short = np.abs(step).max() < _SETTLED
        if tried_cost <= cost:
            turn, place, cost, explained = turned, moved, tried_cost, tried_explained
            known, tried_known = tried_known, known
            told, tried_told = tried_told, told
            pull, tried_pull = tried_pull, pull
            damping *= _LESS
            if short:
                break
        elif short or damping > _MOST_DAMPING:
            break
        else:
            damping *= _MORE
    return turn, place, known, told, cost, explained


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _linearized(  # type: ignore[no-untyped-def]
    points, rays, deviations, rotation, translation, believed, there, belief, known, told, pull
):
    """Write information and gradient into the last three, and return cost and explained."""
    told[:] = 0.0
    pull[:] = 0.0
    cost, explained = normal_equations(points, rays, deviations, rotation, translation, told, pull)
    known[:] = told
    if belief[0, 0] > 0.0:
        off, slope = offset_between(believed, there, rotation, translation)
        pulled = belief @ off
        back = np.ascontiguousarray(slope.T)
        known += back @ belief @ slope
        pull += back @ pulled
        cost += 0.5 * (off @ pulled)
    return cost, explained
