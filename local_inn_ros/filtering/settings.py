# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the pose filter is told."""

from __future__ import annotations

from dataclasses import dataclass, field

from local_inn_ros.filtering.chi_square import chi_square_quantile
from local_inn_ros.filtering.motion_model import MotionNoise, ScaleNoise
from local_inn_ros.filtering.step import FilterStep


@dataclass(frozen=True, slots=True)
class FilterSettings:
    """What a filter is told.

    Attributes:
        motion_noise: how fast the odometry's error grows.
        scale_noise: how the odometry's scales wander.
        shared_share: share of a fix's variance that is the same in the next one, since both are of
            the same map: no number of fixes makes a pose more certain than that.
        gate_probability: share of right fixes that the gate lets pass.
        history_s: how late a fix may come.
        lost_after: refusals in a row after which the filter calls itself lost.
    """

    motion_noise: MotionNoise = field(default_factory=MotionNoise)
    scale_noise: ScaleNoise = field(default_factory=ScaleNoise)
    shared_share: float = 0.8
    gate_probability: float = 0.999
    history_s: float = 2.0
    lost_after: int = 20

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            ValueError: one is out of range.
        """
        if not 0.0 < self.gate_probability < 1.0:
            raise ValueError("gate_probability lies between 0 and 1")
        if not 0.0 <= self.shared_share < 1.0:
            raise ValueError("shared_share is at least 0 and below 1")
        if not self.history_s > 0.0:
            raise ValueError("history_s must be positive")
        if self.lost_after < 1:
            raise ValueError("lost_after must be at least 1")

    def step(self) -> FilterStep:
        """Return the filter's two steps with these settings."""
        return FilterStep(
            self.motion_noise,
            self.scale_noise,
            self.shared_share,
            chi_square_quantile(self.gate_probability),
        )
