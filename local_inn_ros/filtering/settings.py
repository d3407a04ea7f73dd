# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the pose filter is told."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from local_inn_ros.filtering.motion_model import MotionNoise, ScaleNoise


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """What a filter is told of one source of fixes.

    Attributes:
        gate_probability: share of right fixes that the gate lets pass.
        shared_share: share of a fix's variance that is the same in the next one at the same
            place, since both are of the same map: no number of fixes makes a pose there more
            certain than that.
        shared_length_m: way over which the shared error becomes another one, all but 1/e.
        shared_angle_rad: turn over which it does. The defaults are those of a laser in the Intel
            lab (docs/filter.md).
        delay_s: how much too late its stamps are.
    """

    gate_probability: float = 0.999
    shared_share: float = 0.9
    shared_length_m: float = 1.0
    shared_angle_rad: float = 0.8
    delay_s: float = 0.0

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            ValueError: one is out of range.
        """
        if not 0.0 < self.gate_probability < 1.0:
            raise ValueError("gate_probability lies between 0 and 1")
        if not 0.0 <= self.shared_share < 1.0:
            raise ValueError("shared_share is at least 0 and below 1")
        if not self.shared_length_m > 0.0:
            raise ValueError("shared_length_m must be positive")
        if not self.shared_angle_rad > 0.0:
            raise ValueError("shared_angle_rad must be positive")
        if not math.isfinite(self.delay_s):
            raise ValueError("delay_s must be finite")


SourcesByName = Mapping[str, SourceSettings]


@dataclass(frozen=True, slots=True)
class FilterSettings:
    """What a filter is told.

    Attributes:
        motion_noise: how fast the odometry's error grows.
        scale_noise: how the odometry's scales wander.
        source: of fixes of all sources that ``sources`` does not name.
        sources: of fixes of single sources, by name.
        history_s: how late a fix may come.
        lost_after: refusals in a row after which the filter calls itself lost.
    """

    motion_noise: MotionNoise = field(default_factory=MotionNoise)
    scale_noise: ScaleNoise = field(default_factory=ScaleNoise)
    source: SourceSettings = field(default_factory=SourceSettings)
    sources: SourcesByName = field(default_factory=dict)
    history_s: float = 2.0
    lost_after: int = 20

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            ValueError: one is out of range.
        """
        if not self.history_s > 0.0:
            raise ValueError("history_s must be positive")
        if self.lost_after < 1:
            raise ValueError("lost_after must be at least 1")

    def gated(self, probability: float, sources: SourcesByName | None = None) -> FilterSettings:
        """Return the settings with another share of right fixes that the gate lets pass.

        Args:
            probability: for all sources that are not named.
            sources: those that are, anew; as they are where left out.

        Raises:
            ValueError: it does not lie between 0 and 1.
        """
        told = replace(self.source, gate_probability=probability)
        named = self.sources if sources is None else sources
        return replace(self, source=told, sources=named)

    def of(self, source: str) -> SourceSettings:
        """Return what is told of a source."""
        return self.sources.get(source, self.source)
