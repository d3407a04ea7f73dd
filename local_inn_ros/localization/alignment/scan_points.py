# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""End points of a scan, and how many of them are aligned."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.sensing import Scan
from local_inn_ros.sensing.laser.beam_kernel import end_points_of

# More beams than this cost time and tell little: they meet the same cells.
MOST_POINTS = 270


class ScanPoints:
    """Turns scans into end points; directions are computed once for each scan geometry.

    Attributes:
        stride: of all points of the last scan, every so manieth is enough to align it.
    """

    def __init__(self, range_max_m: float) -> None:
        """Farther than ``range_max_m`` counts as nothing within reach, whatever the scan says."""
        self._range_max_m = range_max_m
        self._geometry: tuple[int, float, float] | None = None
        self.stride = 1
        self._directions = np.zeros((0, 2))

    def of(self, scan: Scan) -> NDArray[np.float64]:
        """Return end points (k, 2) in the sensor frame, no more than it takes to align a scan."""
        points = self.all_of(scan)
        return np.ascontiguousarray(points[:: self.stride])

    def all_of(self, scan: Scan) -> NDArray[np.float64]:
        """Return the end points (m, 2) of all beams that measured a distance, sensor frame."""
        geometry = (scan.ranges_m.size, scan.angle_min_rad, scan.angle_increment_rad)
        if geometry != self._geometry:
            self.stride = -(-scan.ranges_m.size // MOST_POINTS)
            angles = scan.angles_rad()
            self._directions = np.column_stack([np.cos(angles), np.sin(angles)])
            self._geometry = geometry
        points: NDArray[np.float64] = end_points_of(
            scan.ranges_m,
            1,
            self._directions,
            scan.range_min_m,
            min(scan.range_max_m, self._range_max_m),
        )
        return points
