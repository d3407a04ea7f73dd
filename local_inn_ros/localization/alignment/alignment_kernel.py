# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The inner loop of the refiner, compiled."""

from __future__ import annotations

import math
from typing import NamedTuple

import numba
import numpy as np

from local_inn_ros.geometry.compiled import (
    eigen_of_symmetric,
    inverse_of_definite,
    is_definite,
    moved,
    turned,
    turned_by,
)
from local_inn_ros.world.likelihood_field import FieldRaster, field_in_cells
from local_inn_ros.world.surface_directions import direction_at

# Shorter levers would make a turn look like no motion at all.
_LEAST_LEVER_M = 0.5
# More than the expected error is taken out: what is left of it may be chance.
_DOUBT = 1.5
# What points are off beyond the noise of ranges is the map's error, which neighbours share: so many
# tell as much of it as one.
_SHARED = 2.8
# A point pulls along the normal that the scan shows where its angle is known to about a degree
# (variance in rad^2); elsewhere the field's gradient says better where the surface is.
_SURE = 0.0004
# Of the sum of the weights; less is rounding.
_ROUNDING = 1e-9


class AlignmentLimits(NamedTuple):
    """The numbers that steer an alignment.

    Attributes:
        first_scale_m: where the robust loss begins to give a point up, at the first step.
        last_scale_m: the same at the last step.
        shrink: the scale's factor from one step to the next.
        least_share: a direction counts only where this share of the points lies on surfaces of
            the map that face it.
        least_earned: the same for surfaces as the scan shows them.
        most_steps: steps at most.
        longest_step_m: a step moves no further, and turns no further at the lever's end.
        settled_m: a step shorter than this, at the last scale, is the last.
        noise_m: standard deviation of a range.
    """

    first_scale_m: float
    last_scale_m: float
    shrink: float
    least_share: float
    least_earned: float
    most_steps: int
    longest_step_m: float
    settled_m: float
    noise_m: float


@numba.njit(cache=True, nogil=True, error_model="numpy")
def align(raster, surfaces, points, normals, x, y, yaw, limits):  # type: ignore[no-untyped-def]
    """Move a pose until the points (k, 2), k >= 1, lie on the surface of a field.

    Gauss-Newton with Geman-McClure weights whose scale shrinks from step to step (graduated
    non-convexity, Yang et al. 2020). Yaw enters as arc length at the points' usual distance, so
    that all three unknowns are in metres. No step is made in directions that too few points see
    (solution remapping, Zhang, Kaess and Singh 2016). Where the scan shows well
    which way a surface faces, a point pulls along its normal: the field's own gradient follows
    every stair of a slanted wall, and stairs would hold the pose where it is. At corners and among
    clutter it pulls along the gradient. Which directions are seen, and how well, is told from the
    normals alone, less what their errors would show, and from the map's smoothed surfaces: what
    stairs seem to know is not counted.

    Returns:
        x, y and yaw of the sensor; (3, 3) the information on them in the axes of the map, without
        the directions given up; (3, 3) the same with them, as much as the surfaces that the scan
        shows tell of any direction at all (Cramer-Rao); (3, 3) the projector on the directions
        given up, along those that were not; the sum of the weights; the root of the weighted mean
        of squared distances; whether the last step was short; and how many there were.
    """
    # Plain tuples reach compiled code in a third of the time that named ones take.
    raster, limits = FieldRaster(*raster), AlignmentLimits(*limits)
    lever_m = max(_root_mean_square(points), _LEAST_LEVER_M)
    # In the axes of the grid from here on, where no point need be turned by itself.
    ahead, aside = x - raster.x_m, y - raster.y_m
    cosine, sine = raster.cosine, raster.sine
    x, y = turned_by(cosine, -sine, ahead, aside)
    yaw -= math.atan2(sine, cosine)
    identity = np.eye(3)
    scale = limits.first_scale_m
    converged, steps = False, 0
    normal, pull, earned, seen, weight, square = _normal_equations(
        raster, surfaces, points, normals, x, y, yaw, lever_m, scale
    )
    while steps < limits.most_steps and not converged:
        known = _told_directions(earned, seen, limits, weight)
        _, inverse = _kept_directions(turned(normal, known), _ROUNDING * weight)
        step = -moved(inverse, pull)
        length = math.sqrt(step[0] ** 2 + step[1] ** 2 + step[2] ** 2)
        if length > limits.longest_step_m:
            step *= limits.longest_step_m / length
        x, y, yaw = x + step[0], y + step[1], yaw + step[2] / lever_m
        steps += 1
        converged = scale <= limits.last_scale_m and length < limits.settled_m
        scale = max(scale * limits.shrink, limits.last_scale_m)
        normal, pull, earned, seen, weight, square = _normal_equations(
            raster, surfaces, points, normals, x, y, yaw, lever_m, scale
        )
    known = _told_directions(earned, seen, limits, weight)
    # Back to the axes of the map, and from metres at the lever's end to radians.
    turn = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    rms_m = math.sqrt(square / weight) if weight > 0.0 else 0.0
    variance = limits.noise_m**2
    variance += _SHARED * max(rms_m * rms_m - variance, 0.0)
    kept = turned(turned(earned, known), turn) / variance
    kept = 0.5 * (kept + kept.T)
    positive, _ = _kept_directions(earned, 0.0)
    most = turned(turned(earned, positive), turn) / variance
    unseen = turned(identity - known, turn)
    kept[2, :] *= lever_m
    kept[:, 2] *= lever_m
    most[2, :] *= lever_m
    most[:, 2] *= lever_m
    unseen[2, :] /= lever_m
    unseen[:, 2] *= lever_m
    ahead, aside = turned_by(cosine, sine, x, y)
    return (
        raster.x_m + ahead,
        raster.y_m + aside,
        yaw + math.atan2(sine, cosine),
        kept,
        most,
        unseen,
        weight,
        rms_m,
        converged,
        steps,
    )


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _told_directions(earned, seen, limits, weight):  # type: ignore[no-untyped-def]
    """Return the projector (3, 3) on the directions that scan and map both tell of."""
    least = limits.least_share * weight
    in_units = earned * (limits.least_share / limits.least_earned)
    known, _ = known_directions(in_units, seen, least)
    return known


@numba.njit(cache=True, nogil=True, error_model="numpy")
def known_directions(normal, seen, least):  # type: ignore[no-untyped-def]
    """Tell the directions that enough points see, on smoothed surfaces and on the field itself.

    Returns:
        The projector (3, 3) on them, and the inverse (3, 3) of ``normal`` in them.
    """
    if least > 0.0 and is_definite(seen, least) and is_definite(normal, least):
        # As usual all of them are, and no direction need be looked at by itself.
        return np.eye(3), inverse_of_definite(normal)
    smooth, _ = _kept_directions(seen, least)
    return _kept_directions(turned(normal, smooth), least)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _kept_directions(matrix, least):  # type: ignore[no-untyped-def]
    """Return the projector (3, 3) on eigenvectors of at least ``least``, and the inverse there."""
    values, directions = eigen_of_symmetric(matrix)
    known, inverse = np.zeros((3, 3)), np.zeros((3, 3))
    for k in range(3):
        if values[k] > 0.0 and values[k] >= least:
            for i in range(3):
                for j in range(3):
                    square = directions[i, k] * directions[j, k]
                    known[i, j] += square
                    inverse[i, j] += square / values[k]
    return known, inverse


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _normal_equations(  # type: ignore[no-untyped-def]
    raster, surfaces, points, normals, x, y, yaw, lever_m, scale_m
):
    """Weigh the points and sum up what they say, in the axes of the grid.

    Returns:
        J^T W J (3, 3); J^T W d (3,); (3, 3) the first without what errors of the normals alone
        would show; (3, 3) the same as the first for the map's smoothed surfaces; the sum of the
        weights; the weighted sum of squared distances.
    """
    cells, limit = raster.cells_per_m, raster.limit_m
    # The field's cells may be finer than the map's.
    finer = raster.steps.shape[0] // surfaces.shape[0]
    cosine, sine, per_lever = math.cos(yaw), math.sin(yaw), 1.0 / lever_m
    squared_scale = scale_m * scale_m
    # Sums by themselves stay in registers, elements of an array do not.
    n_xx, n_xy, n_xt, n_yy, n_yt, n_tt = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    e_xx, e_xy, e_xt, e_yy, e_yt, e_tt = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    a_xx, a_xy, a_xt, a_yy, a_yt, a_tt = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    s_xx, s_xy, s_xt, s_yy, s_yt, s_tt = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    p_x, p_y, p_t, total, square = 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(points.shape[0]):
        ahead, aside = turned_by(cosine, sine, points[i, 0], points[i, 1])
        at_x, at_y = (x + ahead) * cells, (y + aside) * cells
        d, slope_x, slope_y = field_in_cells(raster.steps, raster.step_m, limit, at_x, at_y)
        if abs(d) >= limit:
            continue
        gx, gy = slope_x * cells, slope_y * cells
        nx, ny = turned_by(cosine, sine, normals[i, 0], normals[i, 1])
        along = nx * gx + ny * gy
        variance = normals[i, 2]
        ex, ey = along * nx, along * ny
        if 0.0 < variance < _SURE:
            gx, gy = ex, ey
        share = squared_scale / (squared_scale + d * d)
        w = share * share
        # A turn moves the point across its lever.
        across_x, across_y = -aside * per_lever, ahead * per_lever
        gt = gx * across_x + gy * across_y
        w_x, w_y, w_t = w * gx, w * gy, w * gt
        n_xx, n_xy, n_xt = n_xx + w_x * gx, n_xy + w_x * gy, n_xt + w_x * gt
        n_yy, n_yt, n_tt = n_yy + w_y * gy, n_yt + w_y * gt, n_tt + w_t * gt
        p_x, p_y, p_t = p_x + w_x * d, p_y + w_y * d, p_t + w_t * d
        total, square = total + w, square + w * d * d
        et = ex * across_x + ey * across_y
        v_x, v_y, v_t = w * ex, w * ey, w * et
        a_xx, a_xy, a_xt = a_xx + v_x * ex, a_xy + v_x * ey, a_xt + v_x * et
        a_yy, a_yt, a_tt = a_yy + v_y * ey, a_yt + v_y * et, a_tt + v_t * et
        # What the error of the normal's angle alone would show along the surface.
        v = w * variance * along * along
        across = v * (ny * across_x - nx * across_y)
        e_xx, e_xy, e_yy = e_xx + v * ny * ny, e_xy - v * nx * ny, e_yy + v * nx * nx
        e_xt, e_yt = e_xt + across * ny, e_yt - across * nx
        e_tt += across * (ny * across_x - nx * across_y)
        row, col = int(at_y), int(at_x)
        if finer > 1:
            row, col = row // finer, col // finer
        xx, xy, yy = direction_at(surfaces, row, col)
        xx, xy, yy = w * xx, w * xy, w * yy
        t_x, t_y = xx * across_x + xy * across_y, xy * across_x + yy * across_y
        s_xx, s_xy, s_xt = s_xx + xx, s_xy + xy, s_xt + t_x
        s_yy, s_yt, s_tt = s_yy + yy, s_yt + t_y, s_tt + across_x * t_x + across_y * t_y
    normal = np.array([[n_xx, n_xy, n_xt], [n_xy, n_yy, n_yt], [n_xt, n_yt, n_tt]])
    shown = np.array([[a_xx, a_xy, a_xt], [a_xy, a_yy, a_yt], [a_xt, a_yt, a_tt]])
    errors = np.array([[e_xx, e_xy, e_xt], [e_xy, e_yy, e_yt], [e_xt, e_yt, e_tt]])
    seen = np.array([[s_xx, s_xy, s_xt], [s_xy, s_yy, s_yt], [s_xt, s_yt, s_tt]])
    return normal, np.array([p_x, p_y, p_t]), shown - _DOUBT * errors, seen, total, square


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _root_mean_square(points):  # type: ignore[no-untyped-def]
    """Return the root of the mean squared length of points (k, 2), k >= 1."""
    total = 0.0
    for i in range(points.shape[0]):
        total += points[i, 0] * points[i, 0] + points[i, 1] * points[i, 1]
    return math.sqrt(total / points.shape[0])
