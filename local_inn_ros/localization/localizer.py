# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From one scan and a prior to a fix: the inverse pass of the network."""

from __future__ import annotations

import math
import time

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.engines import Engine
from local_inn_ros.engines.bundle import Bundle
from local_inn_ros.geometry import GaussianPose2, Pose2, compose_poses
from local_inn_ros.localization.evidence import covariance_of, without_prior
from local_inn_ros.localization.fix import Fix
from local_inn_ros.localization.latent_draws import latent_draws
from local_inn_ros.localization.mount import pose_of_base, pose_of_mounted
from local_inn_ros.localization.network_pass import NetworkPass
from local_inn_ros.localization.quality import scan_quality
from local_inn_ros.localization.refiner import USUAL_INLIER_SHARE, Refinement
from local_inn_ros.localization.scan_refiner import ScanRefiner
from local_inn_ros.sensing import BeamPicker, BeamReading, Scan

# The draws are part of what a localizer is: the same scan and prior give the same fix.
_LATENT_SEED = 20
# The network's word and the prior are joined where they differ by less than this squared
# Mahalanobis distance (chi-square with 3 degrees of freedom, 0.999).
_PLAUSIBLE = 16.27
# Starts nearer to each other than this lead to the same alignment.
_SAME_START_M = 0.03
_SAME_START_RAD = math.radians(1.0)
_FARTHEST_ASIDE_M = 0.2
# How far off (x m, y m, yaw rad) the network may be in a direction that only it tells of, where
# nothing of the scan is explained.
_DOUBT = np.array([1.0, 1.0, 0.2])


class Localizer:
    """Locates scans with the network of one bundle.

    The inverse pass is run twice: from the prior, for its most probable pose (z = 0), and from
    there with a narrow prior, for the samples.
    """

    def __init__(
        self,
        bundle: Bundle,
        engine: Engine,
        mount: Pose2,
        refiner: ScanRefiner | None = None,
        sample_count: int = 20,
    ) -> None:
        """Set up for one sensor.

        Args:
            bundle: the trained model.
            engine: runs the bundle's networks.
            mount: pose of the sensor in the base frame.
            refiner: aligns the network's answer, where one is in use.
            sample_count: poses drawn for each scan; an even number.
        """
        description = bundle.description
        sensor, calibration = description.sensor, description.calibration
        self._engine = engine
        self._mount = mount
        self._refiner = refiner
        self._prior_spec = description.prior
        self._picker = BeamPicker(sensor.network_angles_rad(), sensor.range_max_m)
        self._range_max_m = sensor.range_max_m
        self._forward_deviation_m = math.hypot(calibration.forward_deviation_m, sensor.noise_std_m)
        self._fine_prior_covariance = np.diag(
            np.square(np.array(description.prior.deviation) * description.prior.fine_spread)
        )
        scale = np.sqrt(np.array(calibration.covariance_scale))
        self._covariance_scale = np.outer(scale, scale)
        self._no_latent = np.zeros((1, description.latent_size), dtype=np.float32)
        self._latents = latent_draws(
            sample_count, description.latent_size, np.random.default_rng(_LATENT_SEED)
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
        clock = _StageClock()
        reading = self._picker.pick(scan)
        clock.lap("beams")
        sensor_prior = pose_of_mounted(prior, self._mount)
        second_prior, samples = self._drawn(reading, sensor_prior)
        clock.lap("inverse")
        network = self._fitted(samples)
        measurement = without_prior(network, second_prior)
        clock.lap("statistics")
        if self._refiner is not None:
            starts = _starts(sensor_prior, network, measurement)
            found = self._refiner.refine_all(scan, reading, starts)
            word = measurement if _plausible(sensor_prior, measurement) else None
            measurement = _joined(max(found, key=_inlier_share), word)
            clock.lap("refiner")
        sensor = measurement.mean.to_array()[None].astype(np.float32)
        expected = self._engine.expected_ranges(sensor)[0]
        quality = scan_quality(expected, reading, self._forward_deviation_m, self._range_max_m)
        clock.lap("forward")
        return Fix(
            stamp_s=scan.stamp_s,
            measurement=pose_of_base(measurement, self._mount),
            network=pose_of_base(network, self._mount),
            samples=compose_poses(samples, self._mount.inverse().to_array()),
            expected_ranges_m=expected,
            quality=quality,
            stage_s=clock.stages,
        )

    def _drawn(
        self, reading: BeamReading, prior: GaussianPose2
    ) -> tuple[GaussianPose2, NDArray[np.float64]]:
        """Return the prior of the second pass and the poses (s, 3) drawn by it."""
        network = NetworkPass(self._engine, reading)
        spec = self._prior_spec
        spread = float(np.max(prior.deviations() / spec.deviation))
        spread = min(max(spread, spec.fine_spread), spec.widest_spread)
        first = network.sample(prior.mean.to_array()[None], spread, self._no_latent)[0]
        samples = network.sample(first, spec.fine_spread, self._latents)[0]
        return GaussianPose2(Pose2.from_array(first[0]), self._fine_prior_covariance), samples

    def _fitted(self, samples: NDArray[np.float64]) -> GaussianPose2:
        fitted = GaussianPose2.from_samples(samples)
        return GaussianPose2(fitted.mean, fitted.covariance * self._covariance_scale)


def _joined(best: Refinement, word: GaussianPose2 | None) -> GaussianPose2:
    """Take the alignment; in directions in which it shows nothing, the network's word stands.

    It is doubted as much as the map leaves unexplained of the scan: along a corridor, what stands
    in the way is most of what there is to see. Without a word those directions stay open, and the
    filter goes on by odometry.
    """
    if word is None:
        return GaussianPose2(best.pose, covariance_of(best.information))
    unexplained = 1.0 - min(1.0, best.inlier_share / USUAL_INLIER_SHARE)
    doubted = word.covariance + np.diag(np.square(unexplained * _DOUBT))
    information = best.unseen.T @ np.linalg.solve(doubted, best.unseen)
    aside = best.unseen @ -word.offset_of(best.pose)
    # Along an arc a direction that shows nothing is one only nearby.
    aside *= min(1.0, _FARTHEST_ASIDE_M / max(math.hypot(aside[0], aside[1]), 1e-12))
    return GaussianPose2(
        Pose2.from_array(best.pose.to_array() + aside),
        covariance_of(best.information + information),
    )


def _plausible(prior: GaussianPose2, word: GaussianPose2) -> bool:
    """Tell whether the network's word and the prior can both be right.

    Where things that no map has stand in the way, the network can be surer than it should be;
    taken at its word along a corridor, it would lead the filter away step by step. The prior
    widens where nothing is known, until a word that keeps to its place is plausible.
    """
    offset = prior.offset_of(word.mean)
    return float(offset @ np.linalg.solve(prior.covariance + word.covariance, offset)) < _PLAUSIBLE


def _starts(
    prior: GaussianPose2, network: GaussianPose2, measurement: GaussianPose2
) -> NDArray[np.float64]:
    """Return the poses (k, 3) to align from: all that is known, and each part of it alone.

    A network that is sure of a wrong place draws what is known together along with it: an
    alignment from there can slide along an arc into a wrong minimum, where one from the prior
    would not.
    """
    candidates = [prior.mean, network.mean]
    if _plausible(prior, measurement):
        spread = prior.covariance + measurement.covariance
        weighed = np.linalg.solve(spread, prior.offset_of(measurement.mean))
        joined = prior.mean.to_array() + prior.covariance @ weighed
        candidates.insert(0, Pose2.from_array(joined))
    starts: list[Pose2] = []
    for candidate in candidates:
        if not any(_same_start(start, candidate) for start in starts):
            starts.append(candidate)
    return np.array([start.to_array() for start in starts])


def _same_start(one: Pose2, other: Pose2) -> bool:
    difference = one.between(other)
    near = math.hypot(difference.x, difference.y) < _SAME_START_M
    return near and abs(difference.yaw) < _SAME_START_RAD


def _inlier_share(refinement: Refinement) -> float:
    return refinement.inlier_share


class _StageClock:
    """Time spent in each stage."""

    def __init__(self) -> None:
        self.stages: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        """Book the time since the last lap under a stage."""
        now = time.perf_counter()
        self.stages[stage] = now - self._last
        self._last = now
