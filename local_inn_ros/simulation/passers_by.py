# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Things that are not on the map: people and other robots who stand in the beams for a while."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry import Pose2

_RADIUS_M = (0.1, 0.35)
_DISTANCE_M = (0.8, 6.0)
_STAY_S = (0.5, 3.0)
_STROLL_MPS = 1.0
# So many more may come in one scan; what is still missing then comes with the next.
_MOST_NEW = 64
# Those who are there block more as the robot nears them: too much now is made up for later.
_CORRECTION = 0.1
_MOST_OWED = 2.0


@dataclass(frozen=True, slots=True)
class PasserBy:
    """A round obstacle that moves in a straight line and then is gone.

    Attributes:
        x_m: middle in the map frame when it appeared.
        y_m: the same.
        radius_m: its size.
        velocity_x_mps: how it moves.
        velocity_y_mps: the same.
        since_s: when it appeared.
        until_s: when it is gone.
    """

    x_m: float
    y_m: float
    radius_m: float
    velocity_x_mps: float
    velocity_y_mps: float
    since_s: float
    until_s: float


class PassersBy:
    """Keeps so many round obstacles about the sensor that they stop a given share of its beams.

    They stay where they are in the map and move slowly, so that successive scans see the same.
    """

    def __init__(self, blocked_share: float, rng: np.random.Generator) -> None:
        """Start with nobody there.

        Args:
            blocked_share: share of the beams, 0 to below 1, that are stopped on average.
            rng: source of all that is random.
        """
        self._blocked_share = blocked_share
        self._rng = rng
        self._present: list[PasserBy] = []
        # Shares of scans by which too few beams, or too many, were stopped so far.
        self._owed = 0.0

    def shorten(
        self,
        beams: NDArray[np.float64],
        ranges_m: NDArray[np.float32],
        stamps_s: NDArray[np.float64],
    ) -> NDArray[np.float32]:
        """Return ranges as they are with the passers-by in the way of the beams.

        Args:
            beams: (n, 3) where each beam starts in the map frame, and where it points.
            ranges_m: (n,) without anybody.
            stamps_s: (n,) when each beam is measured, from first to last, n >= 1.
        """
        if self._blocked_share <= 0.0:
            return ranges_m
        begin_s = float(stamps_s[0])
        self._present = [one for one in self._present if one.until_s > begin_s]
        seen = ranges_m
        for one in self._present:
            seen = np.minimum(seen, _ranges_to(one, beams, stamps_s))
        for _ in range(_MOST_NEW):
            if np.mean(seen < ranges_m) >= self._blocked_share + _CORRECTION * self._owed:
                break
            newcomer = self._newcomer(beams, ranges_m, begin_s)
            self._present.append(newcomer)
            seen = np.minimum(seen, _ranges_to(newcomer, beams, stamps_s))
        lacking = self._blocked_share - float(np.mean(seen < ranges_m))
        self._owed = max(-_MOST_OWED, min(_MOST_OWED, self._owed + lacking))
        return seen

    def _newcomer(
        self, beams: NDArray[np.float64], ranges_m: NDArray[np.float32], stamp_s: float
    ) -> PasserBy:
        """Put somebody before the wall in the way of some beam."""
        rng = self._rng
        beam = int(rng.integers(len(beams)))
        radius = float(rng.uniform(*_RADIUS_M))
        reach = float(np.clip(ranges_m[beam], _DISTANCE_M[0], _DISTANCE_M[1]))
        distance = max(float(rng.uniform(_DISTANCE_M[0], reach)), radius + 0.2)
        x, y, bearing = beams[beam].tolist()
        course, speed = float(rng.uniform(-math.pi, math.pi)), float(rng.uniform(0.0, _STROLL_MPS))
        return PasserBy(
            x_m=x + distance * math.cos(bearing),
            y_m=y + distance * math.sin(bearing),
            radius_m=radius,
            velocity_x_mps=speed * math.cos(course),
            velocity_y_mps=speed * math.sin(course),
            since_s=stamp_s,
            until_s=stamp_s + float(rng.uniform(*_STAY_S)),
        )


def beams_from(sensor: Pose2, angles_rad: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (n, 3) where beams at angles (n,) of a sensor start, and where each one points."""
    beams = np.tile(sensor.to_array(), (len(angles_rad), 1))
    beams[:, 2] += angles_rad
    return beams


def _ranges_to(
    one: PasserBy, beams: NDArray[np.float64], stamps_s: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return (n,) the distance along each beam to a round obstacle; inf where it is missed.

    A sensor within the obstacle sees nothing of it: the robot would have pushed it aside.
    """
    age = stamps_s - one.since_s
    x = one.x_m + age * one.velocity_x_mps - beams[:, 0]
    y = one.y_m + age * one.velocity_y_mps - beams[:, 1]
    gap = x * x + y * y - one.radius_m**2
    along = x * np.cos(beams[:, 2]) + y * np.sin(beams[:, 2])
    inside = along * along - gap
    met = (inside > 0.0) & (along > 0.0) & (gap > 0.0)
    near = along - np.sqrt(np.where(met, inside, 0.0))
    return np.where(met, near, np.inf).astype(np.float32)
