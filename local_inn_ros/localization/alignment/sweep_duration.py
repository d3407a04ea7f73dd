# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How long a laser takes over a scan, from scans of a moving robot whose messages do not say it.

While a robot moves, a scan is bent by what it moved meanwhile. Of all durations the true one makes
end points lie best on the map's surfaces, wherever the scan is put: the pose is aligned anew for
each, so that neither an offset of the pose nor one of the stamps counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.filtering.odometry_match import Estimate
from local_inn_ros.geometry import Pose2, wrap_angle
from local_inn_ros.localization.alignment.refiner import Refiner
from local_inn_ros.localization.alignment.scan_points import ScanPoints
from local_inn_ros.sensing import Scan
from local_inn_ros.sensing.laser.sweep import at_one_instant

_DURATIONS = 15
# Durations are tried a little beyond none and beyond the longest, so that these can be lowest.
_BEYOND = 0.2
# The odometry bends scans back, and its own scale is off by about this.
_SCALE_OFF = 0.05
_LEAST_DEVIATION_S = 1e-3
_MOST_SCANS, _LEAST_SCANS = 160, 20
# A turn moves what a laser sees as far as driving so many metres for each radian does.
_LEVER_M = 3.0
# Scans that are bent by less than a laser's noise tell nothing.
_LEAST_BEND_M = 0.02
# End points that lie on no surface count as if this far from one: about a cell and its noise.
_OFF_SURFACE_M = 0.06
_BATCHES = 10

BaseAt = Callable[[float], Pose2 | None]


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """A scan, and where it was taken.

    Attributes:
        scan: as seen from above, its beams as they came.
        base: about where the base was in the map frame at the scan's stamp.
    """

    scan: Scan
    base: Pose2


def sweep_duration(
    sights: Sequence[Sight],
    base_at: BaseAt,
    mount: Pose2,
    refiner: Refiner,
    range_max_m: float,
    longest_s: float,
) -> Estimate | None:
    """Estimate the time from a scan's first beam to its last.

    Args:
        sights: scans of a drive.
        base_at: gives the base in the odometry frame at an instant; None where it is not known.
        mount: pose of the laser in the base frame, as seen from above.
        refiner: aligns end points with the map.
        range_max_m: farther than this counts as nothing within reach.
        longest_s: no scan takes longer; the time from scan to scan.

    Returns:
        The duration in seconds; None where the robot moved too little to tell.
    """
    durations = longest_s * np.linspace(-_BEYOND, 1.0 + _BEYOND, _DURATIONS)
    bent = [(_bend_m(one, base_at, longest_s), one) for one in sights]
    chosen = sorted((pair for pair in bent if pair[0] > _LEAST_BEND_M), key=lambda pair: -pair[0])
    points = ScanPoints(range_max_m)
    rows = []
    for _, sight in chosen[:_MOST_SCANS]:
        row = [_misfit(sight, base_at, mount, refiner, points, one) for one in durations]
        if np.isfinite(row).all():
            rows.append(row)
    if len(rows) < _LEAST_SCANS:
        return None
    costs = np.array(rows)
    # Every so-manieth scan in each batch: all of them have scans that are bent much and little.
    left_out = [np.delete(costs, np.s_[k::_BATCHES], axis=0) for k in range(_BATCHES)]
    each = np.array([_lowest(durations, one.mean(axis=0)) for one in left_out])
    # Jackknife (Efron, 1982).
    by_chance = float(np.sqrt((_BATCHES - 1) * np.mean((each - each.mean()) ** 2)))
    found = float(np.clip(_lowest(durations, costs.mean(axis=0)), 0.0, longest_s))
    return Estimate(found, float(np.hypot(by_chance, _LEAST_DEVIATION_S + _SCALE_OFF * found)))


def _bend_m(sight: Sight, base_at: BaseAt, longest_s: float) -> float:
    """Return how far the robot moves what its laser sees within a scan; 0 where not known."""
    first, last = base_at(sight.scan.stamp_s), base_at(sight.scan.stamp_s + longest_s)
    if first is None or last is None:
        return 0.0
    return first.distance_to(last) + _LEVER_M * abs(wrap_angle(last.yaw - first.yaw))


def _misfit(
    sight: Sight,
    base_at: BaseAt,
    mount: Pose2,
    refiner: Refiner,
    points: ScanPoints,
    duration_s: float,
) -> float:
    """Return the mean squared distance of end points from surfaces; NaN where not known."""
    step_s = duration_s / max(sight.scan.ranges_m.size - 1, 1)
    still = at_one_instant(replace(sight.scan, time_increment_s=step_s), base_at, mount)
    first = base_at(sight.scan.stamp_s)
    if still is None or first is None:
        return float("nan")
    then = base_at(still.stamp_s)
    if then is None:
        return float("nan")
    found = refiner.refine(points.of(still), sight.base @ first.between(then) @ mount)
    share = found.inlier_share
    return share * found.rms_m**2 + (1.0 - share) * _OFF_SURFACE_M**2


def _lowest(durations: NDArray[np.float64], costs: NDArray[np.float64]) -> float:
    """Return where costs are lowest, by the parabola through the lowest three."""
    best = int(np.clip(np.argmin(costs), 1, len(costs) - 2))
    before, here, after = costs[best - 1 : best + 2]
    bend = before - 2.0 * here + after
    step = float(durations[1] - durations[0])
    if bend <= 0.0:
        return float(durations[int(np.argmin(costs))])
    moved = 0.5 * (before - after) / bend
    return float(durations[best] + np.clip(moved, -1.0, 1.0) * step)
