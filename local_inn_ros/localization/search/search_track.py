# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One place that a search follows: moved by odometry, located again on every scan."""

from __future__ import annotations

import math
from dataclasses import dataclass

from local_inn_ros.filtering.motion_model import MotionNoise, ScaleNoise, carried
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.evidence import fused

# Poses nearer to each other than this, and turned by less, are one place.
_SAME_M, _SAME_RAD = 0.3, math.radians(10.0)
_NOISE, _SCALES = MotionNoise(), ScaleNoise()


@dataclass(frozen=True, slots=True, eq=False)
class SearchTrack:
    """A hypothesis on its way.

    Attributes:
        number: tells the tracks of a search apart.
        pose: the base in the map frame at the newest scan.
        score: how well it explains that scan, in [0, 1].
        log_weight: what all scans together say of it, as a logarithm.
    """

    number: int
    pose: GaussianPose2
    score: float
    log_weight: float

    def moved(self, increment: Pose2, duration_s: float) -> SearchTrack:
        """Return the track after a motion that the odometry told of."""
        covariance = _SCALES.covariance()
        pose = carried(self.pose, increment, duration_s, _NOISE, covariance)
        return SearchTrack(self.number, pose, self.score, self.log_weight)

    def with_fix(
        self, measurement: GaussianPose2, score: float, log_likelihood: float
    ) -> SearchTrack:
        """Return the track after a fix.

        Args:
            measurement: what the scan by itself says of the pose.
            score: how well that pose explains it.
            log_likelihood: what is added to the track's weight.
        """
        pose = fused(self.pose, measurement)
        return SearchTrack(self.number, pose, score, self.log_weight + log_likelihood)

    def is_at(self, pose: Pose2) -> bool:
        """Tell whether a pose is the track's own place."""
        difference = self.pose.mean.between(pose)
        near = math.hypot(difference.x, difference.y) < _SAME_M
        return near and abs(difference.yaw) < _SAME_RAD
