# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""All that is told of an odometry's errors, by the names that people give it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from local_inn_ros.filtering.motion_model import MotionNoise, ScaleNoise

MOTION_FIGURES: Mapping[str, str] = MappingProxyType(
    {
        "along_per_metre": "along_per_metre_m",
        "across_per_metre": "across_per_metre_m",
        "yaw_per_metre": "yaw_per_metre_rad",
        "yaw_per_radian": "yaw_per_radian_rad",
        "position_per_radian": "position_per_radian_m",
        "position_per_second": "position_per_second_m",
        "yaw_per_second": "yaw_per_second_rad",
    }
)
"""Names of figures, and the attributes of ``MotionNoise`` that they are."""
SCALE_FIGURES: Mapping[str, str] = MappingProxyType(
    {
        "distance_scale": "distance_deviation",
        "turn_scale": "turn_deviation",
        "scale_time": "time_s",
    }
)
"""Names of figures, and the attributes of ``ScaleNoise`` that they are."""


@dataclass(frozen=True, slots=True)
class OdometryNoise:
    """How wrong an odometry is.

    Attributes:
        motion: how fast its error grows.
        scales: how its scales wander.
    """

    motion: MotionNoise = field(default_factory=MotionNoise)
    scales: ScaleNoise = field(default_factory=ScaleNoise)

    @staticmethod
    def of_figures(figures: Mapping[str, float]) -> OdometryNoise:
        """Return the noise that figures say; those that are not among them are the defaults.

        Raises:
            ValueError: a figure makes no sense.
        """
        motion = {own: figures[name] for name, own in MOTION_FIGURES.items() if name in figures}
        scales = {own: figures[name] for name, own in SCALE_FIGURES.items() if name in figures}
        return OdometryNoise(MotionNoise(**motion), ScaleNoise(**scales))

    def figures(self) -> dict[str, float]:
        """Return all figures by their names."""
        motion = {name: getattr(self.motion, own) for name, own in MOTION_FIGURES.items()}
        scales = {name: getattr(self.scales, own) for name, own in SCALE_FIGURES.items()}
        return motion | scales
