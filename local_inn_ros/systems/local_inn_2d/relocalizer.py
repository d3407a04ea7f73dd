# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The global search: where on the whole map a robot may be."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.alignment.scan_refiner import ScanRefiner
from local_inn_ros.localization.evidence import covariance_of
from local_inn_ros.localization.quality.map_likelihood import MapLikelihood
from local_inn_ros.localization.quality.scan_likelihood import log_likelihoods, weights_of
from local_inn_ros.localization.quality.scan_quality import scan_qualities
from local_inn_ros.localization.search.coarse_search import CoarseSearch, Lattice, apart
from local_inn_ros.localization.search.hypotheses import Hypothesis, SearchResult
from local_inn_ros.sensing import BeamPicker, Beams, Scan
from local_inn_ros.sensing.mount import pose_of_base
from local_inn_ros.systems.local_inn_2d.config import config_of
from local_inn_ros.systems.local_inn_2d.latent_draws import latent_draws
from local_inn_ros.systems.local_inn_2d.network_pass import NetworkPass
from local_inn_ros.systems.local_inn_2d.networks import Networks

# How many places are looked at: by the inverse pass, by it once more, and by the refiner. In a
# corridor many look alike until the inverse pass has put each where it belongs.
FIRST_PLACES = 384
_SECOND, _FINAL = 64, 16
# Poses nearer to each other than this lead to the same place.
_SAME_M, _SAME_RAD = 0.1, math.radians(3.0)
# Places farther apart than this, or turned by more, are different answers.
_DISTINCT_M, _DISTINCT_RAD = 0.4, math.radians(10.0)
# How far off the poses of the two inverse passes let a range be.
_FIRST_DEVIATION_M, _SECOND_DEVIATION_M = 0.05, 0.03
_MOST_HYPOTHESES = 8
# A scan of which less is explained was taken somewhere that the map does not show.
_LEAST_SCORE = 0.95
# One place stands out where it is at least this probable.
_LEAST_WEIGHT = 0.9
# Room for a filter that starts from a place found: what one scan decided may be a little off.
_START_DEVIATION_M = 0.05
_START_DEVIATION_RAD = math.radians(1.0)
_SAMPLE_COUNT = 20
_LATENT_SEED = 20


class Relocalizer:
    """Searches the whole free space of a bundle's map, coarse to fine.

    A lattice of the whole map gives a few hundred places that may explain the scan. The inverse
    pass, in one batch, moves each to the pose that it takes the scan for; what explains it best
    there goes through the inverse pass once more, is scored by forward passes, and aligned.
    """

    def __init__(
        self,
        bundle: Bundle,
        networks: Networks,
        mount: Pose2,
        lattice: Lattice,
        refiner: ScanRefiner | None = None,
    ) -> None:
        """Set up.

        Args:
            bundle: the trained model, with its map.
            networks: of the bundle.
            mount: pose of the sensor in the base frame.
            lattice: the places of that map to look at.
            refiner: aligns what was found, where one is in use.
        """
        config, sensor = config_of(bundle), bundle.description.laser
        self._networks = networks
        self._mount = mount
        self._refiner = refiner
        self._prior_spec = config.prior
        self._picker = BeamPicker(sensor.network_angles_rad(), sensor.range_max_m)
        self._range_max_m = sensor.range_max_m
        self._forward_deviation_m = math.hypot(config.forward_deviation_m, sensor.noise_std_m)
        self._grid = bundle.grid
        self._likelihood = MapLikelihood(bundle.caster, sensor, config.forward_deviation_m)
        self._coarse = CoarseSearch(lattice, sensor)
        self._no_latent = np.zeros((1, config.latent_size), dtype=np.float32)
        self._latents = latent_draws(
            _SAMPLE_COUNT, config.latent_size, np.random.default_rng(_LATENT_SEED)
        )

    def search(self, scan: Scan, offered: Sequence[GaussianPose2] = ()) -> SearchResult:
        """Look everywhere for the place that one scan was taken at.

        Args:
            scan: the reading.
            offered: poses of the base that are looked at whatever the lattice says.

        Raises:
            SensorError: the scan cannot be used.
            BundleError: the network answers with something that is not a number.
        """
        started = time.perf_counter()
        reading = self._picker.pick(scan)
        hypotheses: tuple[Hypothesis, ...] = ()
        if reading.returned().any():
            hypotheses = self._hypotheses(reading, self._places(scan, reading, offered))
        reason = _why_not(hypotheses)
        return SearchResult(
            found=not reason,
            pose=None if reason else hypotheses[0].pose,
            hypotheses=hypotheses,
            reason=reason,
            seconds=time.perf_counter() - started,
        )

    def log_likelihood(self, scan: Scan, base: Pose2) -> float:
        """Return how likely the map makes a scan that is taken with the base there.

        Raises:
            SensorError: the scan cannot be used.
        """
        sensor = (base @ self._mount).to_array()[None]
        return float(self._likelihood.of(self._picker.pick(scan), sensor)[0])

    def _places(
        self, scan: Scan, reading: Beams, offered: Sequence[GaussianPose2]
    ) -> list[GaussianPose2]:
        """Return where the sensor may be, in the map frame."""
        network = NetworkPass(self._networks, reading)
        asked = np.array([(one.mean @ self._mount).to_array() for one in offered]).reshape(-1, 3)
        priors = np.vstack([asked, self._coarse.candidates(scan, FIRST_PLACES)])
        if len(priors) == 0:
            return []
        poses = network.sample(priors, self._prior_spec.widest_spread, self._no_latent)[:, 0]
        # Priors far from the truth are led astray, often off the map.
        inside = self._grid.contains(poses[:, :2])
        kept = int(np.count_nonzero(inside[: len(asked)]))
        poses = poses[inside]
        likelihoods = self._likelihood.of(reading, poses, _FIRST_DEVIATION_M)
        poses = poses[_best(poses, likelihoods, kept, _SECOND)]
        if len(poses) == 0:
            return []
        samples = network.sample(poses, self._prior_spec.fine_spread, self._latents)
        fitted = [GaussianPose2.from_samples(drawn) for drawn in samples]
        means = np.array([pose.mean.to_array() for pose in fitted])
        deviation_m = math.hypot(self._forward_deviation_m, _SECOND_DEVIATION_M)
        likelihoods = log_likelihoods(
            self._expected(means), reading, deviation_m, self._range_max_m
        )
        best = _best(means, likelihoods, kept, _FINAL)
        if self._refiner is None:
            return [fitted[k] for k in best]
        return [
            GaussianPose2(found.pose, covariance_of(found.information))
            for found in self._refiner.refine_all(scan, reading, means[best])
        ]

    def _hypotheses(self, reading: Beams, places: list[GaussianPose2]) -> tuple[Hypothesis, ...]:
        """Return the distinct ones, the most probable first, with room for a filter."""
        if not places:
            return ()
        means = np.array([place.mean.to_array() for place in places])
        expected = self._expected(means)
        likelihoods = self._likelihood.of(reading, means)
        scores = scan_qualities(expected, reading, self._forward_deviation_m, self._range_max_m)
        order = np.argsort(-likelihoods, kind="stable")
        best = order[apart(means[order], _DISTINCT_M, _DISTINCT_RAD, _MOST_HYPOTHESES)]
        weights = weights_of(likelihoods[best])
        room = np.diag(np.square([_START_DEVIATION_M, _START_DEVIATION_M, _START_DEVIATION_RAD]))
        return tuple(
            Hypothesis(
                pose_of_base(
                    GaussianPose2(places[k].mean, places[k].covariance + room), self._mount
                ),
                float(scores[k]),
                weight,
            )
            for k, weight in zip(best, weights.tolist(), strict=True)
        )

    def _expected(self, poses: NDArray[np.float64]) -> NDArray[np.float32]:
        return self._networks.expected_ranges(poses.astype(np.float32))


def _best(
    poses: NDArray[np.float64], values: NDArray[np.float64], kept: int, count: int
) -> NDArray[np.intp]:
    """Return the indices of the first ``kept`` poses and the best others, no two of them alike."""
    order = np.argsort(-values[kept:], kind="stable") + kept
    order = np.concatenate([np.arange(kept), order])
    best: NDArray[np.intp] = order[apart(poses[order], _SAME_M, _SAME_RAD, count)]
    return best


def _why_not(hypotheses: tuple[Hypothesis, ...]) -> str:
    """Say why no place stands out; empty where one does."""
    if not hypotheses:
        return "nothing fits: the scan shows nothing within reach"
    best = hypotheses[0]
    if best.score < _LEAST_SCORE:
        return f"nothing fits: the best place has a quality of {best.score:.2f}"
    if best.weight < _LEAST_WEIGHT:
        alike = sum(one.weight > 0.1 * best.weight for one in hypotheses)
        return (
            f"ambiguous: {alike} places explain the scan about as well, the best with a weight of "
            f"{best.weight:.2f}"
        )
    return ""
