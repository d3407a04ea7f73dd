# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Makes fixes as a laser's self-calibration has them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.fix import Fix, Mode
from local_inn_ros.localization.protocols import FixProducer, PendingFix, is_supported
from local_inn_ros.localization.self_calibration.self_calibration import SelfCalibration
from local_inn_ros.sensing import Scan


@dataclass(frozen=True, slots=True, eq=False)
class CalibratedFix:
    """A pending fix with the covariance that was learned (see ``PendingFix``).

    Attributes:
        pending: as the producer told it.
        measurement: the base in the map frame.
        calibration: what was learned.
    """

    pending: PendingFix
    measurement: GaussianPose2
    calibration: SelfCalibration

    @property
    def supported(self) -> bool:
        """Whether the observation speaks for the fix."""
        return is_supported(self.pending)

    def explain(self) -> Fix:
        """Say the rest."""
        fix = self.pending.explain()
        if self.measurement is self.pending.measurement:
            return fix
        modes = tuple(Mode(self.calibration.widened(one.pose), one.weight) for one in fix.modes)
        return replace(fix, measurement=self.measurement, modes=modes)


class SelfCalibratingProducer:
    """Lets another producer locate scans, by what was learned, and learns from its fixes."""

    def __init__(self, producer: FixProducer[Scan], calibration: SelfCalibration) -> None:
        """Set up.

        Args:
            producer: locates.
            calibration: of its laser; several producers may use one, of which one learns.
        """
        self._producer = producer
        self.calibration = calibration

    def measure(self, observation: Scan, prior: GaussianPose2) -> CalibratedFix:
        """Find what one scan says of the pose.

        Raises:
            SensorError: the scan cannot be used.
        """
        pending = self._producer.measure(self.calibration.corrected(observation), prior)
        told = self.calibration.widened(pending.measurement)
        return CalibratedFix(pending, told, self.calibration)

    def locate(self, observation: Scan, prior: GaussianPose2) -> Fix:
        """Locate one scan.

        Raises:
            SensorError: the scan cannot be used.
        """
        return self.measure(observation, prior).explain()

    def learn(
        self, observation: Scan, fix: Fix, prior: GaussianPose2, odometry: Pose2 | None
    ) -> None:
        """Take in what became of a scan (see ``SelfCalibration.learn``)."""
        self.calibration.learn(observation, fix, prior, odometry)
