# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Places where a picture may have been taken, and how probable each of them is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from local_inn_ros.geometry.gaussian3 import GaussianPose3
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.localization.alignment.sighting_alignment import Aligned
from local_inn_ros.systems.pose_inn.landmark_refiner import Refined

# Two poses nearer than this, in deviations, are one place.
_SAME_PLACE = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class CameraMode:
    """One of the places where a picture may have been taken.

    Attributes:
        pose: of the camera's optical frame in the map frame.
        weight: how probable it is, among all modes.
    """

    pose: GaussianPose3
    weight: float


def weighed_modes(found: Sequence[Aligned]) -> tuple[CameraMode, ...]:
    """Make modes of alignments: those that came to one place are one."""
    kept: list[Aligned] = []
    for one in sorted(found, key=lambda one: one.cost):
        if all(_apart(one.pose.mean, other.pose) for other in kept):
            kept.append(one)
    if not kept:
        return ()
    costs = np.array([one.cost for one in kept])
    weights = np.exp(costs.min() - costs)
    weights /= weights.sum()
    return tuple(
        CameraMode(one.pose, float(weight)) for one, weight in zip(kept, weights, strict=True)
    )


def refined_modes(found: Sequence[Refined]) -> tuple[CameraMode, ...]:
    """Make modes of refined poses, that which explains the most landmarks first.

    How many landmarks a picture shows of a place is a count: it varies by its own square root.
    """
    kept: list[Refined] = []
    for one in found:
        if all(_apart(one.aligned.pose.mean, other.aligned.pose) for other in kept):
            kept.append(one)
    counts = np.array([one.explained for one in kept], np.float64)
    weights = np.exp((counts - counts.max()) / np.sqrt(counts.max()))
    weights /= weights.sum()
    return tuple(
        CameraMode(one.aligned.pose, float(weight))
        for one, weight in zip(kept, weights, strict=True)
    )


def _apart(pose: Pose3, other: GaussianPose3) -> bool:
    return other.squared_mahalanobis(pose) > _SAME_PLACE**2 and other.mean.distance_to(pose) > 0.05
