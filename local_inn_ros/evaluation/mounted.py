# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A recording whose scans come from several mounts: each scan to what was built for its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.fix import Fix
from local_inn_ros.localization.protocols import (
    CandidateSearch,
    FixProducer,
    LearnsWhileRunning,
    PendingFix,
)
from local_inn_ros.localization.search.hypotheses import SearchResult
from local_inn_ros.localization.self_calibration.learned import Learned
from local_inn_ros.localization.self_calibration.producer import SelfCalibratingProducer
from local_inn_ros.recordings.bag_reader import Recording
from local_inn_ros.sensing import Scan
from local_inn_ros.sensing.mount import Mount
from local_inn_ros.systems.protocol import (
    Model,
    RunSettings,
    candidate_search_of,
    fix_producer_of,
)

_Built = TypeVar("_Built")


class _ByMount(Generic[_Built]):
    """Builds what works at a mount when the first scan from there comes."""

    def __init__(self, build: Callable[[Pose2], _Built], mount_of: Callable[[Scan], Pose2]) -> None:
        self._build = build
        self._mount_of = mount_of
        self.built: dict[str, _Built] = {}

    def of(self, scan: Scan) -> _Built:
        if scan.sensor not in self.built:
            self.built[scan.sensor] = self._build(self._mount_of(scan))
        return self.built[scan.sensor]


def producers_of(model: Model, recording: Recording, told: RunSettings) -> MountedProducers:
    """Return what makes fixes of a recording's scans."""
    return MountedProducers(
        lambda mount: fix_producer_of(model, Mount.level(mount), told), recording.mount_of
    )


def searches_of(model: Model, recording: Recording, told: RunSettings) -> MountedSearches:
    """Return what searches the map for a recording's scans."""
    return MountedSearches(
        lambda mount: candidate_search_of(model, Mount.level(mount), told), recording.mount_of
    )


class MountedProducers:
    """Makes fixes of scans from any mount of a recording."""

    def __init__(
        self, build: Callable[[Pose2], FixProducer[Scan]], mount_of: Callable[[Scan], Pose2]
    ) -> None:
        """Build nothing yet.

        Args:
            build: makes a producer for the pose of a laser in the base frame.
            mount_of: gives that of a scan's laser.
        """
        self._producers = _ByMount(build, mount_of)

    def measure(self, observation: Scan, prior: GaussianPose2) -> PendingFix:
        """Find what one scan says of the pose.

        Raises:
            SensorError: the scan cannot be used.
        """
        return self._producers.of(observation).measure(observation, prior)

    def locate(self, observation: Scan, prior: GaussianPose2) -> Fix:
        """Locate one scan.

        Raises:
            SensorError: the scan cannot be used.
        """
        return self._producers.of(observation).locate(observation, prior)

    def learn(
        self, observation: Scan, fix: Fix, prior: GaussianPose2, odometry: Pose2 | None
    ) -> None:
        """Let what located a scan learn from it, where that does (``LearnsWhileRunning``)."""
        producer = self._producers.of(observation)
        if isinstance(producer, LearnsWhileRunning):
            producer.learn(observation, fix, prior, odometry)

    def learned(self) -> dict[str, Learned]:
        """Return what was learned on the way, by the sensor; nothing of one that learns nothing."""
        return {
            sensor or "scan": producer.calibration.learned
            for sensor, producer in self._producers.built.items()
            if isinstance(producer, SelfCalibratingProducer)
        }


class MountedSearches:
    """Searches the map for scans from any mount of a recording."""

    def __init__(
        self, build: Callable[[Pose2], CandidateSearch[Scan]], mount_of: Callable[[Scan], Pose2]
    ) -> None:
        """Build nothing yet; see ``MountedProducers``."""
        self._searches = _ByMount(build, mount_of)

    def search(self, observation: Scan, offered: Sequence[GaussianPose2] = ()) -> SearchResult:
        """Rank the places that explain a scan.

        Raises:
            SensorError: the scan cannot be used.
        """
        return self._searches.of(observation).search(observation, offered)

    def log_likelihood(self, observation: Scan, base: Pose2) -> float:
        """Return how likely a scan is with the base at a pose of the map.

        Raises:
            SensorError: the scan cannot be used.
        """
        return self._searches.of(observation).log_likelihood(observation, base)
