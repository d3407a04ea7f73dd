# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""By how much the odometry's distances and turns are off, as a filter estimates it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from local_inn_ros.filtering.motion_model import ScaleNoise
from local_inn_ros.sensing import Odometry

# Slower than this a ratio of speeds says nothing.
_LEAST_MPS, _LEAST_RADPS = 0.05, 0.05
# A ratio beyond this is not one of scales.
_LARGEST = 0.9


@dataclass(frozen=True, slots=True)
class MotionScales:
    """How far the odometry's scales are off.

    Attributes:
        distance: by which share true distances are larger than the odometry says.
        turn: the same of turns.
        distance_deviation: standard deviation of ``distance``.
        turn_deviation: standard deviation of ``turn``.
    """

    distance: float = 0.0
    turn: float = 0.0
    distance_deviation: float = 0.0
    turn_deviation: float = 0.0

    @staticmethod
    def unknown(noise: ScaleNoise) -> MotionScales:
        """Return what is known before a filter has said anything."""
        return MotionScales(0.0, 0.0, noise.distance_deviation, noise.turn_deviation)

    def scaled(self, reading: Odometry) -> Odometry:
        """Return a reading with the speeds that are likely behind it."""
        longer = 1.0 + self.distance
        return Odometry(
            reading.stamp_s,
            reading.pose,
            longer * reading.speed_mps,
            longer * reading.lateral_speed_mps,
            (1.0 + self.turn) * reading.yaw_rate_radps,
        )


def scales_between(
    reading: Odometry, told: Odometry, deviations: tuple[float, float], unknown: MotionScales
) -> MotionScales:
    """Return the scales that lead from a reading's speeds to those that a filter told of it.

    Args:
        reading: of the odometry.
        told: what the filter made of it.
        deviations: of the filter's speed ahead, in m/s, and rate of turn, in rad/s.
        unknown: what is taken where the robot is too slow to tell.
    """
    distance, distance_deviation = _ratio(
        reading.speed_mps, told.speed_mps, deviations[0], _LEAST_MPS
    ) or (unknown.distance, unknown.distance_deviation)
    turn, turn_deviation = _ratio(
        reading.yaw_rate_radps, told.yaw_rate_radps, deviations[1], _LEAST_RADPS
    ) or (unknown.turn, unknown.turn_deviation)
    return MotionScales(distance, turn, distance_deviation, turn_deviation)


def _ratio(read: float, told: float, deviation: float, least: float) -> tuple[float, float] | None:
    """Return a scale and its deviation; None where the speed is too low to tell."""
    if not (abs(read) >= least and math.isfinite(told) and 0.0 < deviation < math.inf):
        return None
    scale = told / read - 1.0
    return (scale, deviation / abs(read)) if abs(scale) <= _LARGEST else None
