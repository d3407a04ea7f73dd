# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One robot, from raw readings to a fused pose, without ROS."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from local_inn_ros.filtering.measurement import Measurement
from local_inn_ros.filtering.odometry_buffer import Arrival
from local_inn_ros.filtering.pose_filter import Fusion, PoseFilter, StampedPose
from local_inn_ros.filtering.steadying import steadied
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.fix import Fix
from local_inn_ros.localization.protocols import (
    CandidateSearch,
    FixProducer,
    LearnsWhileRunning,
)
from local_inn_ros.localization.search.hypotheses import SearchResult
from local_inn_ros.sensing import Odometry, Scan
from local_inn_ros.sensing.observation import Observation

ObservationT = TypeVar("ObservationT", bound=Observation)


@dataclass(frozen=True, slots=True, eq=False)
class ScanResult:
    """What became of one scan. All poses are of the base, in the map frame.

    Attributes:
        stamp_s: stamp of the scan.
        fix: what the localizer answered.
        fusion: what the filter did with it.
        fused: the filter's pose at the scan's stamp, after fusion.
        prior: the filter's pose at the scan's stamp, before.
        seconds: time spent in all.
    """

    stamp_s: float
    fix: Fix
    fusion: Fusion
    fused: GaussianPose2
    prior: GaussianPose2
    seconds: float


class LocalizationPipeline(Generic[ObservationT]):
    """Filter, localizer and global search of one robot, wired together.

    The nodes wire the same parts over topics; this is for whoever has the readings at hand.
    """

    def __init__(
        self,
        localizer: FixProducer[ObservationT],
        pose_filter: PoseFilter,
        relocalizer: CandidateSearch[ObservationT] | None = None,
        mount: Pose2 | Callable[[Scan], Pose2] | None = None,
    ) -> None:
        """Wire the parts.

        Args:
            localizer: makes the fixes.
            pose_filter: fuses them.
            relocalizer: without one ``relocalize`` cannot be called.
            mount: pose of the sensor in the base frame, or what gives it for each scan; without
                one the beams of a scan must be of one instant.
        """
        self._mount = mount
        self._localizer = localizer
        self._filter = pose_filter
        self._relocalizer = relocalizer

    @property
    def pose_filter(self) -> PoseFilter:
        """The filter, for what it tells of itself."""
        return self._filter

    def set_initial_pose(self, pose: GaussianPose2, stamp_s: float) -> None:
        """Begin again from a pose of the base in the map frame."""
        self._filter.reset(pose, stamp_s)

    def add_odometry(self, odometry: Odometry) -> Arrival:
        """Take in one odometry reading and say what became of it."""
        return self._filter.predict(odometry)

    def add_scan(self, scan: ObservationT) -> ScanResult | None:
        """Locate one scan and fuse the fix.

        Returns:
            What became of it; None where there is no initial pose yet, or the odometry does not
            span the scan.

        Raises:
            SensorError: the scan cannot be used.
        """
        started = time.perf_counter()
        steady = self._steadied(scan)
        if steady is None:
            return None
        scan = steady
        prior = self._filter.estimate_at(scan.stamp_s)
        if prior is None:
            return None
        fix = self._localizer.locate(scan, prior)
        fusion = self._filter.fuse(
            Measurement(fix.measurement, scan.stamp_s, scan.sensor, fix.supported)
        )
        if isinstance(self._localizer, LearnsWhileRunning):
            odometry = self._filter.odometry.pose_at(scan.stamp_s)
            self._localizer.learn(scan, fix, prior, odometry)
        fused = self._filter.estimate_at(scan.stamp_s)
        seconds = time.perf_counter() - started
        return ScanResult(
            scan.stamp_s, fix, fusion, prior if fused is None else fused, prior, seconds
        )

    def relocalize(self, scan: ObservationT) -> SearchResult:
        """Search the whole map for the robot; begin again from there where it is found.

        Raises:
            RuntimeError: the pipeline was made without a relocalizer.
            SensorError: the scan cannot be used.
        """
        if self._relocalizer is None:
            raise RuntimeError("this pipeline was made without a relocalizer")
        scan = self._steadied(scan) or scan
        result = self._relocalizer.search(scan)
        if result.found and result.pose is not None:
            self._filter.reset(result.pose, scan.stamp_s)
        return result

    def _steadied(self, scan: ObservationT) -> ObservationT | None:
        """Return an observation as of one instant; None where the odometry does not span it."""
        if not isinstance(scan, Scan) or scan.sweep_s == 0.0:
            return scan
        if self._mount is None:
            raise ValueError("scans that take time need the mount of their sensor")
        mount = self._mount if isinstance(self._mount, Pose2) else self._mount(scan)
        scales = self._filter.motion_scales()
        steady = steadied(scan, self._filter.odometry, mount, scales)
        return cast("ObservationT | None", steady)

    def estimate(self) -> StampedPose:
        """Return the pose at the newest instant known.

        Raises:
            RuntimeError: there is no initial pose yet.
        """
        return self._filter.estimate()
