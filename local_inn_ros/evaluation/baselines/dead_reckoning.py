# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The odometry by itself: what a localizer has to mend."""

from __future__ import annotations

from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.geometry import GaussianPose2
from local_inn_ros.sensing import Odometry, Scan


class DeadReckoning:
    """Carries the first pose on by the odometry, and its covariance by the filter's noise."""

    def __init__(self) -> None:
        """Begin without a pose."""
        self._filter = PoseFilter()

    def reset(self, pose: GaussianPose2, stamp_s: float) -> None:
        """Begin again from a pose of the base in the map frame."""
        self._filter.reset(pose, stamp_s)

    def add_odometry(self, odometry: Odometry) -> None:
        """Take in a reading of the odometry."""
        self._filter.predict(odometry)

    def add_scan(self, scan: Scan) -> GaussianPose2 | None:
        """Return the base at the scan's stamp without a look at the scan.

        None without a start, or where the odometry does not reach the stamp.
        """
        return self._filter.estimate_at(scan.stamp_s)
