# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a localizer learns of its laser and its covariances while it runs, from its own fixes.

No reference is needed: a right pose explains a scan up to what all ranges have wrong alike, and
fixes a short way apart differ by what the odometry says but for their own errors. It learns only
while all is well. One fix in doubt, and what was seen since the last batches were taken is
forgotten; a batch waits for the next one, so that a pose that begins to be wrong takes no part.
What was learned lasts as long as the process.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.errors import BundleError
from local_inn_ros.filtering.chi_square import chi_square_quantile
from local_inn_ros.filtering.motion_model import in_map_axes
from local_inn_ros.filtering.prior import squared_innovation
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.fix import Fix
from local_inn_ros.localization.self_calibration.deviation_growth import DeviationGrowth
from local_inn_ros.localization.self_calibration.fix_pairs import FixPairs, PairError, Triple
from local_inn_ros.localization.self_calibration.learned import Learned
from local_inn_ros.localization.self_calibration.range_bias import RangeBias
from local_inn_ros.localization.self_calibration.range_residual import (
    RangeResidual,
    ResidualReader,
)
from local_inn_ros.sensing import LaserSpec, Scan
from local_inn_ros.sensing.laser.scan import without_bias
from local_inn_ros.world import LikelihoodField

# Scans in a batch, and how far apart they are taken (``FixPairs.gone``).
_BATCH = 10
_APART = 0.4
# A fix in doubt explains little of its scan, or is not where it was believed to be.
_LEAST_QUALITY = 0.5
_LARGEST_INNOVATION = chi_square_quantile(0.999)
# One that tells nothing has much in its way, or is not known in every direction: in a corridor.
_MOST_UNEXPLAINED = 0.3
_WIDEST_FIX: Triple = (0.2, 0.2, 0.1)
_WIDEST_PRIOR: Triple = (0.3, 0.3, 0.2)
_AS_TOLD: Triple = (1.0, 1.0, 1.0)
# Of maps of which it is known how walls are drawn, surfaces lie off by no more cells than this
# (``wall_drawing``).
_MIDDLES_FOR_SURE = 0.52
# Fixes farther apart in time are not of one spell.
_LONGEST_GAP_S = 1.5


@dataclass(slots=True)
class _Batch:
    scans: list[tuple[float, RangeResidual]] = field(default_factory=list)
    short: list[PairError] = field(default_factory=list)
    long: list[PairError] = field(default_factory=list)


class SelfCalibration:
    """Learns for one laser; see the module."""

    def __init__(
        self, grid_field: LikelihoodField, laser: LaserSpec, mount: Pose2, in_doubt: bool
    ) -> None:
        """Begin with what the bundle says.

        Args:
            grid_field: the map's likelihood field.
            laser: of the bundle.
            mount: pose of the laser in the base frame.
            in_doubt: whether the map leaves open if its surfaces are faces or middles of cells.
        """
        self._reader = ResidualReader(grid_field, laser.noise_std_m, laser.range_max_m)
        self._mount = mount
        self._bias = RangeBias(grid_field.grid.resolution_m, in_doubt)
        self._growth = DeviationGrowth()
        self._factors: Triple = _AS_TOLD
        self._pairs = FixPairs()
        self._batch, self._waiting = _Batch(), _Batch()
        self._stamp_s = -math.inf
        self._scans = 0

    @staticmethod
    def of(bundle: Bundle, mount: Pose2) -> SelfCalibration | None:
        """Return one for a laser mounted at ``mount``; None where the bundle is for no laser."""
        try:
            laser = bundle.description.laser
        except BundleError:
            return None
        doubt_cells = bundle.description.maps[0].surface_deviation_m / bundle.grid.resolution_m
        return SelfCalibration(bundle.field, laser, mount, doubt_cells > _MIDDLES_FOR_SURE)

    @property
    def learned(self) -> Learned:
        """What was learned by now."""
        return Learned(self._bias.bias_m, self._factors, self._scans)

    def corrected(self, scan: Scan) -> Scan:
        """Return a scan without what its ranges have wrong, as far as was learned."""
        return without_bias(scan, self._bias.bias_m)

    def widened(self, fix: GaussianPose2) -> GaussianPose2:
        """Return a fix of the base with its covariance as was learned."""
        if self._factors == _AS_TOLD:
            return fix
        own = in_map_axes(fix.covariance, -fix.mean.yaw) * np.outer(self._factors, self._factors)
        return GaussianPose2(fix.mean, in_map_axes(own, fix.mean.yaw))

    def learn(self, scan: Scan, fix: Fix, prior: GaussianPose2, odometry: Pose2 | None) -> None:
        """Take in a fix.

        Args:
            scan: what it was made from, as it came.
            fix: as it was told.
            prior: the base in the map frame as believed before it.
            odometry: the base in the odometry frame then; None where not known.
        """
        gap_s, self._stamp_s = fix.stamp_s - self._stamp_s, fix.stamp_s
        if not 0.0 < gap_s < _LONGEST_GAP_S or odometry is None or _in_doubt(fix, prior):
            self.forget()
            return
        if not _tells(fix, prior):
            return
        if self._pairs.gone(odometry) < _APART:
            return
        told = self._reader.read(self.corrected(scan), fix.measurement.mean @ self._mount)
        self._batch.scans.append((self._bias.bias_m, told))
        short, long = self._pairs.add(fix.stamp_s, fix.measurement, self._factors, odometry)
        self._batch.short.extend([] if short is None else [short])
        self._batch.long.extend([] if long is None else [long])
        if len(self._batch.scans) == _BATCH:
            self._take()

    def forget(self) -> None:
        """Forget what was seen and not taken yet: something is not as it should be."""
        self._pairs.clear()
        self._batch, self._waiting = _Batch(), _Batch()

    def _take(self) -> None:
        """Learn from the batch that has waited, and let the new one wait."""
        ready, self._waiting, self._batch = self._waiting, self._batch, _Batch()
        if ready.scans:
            self._scans += len(ready.scans)
            self._bias.take(ready.scans)
            self._growth.take(ready.short, ready.long)
            ahead, aside, yaw = np.sqrt(self._growth.factors).tolist()
            self._factors = (ahead, aside, yaw)


def _in_doubt(fix: Fix, prior: GaussianPose2) -> bool:
    """Tell whether something speaks against the pose that a fix was made at, or against the fix."""
    innovation = squared_innovation(prior, fix.measurement)
    return fix.ambiguous or fix.quality < _LEAST_QUALITY or not innovation <= _LARGEST_INNOVATION


def _tells(fix: Fix, prior: GaussianPose2) -> bool:
    """Tell whether there is something to learn from a fix."""
    if fix.unexplained > _MOST_UNEXPLAINED or _is_wider(prior, _WIDEST_PRIOR):
        return False
    return not _is_wider(fix.measurement, _WIDEST_FIX)


def _is_wider(pose: GaussianPose2, most: Triple) -> bool:
    covariance = pose.covariance
    return any(covariance.item(k, k) > most[k] ** 2 for k in range(3))
