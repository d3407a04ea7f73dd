# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Time within a scan: its beams, measured one after the other, moved to one instant.

A laser that turns measures its beams one after the other, from wherever the robot has got to:
at 5 m/s and 40 scans a second the last lies 9 cm from the first. The odometry says how the robot
moved meanwhile (motion compensation, as Zhang and Singh, LOAM, RSS 2014, section V).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry import Pose2, wrap_angle
from local_inn_ros.sensing.laser.scan import Scan
from local_inn_ros.sensing.laser.sweep_kernel import pose_by_scales, seen_from_one_pose

# A robot's speed changes little within so long.
_KNOT_S = 0.02
_MOST_KNOTS = 33
# A sensor that moved and turned less than this meanwhile stood still.
_LEAST_M, _LEAST_RAD = 1e-4, 1e-5


def at_one_instant(
    scan: Scan,
    base_at: Callable[[float], Pose2 | None],
    mount: Pose2,
    scale_deviations: tuple[float, float] = (0.0, 0.0),
) -> Scan | None:
    """Return a scan as it would be if all of it had been measured half way through.

    Half way, since there an odometry whose scale is off moves as many beams too far as too little.

    Args:
        scan: the reading, as seen from above.
        base_at: gives the base in the odometry frame at an instant; None where it is not known.
        mount: pose of the sensor in the base frame, as seen from above.
        scale_deviations: standard deviations of the scales of distance and turn of ``base_at``:
            with them the scan has a ``sway``.

    Returns:
        The scan at the same angles, its stamp the instant; None where the odometry does not say
        how the robot moved meanwhile.
    """
    if scan.sweep_s == 0.0:
        return scan
    knots = _knots(scan, base_at, mount)
    if knots is None:
        return None
    ranges_m, sway = scan.ranges_m, None
    moves = np.abs(knots).max(axis=0)
    if moves[0] + moves[1] > _LEAST_M or moves[2] > _LEAST_RAD:
        ranges_m = seen_from_one_pose(
            ranges_m,
            scan.angle_min_rad,
            scan.angle_increment_rad,
            scan.range_min_m,
            scan.range_max_m,
            knots,
        )
        if any(scale_deviations):
            sway = _sway(scan, ranges_m, knots, scale_deviations)
    return replace(scan, stamp_s=scan.middle_s, ranges_m=ranges_m, time_increment_s=0.0, sway=sway)


def _sway(
    scan: Scan,
    ranges_m: NDArray[np.float32],
    knots: NDArray[np.float64],
    scale_deviations: tuple[float, float],
) -> NDArray[np.float64]:
    """Return the covariance (3, 3) of the sensor's pose that uncertain scales leave."""
    way = knots[-1] - knots[0]
    shifts = pose_by_scales(
        ranges_m,
        scan.angle_min_rad,
        scan.angle_increment_rad,
        scan.range_min_m,
        scan.range_max_m,
        way,
    )
    shifts *= scale_deviations
    sway: NDArray[np.float64] = shifts @ shifts.T
    return sway


def _knots(
    scan: Scan, base_at: Callable[[float], Pose2 | None], mount: Pose2
) -> NDArray[np.float64] | None:
    """Return poses (k, 3) of the sensor over the sweep, as seen from the one half way."""
    middle = base_at(scan.middle_s)
    if middle is None:
        return None
    last = min(max(math.ceil(abs(scan.sweep_s) / _KNOT_S), 1), _MOST_KNOTS - 1)
    knots = np.empty((last + 1, 3))
    sensor_from_odom = (middle @ mount).inverse()
    yaw = 0.0
    for k in range(last + 1):
        base = base_at(scan.stamp_s + scan.sweep_s * k / last)
        if base is None:
            return None
        pose = sensor_from_odom @ base @ mount
        yaw += wrap_angle(pose.yaw - yaw)
        knots[k] = pose.x, pose.y, yaw
    return knots
