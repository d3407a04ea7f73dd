# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How far off a map is where it looks right, told from scans with reference poses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.evidence import covariance_of
from local_inn_ros.localization.refiner import Refiner

# Farther off, in robust deviations, is an alignment gone astray, not a map that is off.
_ASTRAY = 6.0
_MAD_TO_DEVIATION = 1.4826


@dataclass(frozen=True, slots=True)
class MapDeviation:
    """Standard deviations, of either coordinate and of heading, beyond what the laser explains."""

    position_m: float
    yaw_rad: float


def measure_map_deviation(
    refiner: Refiner, end_points: Iterable[NDArray[np.float64]], poses: ArrayLike
) -> MapDeviation:
    """Compare where scans align best with where the reference says that they were taken.

    What is found holds the errors of the map and of the reference together: no scan can tell one
    from the other.

    Args:
        refiner: on the map, told that the map is exact.
        end_points: for each scan, its end points (k, 2) in the sensor frame.
        poses: (n, 3) reference poses of the sensor in the map frame.

    Returns:
        The deviations; 0 where the laser's noise explains all there is.
    """
    errors, expected = [], []
    for points, row in zip(end_points, np.asarray(poses, dtype=np.float64), strict=True):
        pose = Pose2.from_array(row)
        found = refiner.refine(points, pose)
        if not found.converged:
            continue
        # Seen from the reference, so that headings need no wrapping.
        error = pose.between(found.pose).to_array()
        errors.append(error)
        expected.append(np.diag(covariance_of(found.information)))
    if not errors:
        return MapDeviation(0.0, 0.0)
    square = np.square(np.array(errors))
    # Position is pooled: a map has no preferred axis.
    return MapDeviation(
        _beyond(square[:, :2].ravel(), np.array(expected)[:, :2].ravel()),
        _beyond(square[:, 2], np.array(expected)[:, 2]),
    )


def _beyond(square: NDArray[np.float64], expected: NDArray[np.float64]) -> float:
    """Return the deviation that is left of squared errors after those expected are taken out."""
    robust = _MAD_TO_DEVIATION * np.sqrt(np.median(square))
    kept = square <= max((_ASTRAY * robust) ** 2, 1e-12)
    # The median, since a direction that was not seen is very wide.
    variance = float(square[kept].mean() - np.median(expected[kept]))
    return float(np.sqrt(max(variance, 0.0)))
