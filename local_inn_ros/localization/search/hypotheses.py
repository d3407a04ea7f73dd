# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a search of the whole map answers."""

from __future__ import annotations

from dataclasses import dataclass

from local_inn_ros.geometry import GaussianPose2


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
        hypotheses: distinct places, the most probable first.
        reason: why it was not found; empty where it was.
        seconds: time spent computing.
    """

    found: bool
    pose: GaussianPose2 | None
    hypotheses: tuple[Hypothesis, ...]
    reason: str
    seconds: float
