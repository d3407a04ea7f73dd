# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How far off a map is where it looks right, told from scans with reference poses."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import cycle, product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.evidence import covariance_of
from local_inn_ros.localization.refiner import Refiner

# Farther off, in robust deviations, is an alignment gone astray, not a map that is off.
_ASTRAY = 6.0
_MAD_TO_DEVIATION = 1.4826
# Alignments begin beside the reference: begun on it, a map that pulls nowhere would seem right.
_STARTS = tuple(
    Pose2(x, y, yaw) for x, y, yaw in product((0.05, -0.05), (0.05, -0.05), (0.02, -0.02))
)


@dataclass(frozen=True, slots=True)
class MapDeviation:
    """Standard deviations, of either coordinate and of heading, beyond what the laser explains."""

    position_m: float
    yaw_rad: float


@dataclass(frozen=True, slots=True, eq=False)
class AlignmentErrors:
    """How far from their references scans align best.

    Attributes:
        errors: (k, 3) of (x, y, yaw), in the axes of the reference pose, in the order in which
            the scans were taken.
        variances: (k, 3) that the laser's noise explains.
    """

    errors: NDArray[np.float64]
    variances: NDArray[np.float64]

    def median_m(self) -> float:
        """Return the median distance; infinite where there are no scans."""
        if len(self.errors) == 0:
            return math.inf
        return float(np.median(np.hypot(self.errors[:, 0], self.errors[:, 1])))

    def deviation(self) -> MapDeviation:
        """Return what the laser's noise does not explain; 0 where it explains all there is.

        It holds the errors of the map and of the reference together: no scan can tell one from
        the other. Where a scan and the next share their error, a filter that takes each for a
        new word grows too sure: the mean of two is of variance s^2 (1 + r) / 2 for a correlation
        r, so that s^2 (1 + r) is what to tell it.
        """
        if len(self.errors) == 0:
            return MapDeviation(0.0, 0.0)
        square = np.square(self.errors)
        # Position is pooled: a map has no preferred axis.
        return MapDeviation(
            _beyond(square[:, :2].ravel(), self.variances[:, :2].ravel())
            * math.sqrt(1.0 + _shared(self.errors[:, :2])),
            _beyond(square[:, 2], self.variances[:, 2])
            * math.sqrt(1.0 + _shared(self.errors[:, 2:])),
        )


def alignment_errors(
    refiner: Refiner, end_points: Iterable[NDArray[np.float64]], poses: ArrayLike
) -> AlignmentErrors:
    """Compare where scans align best with where the reference says that they were taken.

    Args:
        refiner: on the map, told that the map is exact.
        end_points: for each scan, its end points (k, 2) in the sensor frame.
        poses: (n, 3) reference poses of the sensor in the map frame.
    """
    errors, variances = [], []
    rows = np.asarray(poses, dtype=np.float64)
    for points, row, aside in zip(end_points, rows, cycle(_STARTS), strict=False):
        pose = Pose2.from_array(row)
        found = refiner.refine(points, pose @ aside)
        errors.append(pose.between(found.pose).to_array())
        variances.append(np.diag(covariance_of(found.information)))
    return AlignmentErrors(np.array(errors).reshape(-1, 3), np.array(variances).reshape(-1, 3))


def _shared(errors: NDArray[np.float64]) -> float:
    """Return the correlation, in [0, 1], of errors (k, c) with those of the scan before."""
    robust = _MAD_TO_DEVIATION * np.median(np.abs(errors))
    bounded = np.clip(errors, -_ASTRAY * robust, _ASTRAY * robust)
    total = float(np.sum(np.square(bounded)))
    if total <= 0.0:
        return 0.0
    return min(max(float(np.sum(bounded[1:] * bounded[:-1])) / total, 0.0), 1.0)


def _beyond(square: NDArray[np.float64], expected: NDArray[np.float64]) -> float:
    """Return the deviation that is left of squared errors after those expected are taken out."""
    robust = _MAD_TO_DEVIATION * np.sqrt(np.median(square))
    kept = square <= max((_ASTRAY * robust) ** 2, 1e-12)
    # The median, since a direction that was not seen is very wide.
    variance = float(square[kept].mean() - np.median(expected[kept]))
    return float(np.sqrt(max(variance, 0.0)))
