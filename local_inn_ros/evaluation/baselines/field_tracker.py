# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The localizer without its network: what the refiner and the filter reach by themselves.

Set beside the whole it shows what the network adds; it cannot find a robot that is lost.
"""

from __future__ import annotations

from local_inn_ros.bundles.description import CovarianceModel
from local_inn_ros.evaluation.baselines.scan_mount import ScanMount, mount_of
from local_inn_ros.filtering.measurement import Measurement
from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.geometry import GaussianPose2
from local_inn_ros.localization.alignment.refiner import USUAL_INLIER_SHARE, Refiner
from local_inn_ros.localization.alignment.scan_points import ScanPoints
from local_inn_ros.localization.covariance_model import calibrated_information
from local_inn_ros.sensing import Odometry, Scan
from local_inn_ros.sensing.laser.scan import without_bias
from local_inn_ros.sensing.mounted_poses import pose_of_base, pose_of_mounted


class FieldTracker:
    """Aligns each scan with the likelihood field from the filter's prior, and fuses the result."""

    def __init__(
        self,
        refiner: Refiner,
        range_max_m: float,
        mount: ScanMount,
        model: CovarianceModel,
        range_bias_m: float = 0.0,
    ) -> None:
        """Set up for one sensor.

        Args:
            refiner: aligns scans with the map.
            range_max_m: farthest valid range.
            mount: pose of the laser in the base frame, or what gives it for each scan.
            model: how the covariances of what the refiner aligns were calibrated.
            range_bias_m: how much too long ranges are.
        """
        self._model = model
        self._range_bias_m = range_bias_m
        self._refiner = refiner
        self._points = ScanPoints(range_max_m)
        self._mount = mount
        self._filter = PoseFilter()

    def reset(self, pose: GaussianPose2, stamp_s: float) -> None:
        """Begin again from a pose of the base in the map frame."""
        self._filter.reset(pose, stamp_s)

    def add_odometry(self, odometry: Odometry) -> None:
        """Take in a reading of the odometry."""
        self._filter.predict(odometry)

    def add_scan(self, scan: Scan) -> GaussianPose2 | None:
        """Align a scan and fuse it.

        Returns:
            The base in the map frame at the scan's stamp; None without a start, or where the
            odometry does not reach the scan's stamp.
        """
        prior = self._filter.estimate_at(scan.stamp_s)
        if prior is None:
            return None
        mount = mount_of(self._mount, scan)
        start = pose_of_mounted(prior, mount).mean
        points = self._points.all_of(without_bias(scan, self._range_bias_m))
        found = self._refiner.refine(points, start, stride=self._points.stride)
        unexplained = 1.0 - min(1.0, found.inlier_share / USUAL_INLIER_SHARE)
        measured = calibrated_information(found.pose, found.information, self._model, unexplained)
        of_base = pose_of_base(measured, mount)
        self._filter.fuse(Measurement(of_base, scan.stamp_s, scan.sensor))
        return self._filter.estimate_at(scan.stamp_s)
