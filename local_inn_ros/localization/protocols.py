# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a system can be at run time: a fix producer, a candidate search, a tracker.

The pipeline, the global search, the monitor and the nodes take whatever a system offers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar, runtime_checkable

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.fix import Fix
from local_inn_ros.localization.search.hypotheses import SearchResult

ObservationT = TypeVar("ObservationT", contravariant=True)


class PendingFix(Protocol):
    """What an observation says of the pose, before all else there is to say of it."""

    @property
    def measurement(self) -> GaussianPose2:
        """The base in the map frame, as ``Fix.measurement`` has it."""
        ...

    def explain(self) -> Fix:
        """Say the rest: what was expected there, quality, modes."""
        ...


@runtime_checkable
class SupportedFix(Protocol):
    """A pending fix that knows whether its observation speaks for it (see ``Measurement``)."""

    @property
    def supported(self) -> bool:
        """Whether it does, where the fix is not what is believed."""
        ...


def is_supported(pending: PendingFix) -> bool:
    """Tell whether an observation speaks for a fix; a system that does not say has no support."""
    return isinstance(pending, SupportedFix) and pending.supported


class FixProducer(Protocol[ObservationT]):
    """Locates observations near a prior."""

    def measure(self, observation: ObservationT, prior: GaussianPose2) -> PendingFix:
        """Find what one observation says of the pose, and no more, for who is in a hurry.

        Args:
            observation: the reading.
            prior: the base in the map frame as believed before the reading is used.

        Raises:
            SensorError: the observation cannot be used.
        """
        ...

    def locate(self, observation: ObservationT, prior: GaussianPose2) -> Fix:
        """Locate one observation: measure and explain it.

        Raises:
            SensorError: the observation cannot be used.
        """
        ...


@runtime_checkable
class LearnsWhileRunning(Protocol[ObservationT]):
    """A fix producer that learns from what became of its fixes."""

    def learn(
        self, observation: ObservationT, fix: Fix, prior: GaussianPose2, odometry: Pose2 | None
    ) -> None:
        """Take in what became of an observation.

        Args:
            observation: the reading, as it was located.
            fix: what was answered.
            prior: the base in the map frame as believed before.
            odometry: the base in the odometry frame then; None where not known.
        """
        ...


class CandidateSearch(Protocol[ObservationT]):
    """Finds where on the whole map an observation may have been taken."""

    def search(
        self, observation: ObservationT, offered: Sequence[GaussianPose2] = ()
    ) -> SearchResult:
        """Rank the places that explain an observation.

        Args:
            observation: the reading.
            offered: poses of the base that are looked at in any case.

        Raises:
            SensorError: the observation cannot be used.
        """
        ...

    def log_likelihood(self, observation: ObservationT, base: Pose2) -> float:
        """Return how likely an observation is with the base at a pose of the map.

        Only differences between poses mean something.

        Raises:
            SensorError: the observation cannot be used.
        """
        ...


class Tracker(Protocol[ObservationT]):
    """Filters a latent of its own, as Generative Map does, in place of single fixes."""

    def begin(self, pose: GaussianPose2, stamp_s: float) -> None:
        """Begin from a pose of the base in the map frame."""
        ...

    def predict(self, increment: Pose2, stamp_s: float) -> None:
        """Move by an odometry increment, given in the axes of the body, up to an instant."""
        ...

    def update(self, observation: ObservationT) -> None:
        """Correct the estimate by an observation.

        Raises:
            SensorError: the observation cannot be used.
        """
        ...

    def estimate(self) -> GaussianPose2:
        """Return the base in the map frame at the newest instant."""
        ...
