# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The search of a system that cannot search."""

from __future__ import annotations

from collections.abc import Sequence

from local_inn_ros.errors import BundleError
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.search.hypotheses import SearchResult
from local_inn_ros.sensing import Observation


class NoCandidates:
    """Answers that there is no search (see ``CandidateSearch``)."""

    def __init__(self, system: str) -> None:
        """Name the system."""
        self._answer = f"a bundle of {system} cannot search the map: tell a pose by hand"

    def search(
        self, observation: Observation, offered: Sequence[GaussianPose2] = ()
    ) -> SearchResult:
        """Say so.

        Raises:
            BundleError: always.
        """
        raise BundleError(self._answer)

    def log_likelihood(self, observation: Observation, base: Pose2) -> float:
        """Say so.

        Raises:
            BundleError: always.
        """
        raise BundleError(self._answer)
