# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Run a localizer over recorded readings and keep what it answered."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.errors import BagError, SensorError
from local_inn_ros.evaluation.nothing_answered import (
    NO_REFERENCE,
    NOT_FOUND,
    StampSpan,
    why_nothing,
)
from local_inn_ros.filtering.odometry_buffer import EXTRAPOLATION_S
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.pipeline import LocalizationPipeline, ScanResult
from local_inn_ros.recordings.trajectory import Trajectory
from local_inn_ros.sensing import Observation, Odometry, Scan

# How well a reference's first pose is known, as the localizer is told.
_START_DEVIATION_M = 0.1
_START_DEVIATION_RAD = math.radians(3.0)


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """What a localizer answered, one row for each scan it answered. Poses are of the base.

    Attributes:
        stamps_s: (n,) stamps of the scans.
        fused: (n, 3) poses of the filter after the scan.
        covariances: (n, 3, 3) of ``fused``.
        network: (n, 3) poses of the network alone, before refiner and filter.
        network_covariances: (n, 3, 3) of ``network``.
        measured: (n, 3) poses that were handed to the filter, refined where a refiner is in use.
        accepted: (n,) whether the filter's gate let the fix pass.
        quality: (n,) the localizer's own judgement of its fix.
        seconds: (n,) time spent on each scan in all.
        stages: time spent on each scan, by stage.
        unanswered: scans that got no answer, counted by the reason.
        odometry: readings of the odometry, counted by what the filter made of them.
    """

    stamps_s: NDArray[np.float64]
    fused: NDArray[np.float64]
    covariances: NDArray[np.float64]
    network: NDArray[np.float64]
    network_covariances: NDArray[np.float64]
    measured: NDArray[np.float64]
    accepted: NDArray[np.bool_]
    quality: NDArray[np.float64]
    seconds: NDArray[np.float64]
    stages: tuple[Mapping[str, float], ...]
    unanswered: Mapping[str, int]
    odometry: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class BaselineReplay:
    """What a baseline answered, one row for each scan that it answered.

    Attributes:
        stamps_s: (n,) stamps of the scans.
        poses: (n, 3) poses of the base.
        covariances: (n, 3, 3) of ``poses``.
        seconds: (n,) time spent on each scan.
        unanswered: how many scans got no answer.
    """

    stamps_s: NDArray[np.float64]
    poses: NDArray[np.float64]
    covariances: NDArray[np.float64]
    seconds: NDArray[np.float64]
    unanswered: int = 0


class BaselineLocalizer(Protocol):
    """A localizer that another one is set beside."""

    def reset(self, pose: GaussianPose2, stamp_s: float) -> None:
        """Begin from a pose of the base in the map frame."""
        ...

    def add_odometry(self, odometry: Odometry) -> None:
        """Take in a reading of the odometry."""
        ...

    def add_scan(self, scan: Scan) -> GaussianPose2 | None:
        """Return the base in the map frame at the scan's stamp, where that can be said."""
        ...


def replay(
    pipeline: LocalizationPipeline[Scan],
    readings: Iterable[Scan | Odometry],
    reference: Trajectory | None = None,
    on_scan: Callable[[], None] = lambda: None,
) -> Replay:
    """Feed readings to a localizer, in their order.

    Args:
        pipeline: the localizer, with a relocalizer where no reference is given.
        readings: odometry and scans; see ``Recording.readings``.
        reference: poses of the base in the map frame. The localizer starts from the one at the
            first scan that it covers, and sees no other. Without a reference the localizer looks
            for itself on the whole map, scan by scan until it finds itself.
        on_scan: called after each scan, to show progress.

    Raises:
        BagError: not one scan was answered; the message says why.
    """
    results: list[ScanResult] = []
    unanswered: Counter[str] = Counter()
    arrivals: Counter[str] = Counter()
    started, span, scans = False, StampSpan(), StampSpan()
    for reading in readings:
        if isinstance(reading, Odometry):
            arrivals[pipeline.add_odometry(reading).value] += 1
            span.reach(reading.stamp_s)
            continue
        on_scan()
        scans.reach(reading.stamp_s)
        try:
            started = started or _begin(pipeline, reading, reference)
            result = pipeline.add_scan(reading) if started else None
        except SensorError as error:
            unanswered[str(error)] += 1
            continue
        if result is not None:
            results.append(result)
        elif started:
            unanswered[_why_no_prior(span, reading)] += 1
        else:
            reason = NOT_FOUND if reference is None else NO_REFERENCE
            unanswered[reason] += 1
    if not results:
        why = why_nothing(unanswered, arrivals, scans, span, reference)
        raise BagError(f"not one scan could be answered: {why}")
    return _collected(results, unanswered, arrivals)


def replay_baseline(
    localizer: BaselineLocalizer,
    readings: Iterable[Scan | Odometry],
    reference: Trajectory,
    on_scan: Callable[[], None] = lambda: None,
) -> BaselineReplay:
    """Feed readings to a baseline, from the same start as the localizer that it is set beside.

    Raises:
        BagError: not one scan was answered.
    """
    stamps, estimates, seconds = [], [], []
    started, scans = False, 0
    for reading in readings:
        if isinstance(reading, Odometry):
            localizer.add_odometry(reading)
            continue
        on_scan()
        scans += 1
        if not started:
            pose = starting_pose(reading, reference)
            if pose is not None:
                localizer.reset(pose, reading.stamp_s)
                started = True
        begun = time.perf_counter()
        try:
            estimate = localizer.add_scan(reading)
        except SensorError:
            continue
        if estimate is not None:
            seconds.append(time.perf_counter() - begun)
            stamps.append(reading.stamp_s)
            estimates.append(estimate)
    if not estimates:
        raise BagError("the baseline could not answer one scan")
    return BaselineReplay(
        np.array(stamps),
        np.array([estimate.mean.to_array() for estimate in estimates]),
        np.array([estimate.covariance for estimate in estimates]),
        np.array(seconds),
        scans - len(stamps),
    )


def _why_no_prior(odometry: StampSpan, scan: Scan) -> str:
    """Say why a filter with a pose knows none at a scan, by the odometry so far."""
    if scan.stamp_s < odometry.first_s:
        return "taken before the first odometry"
    if scan.end_s > odometry.last_s + EXTRAPOLATION_S:
        return "the odometry never reached its stamp"
    return "the odometry is not known from the pose before to its stamp"


def _begin(pipeline: LocalizationPipeline[Scan], scan: Scan, reference: Trajectory | None) -> bool:
    if reference is None:
        return pipeline.relocalize(scan).found
    pose = starting_pose(scan, reference)
    if pose is None:
        return False
    pipeline.set_initial_pose(pose, scan.stamp_s)
    return True


def starting_pose(scan: Observation, reference: Trajectory) -> GaussianPose2 | None:
    """Return where a run begins that begins with a reading; None where the reference lacks it."""
    pose = reference.at([scan.stamp_s])[0]
    if not np.isfinite(pose).all():
        return None
    return GaussianPose2.from_deviations(
        Pose2.from_array(pose), _START_DEVIATION_M, _START_DEVIATION_M, _START_DEVIATION_RAD
    )


def _collected(
    results: list[ScanResult], unanswered: Mapping[str, int], arrivals: Mapping[str, int]
) -> Replay:
    return Replay(
        stamps_s=np.array([r.stamp_s for r in results]),
        fused=np.array([r.fused.mean.to_array() for r in results]),
        covariances=np.array([r.fused.covariance for r in results]),
        network=np.array([r.fix.network.mean.to_array() for r in results]),
        network_covariances=np.array([r.fix.network.covariance for r in results]),
        measured=np.array([r.fix.measurement.mean.to_array() for r in results]),
        accepted=np.array([r.fusion.accepted for r in results]),
        quality=np.array([r.fix.quality for r in results]),
        seconds=np.array([r.seconds for r in results]),
        stages=tuple(r.fix.stage_s for r in results),
        unanswered=dict(unanswered),
        odometry=dict(arrivals),
    )
