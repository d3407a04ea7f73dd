# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What an aligned scan tells of an error that all of its ranges have alike.

Walls on both sides of a robot cannot both be nearer than the map has them, whatever its pose: what
is left of such an error once the pose is as good as it can be is the ranges', or the surfaces'. The
error is a fourth unknown beside x, y and yaw, found by a few steps of weighed least squares.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np

from local_inn_ros.geometry import Pose2
from local_inn_ros.geometry.compiled import (
    inverse_of_definite,
    moved,
    symmetric,
    turned_by,
)
from local_inn_ros.localization.alignment.scan_points import ScanPoints
from local_inn_ros.sensing import Scan
from local_inn_ros.world.likelihood_field import FieldRaster, LikelihoodField, field_in_cells

_STEPS = 3
# More end points cost time, and what they tell of one number is known by then.
_MOST_POINTS = 135
# As in the alignment: shorter levers would make a turn look like no motion at all.
_LEAST_LEVER_M = 0.5
# Of the sum of the weights: a direction of the pose that no point sees takes nothing with it.
_UNSEEN_SHARE = 1e-4
_TOLD_BY_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class RangeResidual:
    """What one scan tells of the error of its ranges.

    Attributes:
        bias_m: how much too long its ranges are.
        share: how much of it the scan tells, in [0, 1]: 1 where the pose has no part in it, 0
            where another pose would explain as much.
    """

    bias_m: float
    share: float


class ResidualReader:
    """Reads ``RangeResidual`` off scans, on the likelihood field of a map."""

    def __init__(self, field: LikelihoodField, noise_std_m: float, range_max_m: float) -> None:
        """Set up, and compile what is compiled at its first use.

        Args:
            field: the map's likelihood field.
            noise_std_m: standard deviation of a range.
            range_max_m: farther than this counts as nothing within reach.
        """
        self._raster = tuple(field.raster)
        self._scale_m = math.hypot(3.0 * noise_std_m, field.grid.resolution_m)
        self._points = ScanPoints(range_max_m)
        _residual(self._raster, np.zeros((1, 2)), 0.0, 0.0, 0.0, self._scale_m)

    def read(self, scan: Scan, pose: Pose2) -> RangeResidual:
        """Return what a scan tells, with the sensor about at a pose in the map frame."""
        points = self._points.all_of(scan)
        if len(points) == 0:
            return RangeResidual(0.0, 0.0)
        points = np.ascontiguousarray(points[:: -(-len(points) // _MOST_POINTS)])
        bias_m, share = _residual(self._raster, points, pose.x, pose.y, pose.yaw, self._scale_m)
        return RangeResidual(bias_m, share)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _residual(raster, points, x, y, yaw, scale_m):  # type: ignore[no-untyped-def]
    """Return the bias of points (k, 2), k >= 1, and the share of it that no pose explains."""
    raster = FieldRaster(*raster)
    ahead, aside = x - raster.x_m, y - raster.y_m
    x, y = turned_by(raster.cosine, -raster.sine, ahead, aside)
    yaw -= math.atan2(raster.sine, raster.cosine)
    square = 0.0
    for i in range(points.shape[0]):
        square += points[i, 0] ** 2 + points[i, 1] ** 2
    per_lever = 1.0 / max(math.sqrt(square / points.shape[0]), _LEAST_LEVER_M)
    bias, share = 0.0, 0.0
    for _ in range(_STEPS):
        by_x, by_y, by_lever, longer, share = _step(
            raster, points, x, y, yaw, bias, per_lever, scale_m
        )
        x, y, yaw, bias = x + by_x, y + by_y, yaw + by_lever * per_lever, bias + longer
    return bias, share


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _step(raster, points, x, y, yaw, bias, per_lever, scale_m):  # type: ignore[no-untyped-def]
    """Return steps of the pose and of the bias, and the share of the latter that no pose tells."""
    cells, limit = raster.cells_per_m, raster.limit_m
    cosine, sine = math.cos(yaw), math.sin(yaw)
    # Sums by themselves stay in registers, elements of an array do not.
    n_xx, n_xy, n_xt, n_yy, n_yt, n_tt = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    b_x, b_y, b_t, p_x, p_y, p_t = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    own, own_pull, total = 0.0, 0.0, 0.0
    for i in range(points.shape[0]):
        ahead, aside = turned_by(cosine, sine, points[i, 0], points[i, 1])
        far = math.sqrt(ahead * ahead + aside * aside)
        nearer = max(1.0 - bias / far, 0.0) if far > 0.0 else 0.0
        ahead, aside = nearer * ahead, nearer * aside
        d, slope_x, slope_y = field_in_cells(
            raster.steps, raster.step_m, limit, (x + ahead) * cells, (y + aside) * cells
        )
        if abs(d) >= limit or nearer <= 0.0:
            continue
        share = scale_m * scale_m / (scale_m * scale_m + d * d)
        w = share * share
        gx, gy = slope_x * cells, slope_y * cells
        gt = (gy * ahead - gx * aside) * per_lever
        # Taking the bias off moves a point towards the sensor.
        gb = -(gx * ahead + gy * aside) / (nearer * far)
        w_x, w_y, w_t, w_b = w * gx, w * gy, w * gt, w * gb
        n_xx, n_xy, n_xt = n_xx + w_x * gx, n_xy + w_x * gy, n_xt + w_x * gt
        n_yy, n_yt, n_tt = n_yy + w_y * gy, n_yt + w_y * gt, n_tt + w_t * gt
        b_x, b_y, b_t = b_x + w_b * gx, b_y + w_b * gy, b_t + w_b * gt
        p_x, p_y, p_t = p_x + w_x * d, p_y + w_y * d, p_t + w_t * d
        own, own_pull, total = own + w_b * gb, own_pull + w_b * d, total + w
    if not (total > 0.0 and own > 0.0):
        return 0.0, 0.0, 0.0, 0.0, 0.0
    open_to = _UNSEEN_SHARE * total
    normal = symmetric(n_xx + open_to, n_xy, n_xt, n_yy + open_to, n_yt, n_tt + open_to)
    inverse = inverse_of_definite(normal)
    c_x, c_y, c_t = moved(inverse, np.array([b_x, b_y, b_t]))
    left = own - (b_x * c_x + b_y * c_y + b_t * c_t)
    if not left > _TOLD_BY_ROUNDING * total:
        return 0.0, 0.0, 0.0, 0.0, 0.0
    told = own_pull - (c_x * p_x + c_y * p_y + c_t * p_t)
    longer = -told / left
    by = moved(inverse, np.array([p_x + b_x * longer, p_y + b_y * longer, p_t + b_t * longer]))
    return -by[0], -by[1], -by[2], longer, left / total
