# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From one scan and a prior to a fix: the inverse pass of the network."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.description import CovarianceModel
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.alignment.completion import Completion
from local_inn_ros.localization.alignment.scan_refiner import ScanRefiner
from local_inn_ros.localization.fix import AMBIGUOUS_WEIGHT, Fix, Mode
from local_inn_ros.localization.quality.map_likelihood import MapLikelihood
from local_inn_ros.localization.quality.scan_likelihood import weights_of
from local_inn_ros.localization.quality.scan_quality import scan_quality
from local_inn_ros.localization.quality.support import supports
from local_inn_ros.localization.scan_budget import ScanBudget
from local_inn_ros.sensing import BeamPicker, Beams, Scan
from local_inn_ros.sensing.laser.scan import network_scan, without_bias
from local_inn_ros.sensing.mounted_poses import pose_of_mounted, poses_of_mounted
from local_inn_ros.systems.local_inn_2d.config import config_of
from local_inn_ros.systems.local_inn_2d.inverse_passes import InversePasses, PoseSamples, places_of
from local_inn_ros.systems.local_inn_2d.networks import Networks
from local_inn_ros.systems.local_inn_2d.place_estimator import PlaceEstimate, PlaceEstimator

# Less probable modes are left out.
_LEAST_WEIGHT = 0.01
# Starts all along a wide prior are tried where no more than this share of the time is spent.
_FOR_STARTS = 0.5
# Of the one place there is.
_CERTAIN = np.ones(1)
# A variance of so many squared distances to another mode says nothing for minutes of scans.
_SILENT = 1e5


class _StageClock:
    """Time spent in each stage."""

    def __init__(self) -> None:
        self.stages: dict[str, float] = {}
        self._last = time.perf_counter()

    def go_on(self) -> None:
        """Book nothing of the time since the last lap."""
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        """Book the time since the last lap under a stage."""
        now = time.perf_counter()
        self.stages[stage] = now - self._last
        self._last = now


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredScan:
    """What a scan says of the pose, and what it takes to say the rest (see ``PendingFix``).

    Attributes:
        stamp_s: stamp of the scan, in seconds.
        measurement: of the base in the map frame, as ``Fix`` has it.
        reading: the scan's beams at the network's angles.
        drawn: what the network drew at each place.
        found: what the scan says at each of them.
        weights: (k,) how probable each of them is.
        best: the likeliest.
        clock: of its stages.
        supported: whether the scan speaks for the pose where it is not the one believed (see
            ``filtering.measurement.Measurement``).
        rest: says the rest.
    """

    stamp_s: float
    measurement: GaussianPose2
    reading: Beams
    drawn: tuple[PoseSamples, ...]
    found: list[PlaceEstimate]
    weights: NDArray[np.float64]
    best: int
    supported: bool
    clock: _StageClock
    rest: Callable[[MeasuredScan], Fix]

    def explain(self) -> Fix:
        """Say what else there is to say of the scan."""
        return self.rest(self)


class Localizer:
    """Locates scans with the network of one bundle."""

    def __init__(
        self,
        bundle: Bundle,
        networks: Networks,
        mount: Pose2,
        refiner: ScanRefiner | None = None,
        sample_count: int = 20,
        completion: Completion | None = None,
        aligned_model: CovarianceModel | None = None,
        budget: ScanBudget | None = None,
    ) -> None:
        """Set up for one sensor.

        Args:
            bundle: the trained model.
            networks: of the bundle.
            mount: pose of the sensor in the base frame.
            refiner: aligns the network's answer, where one is in use.
            sample_count: poses drawn for each scan; an even number.
            completion: asked where the refiner leaves a direction open.
            aligned_model: how the covariances of what the refiner aligns were calibrated.
            budget: bounds what a scan may cost, where there is one.
        """
        self._budget = budget or ScanBudget()
        config, sensor = config_of(bundle), bundle.description.laser
        self._networks = networks
        self._laser = sensor
        self._mount = mount
        self._mount_inverse = mount.inverse()
        self._picker = BeamPicker(sensor.network_angles_rad(), sensor.range_max_m)
        self._likelihood = MapLikelihood(bundle.caster, sensor, config.forward_deviation_m)
        self._range_max_m = sensor.range_max_m
        self._range_bias_m = bundle.description.calibration.range_bias_m
        self._forward_deviation_m = math.hypot(config.forward_deviation_m, sensor.noise_std_m)
        self._place_stage = "statistics" if refiner is None else "refiner"
        self._passes = InversePasses(config, sensor, networks, sample_count, self._budget)
        self._aligner = PlaceEstimator(
            bundle, networks, refiner, completion, aligned_model or CovarianceModel()
        )

    def locate(self, scan: Scan, prior: GaussianPose2) -> Fix:
        """Locate one scan.

        Args:
            scan: the reading.
            prior: the base in the map frame as believed before the reading is used.

        Returns:
            The fix.

        Raises:
            SensorError: the scan cannot be used.
            BundleError: the network answers with something that is not a number.
        """
        return self.measure(scan, prior).explain()

    def measure(self, scan: Scan, prior: GaussianPose2) -> MeasuredScan:
        """Find what one scan says of the pose, and no more: ``locate``, for who is in a hurry."""
        clock = _StageClock()
        self._budget.begin()
        scan = without_bias(scan, self._range_bias_m)
        reading = self._picker.pick(scan)
        reading.require_returns()
        clock.lap("beams")
        sensor_prior = pose_of_mounted(prior, self._mount)
        drawn = self._passes.draw(reading, sensor_prior)
        clock.lap("inverse")
        found: list[PlaceEstimate] = []
        for one in drawn:
            if found and not self._budget.allows():
                break
            # Starts all along a wide prior cost as much as a place of its own.
            along = not found and self._budget.allows(_FOR_STARTS)
            found.append(self._aligner.read(scan, reading, sensor_prior, one, along))
        drawn = drawn[: len(found)]
        if len(found) == 1:
            weights, best, told = _CERTAIN, 0, found[0].measurement
            only = found[0]
            supported = supports(
                self._likelihood, lambda: reading, sensor_prior, only.measurement, only.unexplained
            )
        else:
            weights = self._weights(reading, sensor_prior, found)
            best = int(np.argmax(weights))
            told = _reaching(found, weights, best)
            # What may be elsewhere wins over nothing.
            supported = False
        if scan.sway is not None:
            told = _swaying(told, scan.sway)
        measurement = pose_of_mounted(told, self._mount_inverse)
        clock.lap(self._place_stage)
        return MeasuredScan(
            scan.stamp_s,
            measurement,
            reading,
            drawn,
            found,
            weights,
            best,
            supported,
            clock,
            self._explain,
        )

    def _explain(self, measured: MeasuredScan) -> Fix:
        clock, found, best = measured.clock, measured.found, measured.best
        clock.go_on()
        pose = found[best].measurement.mean
        where = np.array([[pose.x, pose.y, pose.yaw]], dtype=np.float32)
        expected = self._networks.expected_ranges(where)[0]
        quality = scan_quality(
            expected, measured.reading, self._forward_deviation_m, self._range_max_m
        )
        clock.lap("forward")
        drawn = measured.drawn
        samples = drawn[0].samples
        if len(drawn) > 1:
            samples = np.concatenate([one.samples for one in drawn])
        return Fix(
            stamp_s=measured.stamp_s,
            measurement=measured.measurement,
            network=pose_of_mounted(found[best].network, self._mount_inverse),
            modes=self._modes(measured),
            samples=poses_of_mounted(samples, self._mount_inverse),
            unexplained=found[best].unexplained,
            quality=quality,
            stage_s=clock.stages,
            expected=network_scan(expected, self._laser, measured.stamp_s),
            supported=measured.supported,
        )

    def _weights(
        self, reading: Beams, prior: GaussianPose2, found: list[PlaceEstimate]
    ) -> NDArray[np.float64]:
        """Return how probable each of some places (k,) is; 0 for one that stands twice."""
        poses = np.array([one.measurement.mean.to_array() for one in found])
        logs = self._likelihood.of(reading, poses)
        offsets = [prior.squared_mahalanobis(Pose2.from_array(pose)) for pose in poses]
        logs -= 0.5 * np.array(offsets)
        order = np.argsort(-logs, kind="stable")
        distinct = places_of(poses[order])
        first = [next(k for k in order if np.array_equal(poses[k], place)) for place in distinct]
        weights = np.zeros(len(poses))
        weights[first] = weights_of(logs[first])
        weights[weights < _LEAST_WEIGHT] = 0.0
        kept: NDArray[np.float64] = weights / weights.sum()
        return kept

    def _modes(self, measured: MeasuredScan) -> tuple[Mode, ...]:
        found, weights = measured.found, measured.weights
        if len(found) == 1:
            return (Mode(measured.measurement, 1.0),)
        ranked = [k for k in np.argsort(-weights, kind="stable") if weights[k] > 0.0]
        return tuple(
            Mode(pose_of_mounted(found[k].measurement, self._mount_inverse), float(weights[k]))
            for k in ranked
        )


def _swaying(pose: GaussianPose2, sway: NDArray[np.float64]) -> GaussianPose2:
    """Return a pose of the sensor, told by a scan with a ``Scan.sway``, as uncertain as it is."""
    cosine, sine = math.cos(pose.mean.yaw), math.sin(pose.mean.yaw)
    turn = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    return GaussianPose2(pose.mean, pose.covariance + turn @ sway @ turn.T)


def _reaching(found: list[PlaceEstimate], weights: NDArray[np.float64], best: int) -> GaussianPose2:
    """Return what is measured at the likeliest place, as wide as to reach the others.

    It says nothing of what differs at a place that may well be the right one: the same scan again
    and again would settle by chance what no scan tells. Not even the line from one place to the
    other is told: it turns a little from scan to scan, and where such lines cross looks certain.
    """
    likeliest = found[best].measurement
    covariance = likeliest.covariance.copy()
    for one, weight in zip(found, weights.tolist(), strict=True):
        if weight > 0.0 and one is not found[best]:
            offset = likeliest.offset_of(one.measurement.mean)
            if weight >= AMBIGUOUS_WEIGHT:
                covariance += np.diag(_SILENT * np.square(offset))
            else:
                covariance += weight * np.outer(offset, offset)
    return GaussianPose2(likeliest.mean, covariance)
