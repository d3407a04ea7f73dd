# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Says why not one scan of a recording could be answered."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from local_inn_ros.filtering.odometry_buffer import Arrival
from local_inn_ros.recordings.trajectory import Trajectory

NOT_FOUND = "the robot was not found"
NO_REFERENCE = "no reference there"
# Some readings begin again in any recording; where half of them do, it is their unit.
_MANY = 0.5


class StampSpan:
    """From when to when there were readings so far.

    Attributes:
        first_s: the oldest stamp; infinite where there was none.
        last_s: the newest.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.first_s, self.last_s = math.inf, -math.inf

    def reach(self, stamp_s: float) -> None:
        """Take in a stamp."""
        self.first_s, self.last_s = min(self.first_s, stamp_s), max(self.last_s, stamp_s)

    def meets(self, other: StampSpan) -> bool:
        """Tell whether the two have an instant in common."""
        return self.first_s <= other.last_s and other.first_s <= self.last_s

    def __str__(self) -> str:
        """Say it in words."""
        if self.first_s > self.last_s:
            return "never"
        return f"from {self.first_s:.3f} to {self.last_s:.3f} s"


def why_nothing(
    unanswered: Mapping[str, int],
    arrivals: Mapping[str, int],
    scans: StampSpan,
    odometry: StampSpan,
    reference: Trajectory | None,
) -> str:
    """Return what is known of why no scan was answered, and what to look at.

    Args:
        unanswered: scans, counted by the reason.
        arrivals: readings of the odometry, counted by what the filter made of them.
        scans: when there were scans.
        odometry: when there was odometry.
        reference: the true poses, where there are any.
    """
    if not unanswered:
        return "there are no scans"
    reasons = [f"{reason} ({count} scans)" for reason, count in unanswered.items()]
    return "; ".join([*reasons, *_doubts(unanswered, arrivals, scans, odometry, reference)])


def _doubts(
    unanswered: Mapping[str, int],
    arrivals: Mapping[str, int],
    scans: StampSpan,
    odometry: StampSpan,
    reference: Trajectory | None,
) -> Iterator[str]:
    if reference is None and NOT_FOUND in unanswered:
        yield "is it the map of this place? `local-inn relocalize` shows where single scans fit"
    others = {"odometry": odometry}
    if reference is not None:
        others["reference"] = StampSpan()
        for stamp_s in reference.stamps_s[[0, -1]]:
            others["reference"].reach(float(stamp_s))
    for name, span in others.items():
        if not scans.meets(span):
            yield f"there are scans {scans}, and {name} {span}: are their stamps of the same clock?"
    if reference is not None and len(reference.stamps_s) < 2:
        yield "the reference is a single pose: a scan needs one before it and one after it"
    leaps, taken = arrivals.get(Arrival.POSITION_JUMP.value, 0), sum(arrivals.values())
    if taken and leaps > _MANY * taken:
        yield (
            f"{leaps} of {taken} readings of the odometry are farther from the one before than "
            "any robot drives: are they in m and rad?"
        )
