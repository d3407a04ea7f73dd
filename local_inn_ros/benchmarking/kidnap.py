# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a robot that was put down anywhere is found, and whether what was found is right."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from local_inn_ros.benchmarking.rates import share_interval
from local_inn_ros.benchmarking.simulated_drive import Drive
from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.protocols import CandidateSearch, FixProducer
from local_inn_ros.localization.search.hypotheses import SearchResult
from local_inn_ros.localization.search.place_search import PlaceSearch, PlaceSearchSettings
from local_inn_ros.recordings.trajectory import Trajectory
from local_inn_ros.sensing import Scan

# A place is right within this.
RIGHT_M, RIGHT_RAD = 0.5, math.radians(10.0)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of one search.

    Attributes:
        found: whether it said that the robot was found.
        right: whether the robot was where it said; False where it said nothing.
        listed: whether one of the hypotheses was right.
        reason: why it was not found; empty where it was.
        search_s: time for searching the map with the first scan.
        decided_s: from the first scan to the answer, in stamps.
    """

    found: bool
    right: bool
    listed: bool
    reason: str
    search_s: float
    decided_s: float


def is_right(pose: Pose2, truth: Pose2) -> bool:
    """Tell whether a pose counts as found."""
    difference = truth.between(pose)
    near = math.hypot(difference.x, difference.y) <= RIGHT_M
    return near and abs(difference.yaw) <= RIGHT_RAD


def attempt_standing(relocalizer: CandidateSearch[Scan], drive: Drive) -> Attempt:
    """Search with the first scan alone.

    Raises:
        SensorError: the scan cannot be used.
    """
    scan = drive.scans[0]
    result = relocalizer.search(scan)
    return _judged(result, drive, scan.stamp_s, result.seconds)


def attempt_moving(
    relocalizer: CandidateSearch[Scan],
    localizer: FixProducer[Scan],
    settings: PlaceSearchSettings,
    drive: Drive,
) -> Attempt:
    """Search while the robot drives; scans that come while one is worked on are left out.

    Args:
        relocalizer: searches the map.
        localizer: follows the places.
        settings: of the search.
        drive: the search gives up where it ends.

    Raises:
        SensorError: a scan cannot be used.
    """
    search = PlaceSearch(relocalizer, localizer, settings)
    odometry = Trajectory.from_unordered(
        [reading.stamp_s for reading in drive.odometry],
        np.array([reading.pose.to_array() for reading in drive.odometry]),
    )
    free_s, search_s, stamp_s = -math.inf, math.nan, drive.scans[0].stamp_s
    for scan, row in zip(
        drive.scans, odometry.at([scan.stamp_s for scan in drive.scans]), strict=True
    ):
        if scan.stamp_s < free_s or not np.isfinite(row).all():
            continue
        started = time.perf_counter()
        result = search.add(scan, Pose2.from_array(row))
        spent_s = time.perf_counter() - started
        search_s = spent_s if math.isnan(search_s) else search_s
        free_s, stamp_s = scan.stamp_s + spent_s, scan.stamp_s
        if result is not None:
            return _judged(result, drive, stamp_s, search_s)
    result = search.give_up("the drive was over before the place was known")
    return _judged(result, drive, stamp_s, search_s)


def _judged(result: SearchResult, drive: Drive, stamp_s: float, search_s: float) -> Attempt:
    truth = Pose2.from_array(drive.truth.at([stamp_s])[0])
    return Attempt(
        found=result.found,
        right=result.pose is not None and is_right(result.pose.mean, truth),
        listed=any(is_right(one.pose.mean, truth) for one in result.hypotheses),
        reason=result.reason,
        search_s=search_s,
        decided_s=stamp_s - drive.scans[0].stamp_s,
    )


@dataclass(frozen=True, slots=True)
class KidnapScore:
    """What all attempts on a map came to; shares of the attempts in [0, 1].

    Attributes:
        trials: how many there were.
        success: found, and right.
        success_interval: where that lies with 95 % confidence (Wilson).
        false_confirm: said found, and wrong.
        false_confirm_interval: where that lies with 95 % confidence (Wilson).
        ambiguous: not found because several places were as good.
        listed: the right place was one of the hypotheses.
        median_search_ms: median time for searching the map with one scan.
        p95_search_ms: 95 percent of the searches take no longer.
        median_decided_s: median time from the first scan to the answer, in stamps.
    """

    trials: int
    success: float
    success_interval: tuple[float, float]
    false_confirm: float
    false_confirm_interval: tuple[float, float]
    ambiguous: float
    listed: float
    median_search_ms: float
    p95_search_ms: float
    median_decided_s: float

    @staticmethod
    def of(attempts: Sequence[Attempt]) -> KidnapScore:
        """Count attempts, at least one."""
        trials = len(attempts)
        success = sum(one.found and one.right for one in attempts)
        wrong = sum(one.found and not one.right for one in attempts)
        search_ms = 1e3 * np.array([one.search_s for one in attempts])
        won, lost = share_interval(success, trials), share_interval(wrong, trials)
        return KidnapScore(
            trials=trials,
            success=success / trials,
            success_interval=(won.low, won.high),
            false_confirm=wrong / trials,
            false_confirm_interval=(lost.low, lost.high),
            ambiguous=sum(one.reason.startswith("ambiguous") for one in attempts) / trials,
            listed=sum(one.listed for one in attempts) / trials,
            median_search_ms=float(np.median(search_ms)),
            p95_search_ms=float(np.percentile(search_ms, 95)),
            median_decided_s=float(np.median([one.decided_s for one in attempts])),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the figures of a row, rounded."""
        return {
            name: [round(each, 4) for each in value]
            if isinstance(value, tuple)
            else round(value, 4)
            for name in self.__slots__
            for value in [getattr(self, name)]
        }
