# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The global search: where on the whole map a robot may be."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.engines import Engine
from local_inn_ros.engines.bundle import Bundle
from local_inn_ros.geometry import GaussianPose2, Pose2, wrap_angle
from local_inn_ros.localization.evidence import covariance_of
from local_inn_ros.localization.latent_draws import latent_draws
from local_inn_ros.localization.mount import pose_of_base
from local_inn_ros.localization.network_pass import NetworkPass
from local_inn_ros.localization.quality import scan_qualities
from local_inn_ros.localization.scan_likelihood import log_likelihoods, weights_of
from local_inn_ros.localization.scan_refiner import ScanRefiner
from local_inn_ros.sensing import BeamPicker, BeamReading, Scan
from local_inn_ros.world import FreeSpace

# Neighbours on the lattice of priors lie this many deviations of a prior apart.
_LATTICE_DEVIATIONS = 3.0
# How many places go into the second pass.
_FINALISTS = 64
# Places nearer to each other than this are the same place.
_DISTINCT_M = 1.0
_DISTINCT_RAD = math.radians(30.0)
_MOST_HYPOTHESES = 8
# A scan of which less is explained was taken somewhere that the map does not show.
_LEAST_SCORE = 0.5
# One place stands out where it explains this much more of the scan than any other, and more so
# where it leaves much unexplained itself.
_LEAST_LEAD = 0.04
_LEAST_LEAD_OF_UNEXPLAINED = 0.15
# Room for a filter that starts from a place found: what one scan decided may be a little off.
_START_DEVIATION_M = 0.05
_START_DEVIATION_RAD = math.radians(1.0)
_SAMPLE_COUNT = 20
_LATENT_SEED = 20


@dataclass(frozen=True, slots=True, eq=False)
class Hypothesis:
    """A place where the robot may be.

    Attributes:
        pose: the base in the map frame.
        score: how well it explains the scan, in [0, 1].
        weight: its probability, had the robot to be at one of the hypotheses; they sum to 1.
    """

    pose: GaussianPose2
    score: float
    weight: float


@dataclass(frozen=True, slots=True, eq=False)
class SearchResult:
    """The answer of a search.

    Attributes:
        found: whether one place stands out.
        pose: the base in the map frame where it was found; None where it was not.
        hypotheses: distinct places that explain the scan best, best first.
        reason: why it was not found; empty where it was.
        seconds: time spent.
    """

    found: bool
    pose: GaussianPose2 | None
    hypotheses: tuple[Hypothesis, ...]
    reason: str
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    """A pose of the sensor in the map frame with its score."""

    pose: GaussianPose2
    score: float

    def is_distinct_from(self, other: _Candidate) -> bool:
        here, there = self.pose.mean, other.pose.mean
        turned = abs(wrap_angle(here.yaw - there.yaw))
        return here.distance_to(there) > _DISTINCT_M or turned > _DISTINCT_RAD


class Relocalizer:
    """Searches the whole free space of a bundle's map.

    The inverse pass is run from a lattice of priors that leaves no place out; the forward pass
    tells which of its answers explain the scan, and those are run through once more.
    """

    def __init__(
        self, bundle: Bundle, engine: Engine, mount: Pose2, refiner: ScanRefiner | None = None
    ) -> None:
        """Lay out the lattice of places to look at.

        Args:
            bundle: the trained model, with its map.
            engine: runs the bundle's networks.
            mount: pose of the sensor in the base frame.
            refiner: aligns what was found, where one is in use.

        Raises:
            MapError: the map has no free cell.
        """
        description = bundle.description
        sensor = description.sensor
        self._engine = engine
        self._mount = mount
        self._refiner = refiner
        self._prior_spec = description.prior
        self._picker = BeamPicker(sensor.network_angles_rad(), sensor.range_max_m)
        self._range_max_m = sensor.range_max_m
        self._forward_deviation_m = math.hypot(
            description.calibration.forward_deviation_m, sensor.noise_std_m
        )
        self._grid = bundle.grid
        steps = np.array(description.prior.deviation) * description.prior.widest_spread
        self._steps = _LATTICE_DEVIATIONS * np.minimum(steps, [np.inf, np.inf, np.pi / 4])
        self._lattice = FreeSpace(bundle.grid).grid_poses(
            float(min(self._steps[:2])), math.ceil(2.0 * math.pi / self._steps[2])
        )
        self._no_latent = np.zeros((1, description.latent_size), dtype=np.float32)
        self._latents = latent_draws(
            _SAMPLE_COUNT, description.latent_size, np.random.default_rng(_LATENT_SEED)
        )

    def search(self, scan: Scan) -> SearchResult:
        """Look everywhere for the place that one scan was taken at.

        Raises:
            SensorError: the scan cannot be used.
            BundleError: the network answers with something that is not a number.
        """
        started = time.perf_counter()
        reading = self._picker.pick(scan)
        hypotheses: tuple[Hypothesis, ...] = ()
        if reading.returned().any():
            finalists = self._finalists(reading)
            hypotheses = self._ranked(reading, self._candidates(scan, reading, finalists))
        reason = _why_not(hypotheses)
        return SearchResult(
            found=not reason,
            pose=None if reason else hypotheses[0].pose,
            hypotheses=hypotheses,
            reason=reason,
            seconds=time.perf_counter() - started,
        )

    def _finalists(self, reading: BeamReading) -> NDArray[np.float64]:
        """Return sensor poses (k, 3) that go into the second pass."""
        network = NetworkPass(self._engine, reading)
        spread = self._prior_spec.widest_spread
        poses = network.sample(self._lattice, spread, self._no_latent)[:, 0]
        # Priors far from the truth are led astray, often off the map.
        poses = poses[self._grid.contains(poses[:, :2])]
        poses = _without_repeats(poses, 0.5 * self._steps)
        best = np.argsort(-self._qualities(reading, poses), kind="stable")[:_FINALISTS]
        return poses[best]

    def _candidates(
        self, scan: Scan, reading: BeamReading, finalists: NDArray[np.float64]
    ) -> list[_Candidate]:
        """Run the second pass, align where there is a refiner, and score."""
        if len(finalists) == 0:
            return []
        spread = self._prior_spec.fine_spread
        samples = NetworkPass(self._engine, reading).sample(finalists, spread, self._latents)
        poses = [GaussianPose2.from_samples(drawn) for drawn in samples]
        agreement = np.ones(len(poses))
        if self._refiner is not None:
            starts = np.array([pose.mean.to_array() for pose in poses])
            refinements = self._refiner.refine_all(scan, reading, starts)
            poses = [
                GaussianPose2(found.pose, covariance_of(found.information)) for found in refinements
            ]
            agreement = np.array([found.inlier_share for found in refinements])
        means = np.array([pose.mean.to_array() for pose in poses])
        scores = np.sqrt(self._qualities(reading, means) * agreement)
        return [_Candidate(pose, score) for pose, score in zip(poses, scores.tolist(), strict=True)]

    def _ranked(self, reading: BeamReading, candidates: list[_Candidate]) -> tuple[Hypothesis, ...]:
        """Return the best of each place, best first, with room for a filter to correct it."""
        places: list[_Candidate] = []
        for candidate in sorted(candidates, key=lambda one: -one.score):
            if all(candidate.is_distinct_from(place) for place in places):
                places.append(candidate)
            if len(places) == _MOST_HYPOTHESES:
                break
        if not places:
            return ()
        room = np.diag(np.square([_START_DEVIATION_M, _START_DEVIATION_M, _START_DEVIATION_RAD]))
        means = np.array([place.pose.mean.to_array() for place in places], dtype=np.float32)
        weights = weights_of(
            log_likelihoods(
                self._engine.expected_ranges(means),
                reading,
                self._forward_deviation_m,
                self._range_max_m,
            )
        )
        return tuple(
            Hypothesis(
                pose_of_base(
                    GaussianPose2(place.pose.mean, place.pose.covariance + room), self._mount
                ),
                place.score,
                weight,
            )
            for place, weight in zip(places, weights.tolist(), strict=True)
        )

    def log_likelihood(self, scan: Scan, expected_m: NDArray[np.floating]) -> float:
        """Return how likely a scan is where the forward pass expects ranges (n,).

        Raises:
            SensorError: the scan cannot be used.
        """
        return float(
            log_likelihoods(
                np.asarray(expected_m)[None],
                self._picker.pick(scan),
                self._forward_deviation_m,
                self._range_max_m,
            )[0]
        )

    def _qualities(self, reading: BeamReading, poses: NDArray[np.float64]) -> NDArray[np.float64]:
        if len(poses) == 0:
            return np.zeros(0)
        expected = self._engine.expected_ranges(poses.astype(np.float32))
        return scan_qualities(expected, reading, self._forward_deviation_m, self._range_max_m)


def _without_repeats(poses: NDArray[np.float64], steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return poses (k, 3) of which no two lie in the same cell of the given size (3,)."""
    cells = np.floor(poses / steps).astype(np.int64)
    _, first = np.unique(cells, axis=0, return_index=True)
    return poses[np.sort(first)]


def _why_not(hypotheses: tuple[Hypothesis, ...]) -> str:
    """Say why no place stands out; empty where one does."""
    if not hypotheses:
        return "nothing fits: the scan shows nothing within reach"
    best = hypotheses[0].score
    if best < _LEAST_SCORE:
        return f"nothing fits: the best place explains {best:.0%} of the scan"
    least_lead = _LEAST_LEAD + _LEAST_LEAD_OF_UNEXPLAINED * (1.0 - best)
    if len(hypotheses) > 1 and best - hypotheses[1].score < least_lead:
        return (
            f"ambiguous: two places explain the scan about as well ({best:.0%} and "
            f"{hypotheses[1].score:.0%})"
        )
    return ""
