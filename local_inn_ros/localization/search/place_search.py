# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One search from the first scan to an answer: a few places, followed until one of them wins.

A small set of hypotheses is what multi-hypothesis tracking keeps of a multi-modal belief (Thrun,
Burgard and Fox, Probabilistic Robotics, section 7.8).
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.protocols import CandidateSearch, FixProducer
from local_inn_ros.localization.quality.scan_likelihood import weights_of
from local_inn_ros.localization.search.hypotheses import Hypothesis, SearchResult
from local_inn_ros.localization.search.search_track import SearchTrack
from local_inn_ros.sensing.observation import Observation

ObservationT = TypeVar("ObservationT", bound=Observation)

# One place wins where it is at least this probable, and its pose is of at least this quality.
_WINNING_WEIGHT = 0.99
_LEAST_SCORE = 0.9
# After so many readings that no place explains, the whole map is searched anew.
_BAD_READINGS = 3
# Scans taken this far apart, or turned by this much, count as independent of each other: standing,
# a robot sees the same again and again and is no wiser for it.
_INDEPENDENT_M, _INDEPENDENT_RAD = 0.5, 0.5
# By so much a logarithm of its weight behind the best, a place is given up.
_GIVEN_UP = 12.0
# What a fix far from where odometry leads costs at most (chi-square, 3 degrees of freedom, 0.999).
_FARTHEST = 16.27
_LEAST_WEIGHT = 1e-9
# Scans that come sooner than this after the last one used are left out.
_INTERVAL_S = 0.1
# A pose that was offered is so much likelier beforehand than another place: it wins a tie.
_OFFERED_LEAD = 6.0


@dataclass(frozen=True, slots=True)
class PlaceSearchSettings:
    """When a search is over.

    Attributes:
        timeout_s: the answer comes this long after the first scan at the latest, in stamps.
        confirm_readings: a place has to go on explaining so many readings after the first, with
            odometry between them, before it is believed.
    """

    timeout_s: float = 3.0
    confirm_readings: int = 3

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            ValueError: one is negative or not finite.
        """
        for name in self.__slots__:
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{name} must be finite and not negative, got {value}")


@dataclass(frozen=True, slots=True, eq=False)
class _View(Generic[ObservationT]):
    """A scan that was looked at, and the base in the odometry frame at its stamp."""

    scan: ObservationT
    odometry: Pose2


class PlaceSearch(Generic[ObservationT]):
    """Follows the places that a search of the whole map gives until motion settles which is right.

    A place is believed once it is far more probable than all others, has gone on explaining the
    scans with the odometry between them, and another search of the whole map, from where the robot
    then stands, finds none better.
    """

    def __init__(
        self,
        candidates: CandidateSearch[ObservationT],
        localizer: FixProducer[ObservationT],
        settings: PlaceSearchSettings,
        offered: tuple[GaussianPose2, ...] = (),
    ) -> None:
        """Begin a search.

        Args:
            candidates: searches the whole map.
            localizer: locates following scans at each place.
            settings: when the search is over.
            offered: poses of the base at the first scan that are looked at beside what the whole
                map gives. One that explains the scans wins where no other place does so better.
        """
        self._candidates = candidates
        self._localizer = localizer
        self._settings = settings
        self._offered = offered
        self._tracks: list[SearchTrack] = []
        self._numbers = 0
        self._first_s = self._used_s = math.nan
        self._used = self._newest = Pose2.identity()
        self._views: list[_View[ObservationT]] = []
        self._leader: int | None = None
        self._confirmed = self._bad = 0
        self._seconds = 0.0

    def add(self, scan: ObservationT, odometry: Pose2) -> SearchResult | None:
        """Take in a scan.

        Args:
            scan: later than the ones before.
            odometry: the base in the odometry frame at the scan's stamp.

        Returns:
            The answer, its poses at the scan's stamp; None while undecided.

        Raises:
            SensorError: the scan cannot be used.
        """
        self._newest = odometry
        # Stamps jitter: half a hair early is not early.
        if scan.stamp_s < self._used_s + 0.99 * _INTERVAL_S:
            return None
        started = time.perf_counter()
        if math.isnan(self._first_s):
            self._begin(scan)
            self._first_s = scan.stamp_s
        else:
            self._follow(scan, self._used.between(odometry))
        self._used, self._used_s = odometry, scan.stamp_s
        if not self._views or _independence(self._views[-1].odometry.between(odometry)) >= 1.0:
            self._views.append(_View(scan, odometry))
        believed = self._believed(scan)
        self._seconds += time.perf_counter() - started
        if believed:
            return self._result("")
        if scan.stamp_s - self._first_s >= self._settings.timeout_s:
            return self._result(self._why_not() or "ambiguous: no place was confirmed in time")
        return None

    def give_up(self, reason: str) -> SearchResult:
        """Return what is known so far, not found for a reason of the caller's."""
        return self._result(reason)

    def _begin(self, scan: ObservationT) -> None:
        self._tracks, self._views = [], []
        for one in self._candidates.search(scan, self._offered).hypotheses:
            offered = any(each.squared_distance_to(one.pose) < _FARTHEST for each in self._offered)
            self._start(one, _log(one.weight) + (_OFFERED_LEAD if offered else 0.0))
        self._prune()

    def _start(self, hypothesis: Hypothesis, log_weight: float) -> None:
        track = SearchTrack(self._numbers, hypothesis.pose, hypothesis.score, log_weight)
        self._tracks.append(track)
        self._numbers += 1

    def _follow(self, scan: ObservationT, increment: Pose2) -> None:
        share = min(1.0, _independence(increment))
        duration_s = scan.stamp_s - self._used_s
        self._tracks = [
            self._located(scan, track.moved(increment, duration_s), share) for track in self._tracks
        ]
        self._prune()
        explained = any(track.score >= _LEAST_SCORE for track in self._tracks)
        self._bad = 0 if explained else self._bad + 1
        if self._bad >= _BAD_READINGS or not self._tracks:
            self._offered = ()
            self._begin(scan)
            self._bad = 0

    def _located(self, scan: ObservationT, track: SearchTrack, share: float) -> SearchTrack:
        fix = self._localizer.locate(scan, track.pose)
        likelihood = self._candidates.log_likelihood(scan, fix.measurement.mean)
        likelihood -= 0.5 * min(track.pose.squared_distance_to(fix.measurement), _FARTHEST)
        return track.with_fix(fix.measurement, fix.quality, share * likelihood)

    def _hindsight(self, pose: GaussianPose2) -> float:
        """Return what the scans before say of a place that the robot may stand at now."""
        track = SearchTrack(-1, pose, 0.0, 0.0)
        return sum(
            self._located(
                view.scan, track.moved(self._used.between(view.odometry), 0.0), 1.0
            ).log_weight
            for view in self._views
            if _independence(view.odometry.between(self._used)) >= 1.0
        )

    def _prune(self) -> None:
        """Put the most probable first; drop repeats of better ones, and what is far behind."""
        kept: list[SearchTrack] = []
        for track in sorted(self._tracks, key=lambda one: -one.log_weight):
            behind = bool(kept) and track.log_weight < kept[0].log_weight - _GIVEN_UP
            if not behind and not any(one.is_at(track.pose.mean) for one in kept):
                kept.append(track)
        self._tracks = kept

    def _believed(self, scan: ObservationT) -> bool:
        """Count the readings that the leader explains, and at last look for a better place."""
        leader = self._tracks[0] if self._tracks else None
        if leader is None or leader.score < _LEAST_SCORE:
            self._leader, self._confirmed = None, 0
            return False
        if leader.number != self._leader:
            self._leader, self._confirmed = leader.number, 0
        else:
            self._confirmed += 1
        if self._confirmed < self._settings.confirm_readings or self._why_not():
            return False
        return self._confirmed == 0 or self._is_unrivalled(scan, leader)

    def _is_unrivalled(self, scan: ObservationT, leader: SearchTrack) -> bool:
        """Search the whole map again: what explains the scans as well as the leader is followed."""
        hypotheses = self._candidates.search(scan, (leader.pose,)).hypotheses
        own = max((one.weight for one in hypotheses if leader.is_at(one.pose.mean)), default=0.0)
        rivals = [
            one
            for one in hypotheses
            if not any(track.is_at(one.pose.mean) for track in self._tracks)
            and _log(one.weight) > _log(own) - _GIVEN_UP
        ]
        past = self._hindsight(leader.pose) if rivals else 0.0
        for one in rivals:
            lead = _log(one.weight) - _log(own) + self._hindsight(one.pose) - past
            self._start(one, leader.log_weight + lead)
        self._prune()
        return not self._why_not() and self._tracks[0].number == leader.number

    def _why_not(self) -> str:
        """Say why no place wins; empty where one does."""
        if not self._tracks:
            return "nothing fits: the scan shows nothing within reach"
        best = max(track.score for track in self._tracks)
        if best < _LEAST_SCORE:
            return f"nothing fits: the best place has a quality of {best:.2f}"
        weight, leader = float(self._weights()[0]), self._tracks[0]
        if weight < _WINNING_WEIGHT:
            return (
                f"ambiguous: {len(self._tracks)} places explain the scans about as well, the best "
                f"with a weight of {weight:.2f}"
            )
        if leader.score < _LEAST_SCORE:
            return (
                f"ambiguous: the most probable place has a quality of {leader.score:.2f}, "
                f"another of {best:.2f}"
            )
        return ""

    def _weights(self) -> NDArray[np.float64]:
        return weights_of(np.array([track.log_weight for track in self._tracks]))

    def _result(self, reason: str) -> SearchResult:
        # Scans that were left out count for where the robot is.
        increment = self._used.between(self._newest)
        tracks = [track.moved(increment, 0.0) for track in self._tracks]
        hypotheses = tuple(
            Hypothesis(track.pose, track.score, weight)
            for track, weight in zip(tracks, self._weights().tolist(), strict=True)
        )
        pose = None if reason else hypotheses[0].pose
        return SearchResult(not reason, pose, hypotheses, reason, self._seconds)


def _independence(increment: Pose2) -> float:
    """Return 1 and more for motions that show something new, less for those that hardly do."""
    moved_m = math.hypot(increment.x, increment.y)
    return moved_m / _INDEPENDENT_M + abs(increment.yaw) / _INDEPENDENT_RAD


def _log(weight: float) -> float:
    return math.log(max(weight, _LEAST_WEIGHT))
