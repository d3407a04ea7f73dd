# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One search from the first scan to an answer: a few places, tracked until one of them wins."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.localizer import Localizer
from local_inn_ros.localization.motion_model import MotionNoise, in_map_axes, motion_jacobian
from local_inn_ros.localization.relocalizer import Hypothesis, Relocalizer, SearchResult
from local_inn_ros.localization.scan_likelihood import weights_of
from local_inn_ros.sensing import Scan


@dataclass(frozen=True, slots=True)
class PlaceSearchSettings:
    """When a search is over.

    Attributes:
        timeout_s: the answer comes this long after the first scan at the latest, in stamps.
        confirm_readings: a place has to go on explaining so many readings after the first, with
            odometry between them, before it is believed.
        interval_s: scans that come sooner than this after the last one used are left out.
        win_weight: a place wins where it is at least this probable.
        least_score: a place that explains less of the scan than this is not believed.
    """

    timeout_s: float = 3.0
    confirm_readings: int = 3
    interval_s: float = 0.1
    win_weight: float = 0.99
    least_score: float = 0.5


# Scans taken this far apart, or turned by this much, count as independent of each other.
_INDEPENDENT_M = 0.5
_INDEPENDENT_RAD = 0.5
# Less probable than this by so many natural logarithms, a place is given up.
_GIVEN_UP = 12.0
# A fix farther than this from where odometry leads (chi-square, 3 degrees of freedom) is a jump,
# and costs no more than this.
_FARTHEST = 16.27


@dataclass(slots=True)
class _Track:
    """A hypothesis on its way."""

    pose: GaussianPose2
    score: float
    log_weight: float


class PlaceSearch:
    """Tracks the places that a whole-map search offers until motion settles which is right."""

    def __init__(
        self,
        relocalizer: Relocalizer,
        localizer: Localizer,
        settings: PlaceSearchSettings,
        offered: tuple[GaussianPose2, ...] = (),
    ) -> None:
        """Begin a search.

        Args:
            relocalizer: searches the whole map.
            localizer: locates following scans at each place.
            settings: when the search is over.
            offered: poses of the base that are looked at beside what the whole map gives.
        """
        self._relocalizer = relocalizer
        self._localizer = localizer
        self._settings = settings
        self._offered = offered
        self._noise = MotionNoise()
        self._tracks: list[_Track] = []
        self._odometry: Pose2 | None = None
        self._first_s = self._last_s = -math.inf
        self._confirmed = 0
        self._seconds = 0.0

    def add(self, scan: Scan, odometry: Pose2) -> SearchResult | None:
        """Take in a scan.

        Args:
            scan: later than the ones before.
            odometry: the base in the odometry frame at the scan's stamp.

        Returns:
            The answer, its poses at the scan's stamp; None while undecided.

        Raises:
            SensorError: the scan cannot be used.
        """
        started = time.perf_counter()
        if self._odometry is not None and scan.stamp_s < self._last_s + self._settings.interval_s:
            return None
        if self._odometry is None:
            self._first_s = scan.stamp_s
            self._begin(scan)
        else:
            self._follow(scan, self._odometry.between(odometry))
            self._confirmed = self._confirmed + 1 if not self._why_not() else 0
        self._odometry, self._last_s = odometry, scan.stamp_s
        self._seconds += time.perf_counter() - started
        reason = self._why_not()
        if not reason and self._confirmed >= self._settings.confirm_readings:
            return self._result("")
        if scan.stamp_s - self._first_s >= self._settings.timeout_s:
            return self._result(reason or "ambiguous: time ran out before the place was confirmed")
        return None

    def give_up(self, reason: str) -> SearchResult:
        """Return what is known so far, not found for a reason of the caller's."""
        return self._result(reason)

    def _begin(self, scan: Scan) -> None:
        for offered in self._offered:
            self._tracks.append(self._located(scan, _Track(offered, 0.0, 0.0), 1.0))
        for place in self._relocalizer.search(scan).hypotheses:
            self._tracks.append(self._located(scan, _Track(place.pose, 0.0, 0.0), 1.0))
        self._prune()

    def _follow(self, scan: Scan, increment: Pose2) -> None:
        moved_m = math.hypot(increment.x, increment.y)
        share = min(1.0, moved_m / _INDEPENDENT_M + abs(increment.yaw) / _INDEPENDENT_RAD)
        spread = self._noise.body_covariance(increment, scan.stamp_s - self._last_s)
        tracks = []
        for track in self._tracks:
            jacobian = motion_jacobian(track.pose.mean, increment)
            covariance = jacobian @ track.pose.covariance @ jacobian.T
            covariance += in_map_axes(spread, track.pose.mean.yaw + 0.5 * increment.yaw)
            prior = GaussianPose2(track.pose.mean @ increment, covariance)
            tracks.append(self._located(scan, _Track(prior, 0.0, track.log_weight), share))
        self._tracks = tracks
        self._prune()

    def _located(self, scan: Scan, track: _Track, share: float) -> _Track:
        """Return a track with a scan fused; the scan's likelihood counts by a share."""
        fix = self._localizer.locate(scan, track.pose)
        prior, word = track.pose, fix.measurement
        offset, spread = prior.offset_of(word.mean), prior.covariance + word.covariance
        gain = np.linalg.solve(spread, prior.covariance).T
        distance = float(offset @ np.linalg.solve(spread, offset))
        covariance = (np.eye(3) - gain) @ prior.covariance
        pose = GaussianPose2(
            Pose2.from_array(prior.mean.to_array() + gain @ offset),
            0.5 * (covariance + covariance.T),
        )
        likelihood = self._relocalizer.log_likelihood(scan, fix.expected_ranges_m)
        likelihood -= 0.5 * min(distance, _FARTHEST)
        return _Track(pose, fix.quality, track.log_weight + share * likelihood)

    def _prune(self) -> None:
        self._tracks.sort(key=lambda one: -one.log_weight)
        kept: list[_Track] = []
        for track in self._tracks:
            near = any(_same_place(track.pose.mean, other.pose.mean) for other in kept)
            if not near and track.log_weight >= self._tracks[0].log_weight - _GIVEN_UP:
                kept.append(track)
        self._tracks = kept

    def _why_not(self) -> str:
        if not self._tracks:
            return "nothing fits: the scan shows nothing within reach"
        weights = weights_of(np.array([track.log_weight for track in self._tracks]))
        score = max(track.score for track in self._tracks)
        if score < self._settings.least_score:
            return f"nothing fits: the best place explains {score:.0%} of the scan"
        if weights[0] < self._settings.win_weight:
            return f"ambiguous: {len(weights)} places, the best with a weight of {weights[0]:.2f}"
        return ""

    def _result(self, reason: str) -> SearchResult:
        weights = weights_of(np.array([track.log_weight for track in self._tracks]))
        hypotheses = tuple(
            Hypothesis(track.pose, track.score, weight)
            for track, weight in zip(self._tracks, weights.tolist(), strict=True)
        )
        return SearchResult(
            not reason,
            None if reason else hypotheses[0].pose,
            hypotheses,
            reason,
            self._seconds,
        )


def _same_place(one: Pose2, other: Pose2) -> bool:
    difference = one.between(other)
    return math.hypot(difference.x, difference.y) < 0.3 and abs(difference.yaw) < 0.2
