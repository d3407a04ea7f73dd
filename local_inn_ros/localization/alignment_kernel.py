# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The inner loop of the refiner, compiled."""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np

from local_inn_ros.world.likelihood_field import evaluate_raster


class AlignmentLimits(NamedTuple):
    """The numbers that steer an alignment.

    Attributes:
        first_scale_m: where the robust loss begins to give a point up, at the first step.
        last_scale_m: the same at the last step.
        shrink: the scale's factor from one step to the next.
        least_share: a direction counts only where this share of the points sees it.
        most_steps: steps at most.
        longest_step_m: a step moves no further, and turns no further at the lever's end.
        settled_m: a step shorter than this, at the last scale, is the last.
    """

    first_scale_m: float
    last_scale_m: float
    shrink: float
    least_share: float
    most_steps: int
    longest_step_m: float
    settled_m: float


class Alignment(NamedTuple):
    """What the inner loop found.

    Attributes:
        x, y, yaw: pose of the sensor.
        normal: (3, 3) weighted J^T J in the axes of the map, without the directions given up.
        weight: sum of the weights.
        square: weighted sum of squared distances.
        converged: whether the last step was short.
        steps: steps taken.
    """

    x: float
    y: float
    yaw: float
    normal: np.ndarray  # type: ignore[type-arg]
    weight: float
    square: float
    converged: bool
    steps: int


@numba.njit(cache=True, nogil=True, error_model="numpy")
def align(raster, points, x, y, yaw, lever_m, limits):  # type: ignore[no-untyped-def]
    """Move a pose until the points (k, 2) lie on the surface of a field.

    Gauss-Newton with Geman-McClure weights whose scale shrinks from step to step (graduated
    non-convexity, Yang et al. 2020). Yaw enters as arc length at ``lever_m``, so that all three
    unknowns are in metres. In eigen-directions of J^T W J that too few points see no step is made
    (solution remapping, Zhang, Kaess and Singh 2016).
    """
    count = points.shape[0]
    moved, gradients = np.empty((count, 2)), np.empty((count, 2))
    distances = np.empty(count)
    scale = limits.first_scale_m
    converged, steps = False, 0
    normal, pull, weight, square = _normal_equations(
        raster, points, x, y, yaw, lever_m, scale, moved, distances, gradients
    )
    while steps < limits.most_steps and not converged:
        values, directions = np.linalg.eigh(normal)
        step = np.zeros(3)
        for i in range(3):
            if values[i] > 0.0 and values[i] >= limits.least_share * weight:
                along = 0.0
                for j in range(3):
                    along += directions[j, i] * pull[j]
                for j in range(3):
                    step[j] -= directions[j, i] * along / values[i]
        length = math.sqrt(step[0] ** 2 + step[1] ** 2 + step[2] ** 2)
        if length > limits.longest_step_m:
            step *= limits.longest_step_m / length
        x, y, yaw = x + step[0], y + step[1], yaw + step[2] / lever_m
        steps += 1
        converged = scale <= limits.last_scale_m and length < limits.settled_m
        scale = max(scale * limits.shrink, limits.last_scale_m)
        normal, pull, weight, square = _normal_equations(
            raster, points, x, y, yaw, lever_m, scale, moved, distances, gradients
        )
    values, directions = np.linalg.eigh(normal)
    kept = np.zeros((3, 3))
    for i in range(3):
        if values[i] > 0.0 and values[i] >= limits.least_share * weight:
            for j in range(3):
                for k in range(3):
                    kept[j, k] += values[i] * directions[j, i] * directions[k, i]
    for j in range(3):
        kept[2, j] *= lever_m
        kept[j, 2] *= lever_m
    return Alignment(x, y, yaw, kept, weight, square, converged, steps)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _normal_equations(  # type: ignore[no-untyped-def]
    raster, points, x, y, yaw, lever_m, scale_m, moved, distances, gradients
):
    """Return J^T W J (3, 3), J^T W d (3,), the sum of weights and the weighted sum of squares."""
    cosine, sine = math.cos(yaw), math.sin(yaw)
    for i in range(points.shape[0]):
        moved[i, 0] = x + cosine * points[i, 0] - sine * points[i, 1]
        moved[i, 1] = y + sine * points[i, 0] + cosine * points[i, 1]
    evaluate_raster(raster, moved, distances, gradients)
    xx, xy, xt, yy, yt, tt = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    bx, by, bt, total, square = 0.0, 0.0, 0.0, 0.0, 0.0
    squared_scale = scale_m * scale_m
    for i in range(points.shape[0]):
        d, gx, gy = distances[i], gradients[i, 0], gradients[i, 1]
        if abs(d) >= raster.limit_m:
            continue
        share = squared_scale / (squared_scale + d * d)
        w = share * share
        gt = (gy * (moved[i, 0] - x) - gx * (moved[i, 1] - y)) / lever_m
        xx += w * gx * gx
        xy += w * gx * gy
        xt += w * gx * gt
        yy += w * gy * gy
        yt += w * gy * gt
        tt += w * gt * gt
        bx += w * gx * d
        by += w * gy * d
        bt += w * gt * d
        total += w
        square += w * d * d
    normal = np.array([[xx, xy, xt], [xy, yy, yt], [xt, yt, tt]])
    return normal, np.array([bx, by, bt]), total, square
