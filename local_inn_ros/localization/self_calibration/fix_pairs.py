# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Fixes a way apart, beside what the odometry says between them."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from local_inn_ros.filtering.motion_model import MotionNoise, ScaleNoise
from local_inn_ros.filtering.settings import SourceSettings
from local_inn_ros.geometry import GaussianPose2, Pose2, wrap_angle

# Two fixes are compared a short and a long way apart, in ways and turns over which the error that
# they share becomes another one. What the odometry has wrong grows from one to the other; what
# fixes have wrong does so by no more than is known of how they share it.
_SHORT, _LONG = (0.35, 0.6), (0.75, 1.2)
_LEAST_VARIANCE = 1e-12

Triple = tuple[float, float, float]
"""Numbers for ahead, aside and yaw of the base."""


@dataclass(frozen=True, slots=True)
class PairError:
    """What two fixes differ by beyond the odometry.

    Attributes:
        squared: the difference squared, in units of both variances as they were told.
        unshared: share of both variances that the difference of the two shows.
        odometry: variance that the odometry may have added, in the same units.
    """

    squared: Triple
    unshared: float
    odometry: Triple


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    gone: float
    stamp_s: float
    pose: Pose2
    variances: Triple
    odometry: Pose2


class FixPairs:
    """Keeps the fixes of the last way, and compares each new one with them."""

    def __init__(self) -> None:
        """Begin without any fix."""
        self._told = SourceSettings()
        self._noise = MotionNoise()
        self._scales = ScaleNoise()
        self._kept: deque[_Kept] = deque()

    def clear(self) -> None:
        """Forget all fixes: what comes is not to be compared with what was."""
        self._kept.clear()

    def gone(self, odometry: Pose2) -> float:
        """Return how far the robot has come since the last fix, in ways and turns."""
        if not self._kept:
            return math.inf
        last = self._kept[-1].odometry
        turn = abs(wrap_angle(odometry.yaw - last.yaw))
        way = last.distance_to(odometry)
        return way / self._told.shared_length_m + turn / self._told.shared_angle_rad

    def add(
        self, stamp_s: float, fix: GaussianPose2, factors: Triple, odometry: Pose2
    ) -> tuple[PairError | None, PairError | None]:
        """Take in a fix, and compare it with one a short and one a long way before.

        Args:
            stamp_s: when it was.
            fix: the base in the map frame.
            factors: by which its deviations are larger than those that are in question.
            odometry: the base in the odometry frame at that instant.

        Returns:
            What it differs by from each; None where there is none.
        """
        gone = self._kept[-1].gone + self.gone(odometry) if self._kept else 0.0
        new = _Kept(gone, stamp_s, fix.mean, _own_variances(fix, factors), odometry)
        while self._kept and gone - self._kept[0].gone > _LONG[1]:
            self._kept.popleft()
        found = self._between(new, *_SHORT), self._between(new, *_LONG)
        self._kept.append(new)
        return found

    def _between(self, new: _Kept, nearest: float, farthest: float) -> PairError | None:
        for before in reversed(self._kept):
            apart = new.gone - before.gone
            if apart > farthest:
                break
            if apart >= nearest:
                return self._compared(before, new, apart)
        return None

    def _compared(self, before: _Kept, new: _Kept, apart: float) -> PairError:
        seen, driven = before.pose.between(new.pose), before.odometry.between(new.odometry)
        error = seen.x - driven.x, seen.y - driven.y, wrap_angle(seen.yaw - driven.yaw)
        both = [a + b for a, b in zip(before.variances, new.variances, strict=True)]
        # Seen from a heading that is off, the way leads elsewhere.
        both[0] += driven.y * driven.y * before.variances[2]
        both[1] += driven.x * driven.x * before.variances[2]
        covariance = self._noise.body_covariance(driven, new.stamp_s - before.stamp_s)
        way = self._scales.distance_deviation * math.hypot(driven.x, driven.y)
        turn = self._scales.turn_deviation * driven.yaw
        noise = (
            covariance.item(0, 0) + way * way,
            covariance.item(1, 1),
            covariance.item(2, 2) + turn * turn,
        )
        return PairError(
            (error[0] ** 2 / both[0], error[1] ** 2 / both[1], error[2] ** 2 / both[2]),
            1.0 - self._told.shared_share * math.exp(-apart),
            (noise[0] / both[0], noise[1] / both[1], noise[2] / both[2]),
        )


def _own_variances(fix: GaussianPose2, factors: Triple) -> Triple:
    """Return the variances of a fix in its own axes, without factors of its deviations."""
    xx, xy, _, _, yy, _, _, _, tt = fix.covariance.ravel().tolist()
    c, s = math.cos(fix.mean.yaw), math.sin(fix.mean.yaw)
    ahead = c * c * xx + 2.0 * c * s * xy + s * s * yy
    aside = s * s * xx - 2.0 * c * s * xy + c * c * yy
    return (
        max(ahead, _LEAST_VARIANCE) / factors[0] ** 2,
        max(aside, _LEAST_VARIANCE) / factors[1] ** 2,
        max(tt, _LEAST_VARIANCE) / factors[2] ** 2,
    )
