# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a localizer asks of whatever aligns its answers, and the grid's way to say it."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.alignment.refiner import Refinement, Refiner
from local_inn_ros.localization.alignment.scan_points import ScanPoints
from local_inn_ros.sensing import Beams, Scan


class ScanRefiner(Protocol):
    """Aligns scans, from several starts each."""

    def refine_all(
        self, scan: Scan, reading: Beams, starts: NDArray[np.float64]
    ) -> tuple[Refinement, ...]:
        """Align one scan from each start.

        Args:
            scan: as it came.
            reading: its beams at the network's angles.
            starts: (k, 3) poses of the sensor in the map frame.

        Returns:
            One alignment for each start; the larger its inlier share, the better it is.
        """
        ...

    def refine_near(self, scan: Scan, reading: Beams, start: Pose2) -> Refinement:
        """Align one scan from a start that is believed to be within centimetres.

        What lies farther away cannot draw it off; a start that is farther off stays where it is.
        """
        ...


class FieldScanRefiner:
    """Aligns the end points of a scan with a likelihood field (see ``ScanRefiner``)."""

    def __init__(self, refiner: Refiner, range_max_m: float) -> None:
        """Set up.

        Args:
            refiner: on the map.
            range_max_m: farther than this counts as nothing within reach.
        """
        self._refiner = refiner
        self._points = ScanPoints(range_max_m)

    def refine_all(
        self, scan: Scan, reading: Beams, starts: NDArray[np.float64]
    ) -> tuple[Refinement, ...]:
        """Align from each start; the beams are the scan's own, not the network's."""
        points = self._points.all_of(scan)
        poses = (Pose2.from_array(start) for start in starts)
        return self._refiner.refine_from(points, poses, stride=self._points.stride)

    def refine_near(self, scan: Scan, reading: Beams, start: Pose2) -> Refinement:
        """Align from a start nearby."""
        points = self._points.all_of(scan)
        return self._refiner.refine(points, start, near=True, stride=self._points.stride)
