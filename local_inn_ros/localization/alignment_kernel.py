# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The inner loop of the refiner, compiled."""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np

from local_inn_ros.geometry.matrix3 import inverse_of_definite, is_definite
from local_inn_ros.world.likelihood_field import field_at


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
        unseen: (3, 3) projector on the directions given up, along those that were not.
        weight: sum of the weights.
        square: weighted sum of squared distances.
        converged: whether the last step was short.
        steps: steps taken.
    """

    x: float
    y: float
    yaw: float
    normal: np.ndarray
    unseen: np.ndarray
    weight: float
    square: float
    converged: bool
    steps: int


@numba.njit(cache=True, nogil=True, error_model="numpy")
def align(raster, surfaces, points, x, y, yaw, lever_m, limits):  # type: ignore[no-untyped-def]
    """Move a pose until the points (k, 2) lie on the surface of a field.

    Gauss-Newton with Geman-McClure weights whose scale shrinks from step to step (graduated
    non-convexity, Yang et al. 2020). Yaw enters as arc length at ``lever_m``, so that all three
    unknowns are in metres. No step is made in directions that too few points see (solution
    remapping, Zhang, Kaess and Singh 2016); which they are is told from the directions that
    smoothed surfaces face, since the field's own gradient follows every stair of a slanted wall.
    """
    identity = np.eye(3)
    scale = limits.first_scale_m
    converged, steps = False, 0
    normal, pull, seen, weight, square = _normal_equations(
        raster, surfaces, points, x, y, yaw, lever_m, scale
    )
    while steps < limits.most_steps and not converged:
        known, inverse = _known_directions(normal, seen, limits.least_share * weight)
        step = -(inverse @ pull)
        length = math.sqrt(step[0] ** 2 + step[1] ** 2 + step[2] ** 2)
        if length > limits.longest_step_m:
            step *= limits.longest_step_m / length
        x, y, yaw = x + step[0], y + step[1], yaw + step[2] / lever_m
        steps += 1
        converged = scale <= limits.last_scale_m and length < limits.settled_m
        scale = max(scale * limits.shrink, limits.last_scale_m)
        normal, pull, seen, weight, square = _normal_equations(
            raster, surfaces, points, x, y, yaw, lever_m, scale
        )
    known, _ = _known_directions(normal, seen, limits.least_share * weight)
    # From metres at the lever's end back to radians.
    kept, unseen = known @ normal @ known, identity - known
    kept[2, :] *= lever_m
    kept[:, 2] *= lever_m
    unseen[2, :] /= lever_m
    unseen[:, 2] *= lever_m
    return Alignment(x, y, yaw, kept, unseen, weight, square, converged, steps)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _known_directions(normal, seen, least):  # type: ignore[no-untyped-def]
    """Tell the directions that enough points see, on smoothed surfaces and on the field itself.

    Returns:
        The projector (3, 3) on them, and the inverse (3, 3) of ``normal`` in them.
    """
    if least > 0.0 and is_definite(seen, least) and is_definite(normal, least):
        # As usual all of them are, and no direction need be looked at by itself.
        return np.eye(3), inverse_of_definite(normal)
    values, directions = np.linalg.eigh(seen)
    smooth = np.zeros((3, 3))
    for i in range(3):
        if values[i] > 0.0 and values[i] >= least:
            smooth += np.outer(directions[:, i], directions[:, i])
    values, directions = np.linalg.eigh(smooth @ normal @ smooth)
    known, inverse = np.zeros((3, 3)), np.zeros((3, 3))
    for i in range(3):
        if values[i] > 0.0 and values[i] >= least:
            outer = np.outer(directions[:, i], directions[:, i])
            known += outer
            inverse += outer / values[i]
    return known, inverse


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _normal_equations(  # type: ignore[no-untyped-def]
    raster, surfaces, points, x, y, yaw, lever_m, scale_m
):
    """Weigh the points and sum up what they say.

    Returns:
        J^T W J (3, 3); J^T W d (3,); (3, 3) the same as the first for the smoothed surfaces; the
        sum of the weights; the weighted sum of squared distances.
    """
    cosine, sine = math.cos(yaw), math.sin(yaw)
    normal, seen, pull = np.zeros((3, 3)), np.zeros((3, 3)), np.zeros(3)
    total, square = 0.0, 0.0
    squared_scale, per_lever = scale_m * scale_m, 1.0 / lever_m
    for i in range(points.shape[0]):
        ahead = cosine * points[i, 0] - sine * points[i, 1]
        aside = sine * points[i, 0] + cosine * points[i, 1]
        d, gx, gy = field_at(raster, x + ahead, y + aside)
        if abs(d) >= raster.limit_m:
            continue
        share = squared_scale / (squared_scale + d * d)
        w = share * share
        # A turn moves the point across its lever.
        across_x, across_y = -aside * per_lever, ahead * per_lever
        gt = gx * across_x + gy * across_y
        normal[0, 0] += w * gx * gx
        normal[0, 1] += w * gx * gy
        normal[0, 2] += w * gx * gt
        normal[1, 1] += w * gy * gy
        normal[1, 2] += w * gy * gt
        normal[2, 2] += w * gt * gt
        pull[0] += w * gx * d
        pull[1] += w * gy * d
        pull[2] += w * gt * d
        total += w
        square += w * d * d
        xx, xy, yy = _surface_at(raster, surfaces, x + ahead, y + aside)
        tx, ty = xx * across_x + xy * across_y, xy * across_x + yy * across_y
        seen[0, 0] += w * xx
        seen[0, 1] += w * xy
        seen[0, 2] += w * tx
        seen[1, 1] += w * yy
        seen[1, 2] += w * ty
        seen[2, 2] += w * (across_x * tx + across_y * ty)
    for j in range(3):
        for k in range(j):
            normal[j, k] = normal[k, j]
            seen[j, k] = seen[k, j]
    return normal, pull, seen, total, square


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _surface_at(raster, surfaces, x, y):  # type: ignore[no-untyped-def]
    """Return the surface tensor's xx, xy, yy in the axes of the map at a point on the grid."""
    ahead, aside = x - raster.x_m, y - raster.y_m
    c, s = raster.cosine, raster.sine
    col = int((c * ahead + s * aside) * raster.cells_per_m)
    row = int((c * aside - s * ahead) * raster.cells_per_m)
    # The field's cells may be finer than the map's.
    finer = raster.distances_m.shape[0] // surfaces.shape[0]
    if finer > 1:
        row, col = row // finer, col // finer
    xx, xy, yy = surfaces[row, col, 0], surfaces[row, col, 1], surfaces[row, col, 2]
    return (
        c * c * xx - 2.0 * c * s * xy + s * s * yy,
        c * s * (xx - yy) + (c * c - s * s) * xy,
        s * s * xx + 2.0 * c * s * xy + c * c * yy,
    )


@numba.njit(cache=True, nogil=True, error_model="numpy")
def root_mean_square(points):  # type: ignore[no-untyped-def]
    """Return the root of the mean squared length of points (k, 2), k >= 1."""
    total = 0.0
    for i in range(points.shape[0]):
        total += points[i, 0] * points[i, 0] + points[i, 1] * points[i, 1]
    return math.sqrt(total / points.shape[0])
