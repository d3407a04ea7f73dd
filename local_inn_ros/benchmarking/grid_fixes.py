# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Fixes without any network: a scan aligned with the grid from where the filter has the robot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from local_inn_ros.bundles.description import CovarianceModel
from local_inn_ros.filtering.motion_model import in_map_axes
from local_inn_ros.geometry import GaussianPose2
from local_inn_ros.localization.alignment.refiner import USUAL_INLIER_SHARE, Refiner
from local_inn_ros.localization.alignment.scan_points import ScanPoints
from local_inn_ros.localization.alignment.wide_priors import aligned_within
from local_inn_ros.localization.covariance_model import calibrated_information
from local_inn_ros.localization.fix import Fix, Mode
from local_inn_ros.localization.quality.map_likelihood import MapLikelihood
from local_inn_ros.localization.quality.support import supports
from local_inn_ros.sensing import BeamPicker, LaserSpec, Scan
from local_inn_ros.world import LikelihoodField, RayCaster


@dataclass(frozen=True, eq=False)
class GridFix:
    """See ``PendingFix``."""

    stamp_s: float
    measurement: GaussianPose2
    unexplained: float
    supported: bool = False

    def explain(self) -> Fix:
        """Return the fix; what only a network says is left at what the alignment says."""
        pose = self.measurement
        samples = pose.mean.to_array()[None].repeat(2, axis=0)
        quality = 1.0 - self.unexplained
        modes = (Mode(pose, 1.0),)
        return Fix(
            self.stamp_s,
            pose,
            pose,
            modes,
            samples,
            self.unexplained,
            quality,
            {},
            supported=self.supported,
        )


class GridFixes:
    """Makes fixes for a laser on the base's origin (see ``FixProducer``)."""

    def __init__(self, field: LikelihoodField, sensor: LaserSpec) -> None:
        """Set up.

        Args:
            field: of the map.
            sensor: the laser.
        """
        self._refiner = Refiner(field, sensor.noise_std_m)
        self._points = ScanPoints(sensor.range_max_m)
        self._picker = BeamPicker(sensor.network_angles_rad(), sensor.range_max_m)
        caster = RayCaster(field.grid, threads=1)
        self._likelihood = MapLikelihood(caster, sensor, sensor.noise_std_m)

    def measure(self, scan: Scan, prior: GaussianPose2) -> GridFix:
        """Align one scan."""
        points = self._points.all_of(scan)
        stride = self._points.stride
        found = aligned_within(
            prior, lambda start: self._refiner.refine(points, start, stride=stride)
        )
        unexplained = 1.0 - min(1.0, found.inlier_share / USUAL_INLIER_SHARE)
        told = calibrated_information(found.pose, found.information, CovarianceModel(), unexplained)
        covariance = told.covariance
        if scan.sway is not None:
            covariance = covariance + in_map_axes(np.asarray(scan.sway), told.mean.yaw)
        supported = supports(
            self._likelihood, lambda: self._picker.pick(scan), prior, told, unexplained
        )
        return GridFix(scan.stamp_s, GaussianPose2(told.mean, covariance), unexplained, supported)

    def locate(self, scan: Scan, prior: GaussianPose2) -> Fix:
        """Align one scan, and say so."""
        return self.measure(scan, prior).explain()
