# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One reading of one sensor, and what several sensors saw at one instant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

# Sensors that are triggered together stamp so nearly alike.
_SAME_INSTANT_S = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """One reading of one sensor; each kind of sensor adds what it measured.

    Attributes:
        stamp_s: when it was taken, in seconds.
        sensor: name of the sensor, as the bundle has it; empty where there is only one.
    """

    stamp_s: float
    sensor: str = field(default="", kw_only=True)

    @property
    def sweep_s(self) -> float:
        """Time from its first part to its last; 0 where all of it is of one instant."""
        return 0.0


@dataclass(frozen=True, slots=True, eq=False)
class ObservationSet:
    """What several sensors saw at one instant, such as the cameras round a robot.

    Attributes:
        observations: of different sensors, in any order; at least one.
    """

    observations: tuple[Observation, ...]

    def __post_init__(self) -> None:
        """Check that they belong together.

        Raises:
            ValueError: there are none, two of one sensor, or they are not of one instant.
        """
        if not self.observations:
            raise ValueError("a set of observations holds at least one")
        names = [one.sensor for one in self.observations]
        if len(set(names)) != len(names):
            raise ValueError(f"a set holds one observation of each sensor, got {names}")
        stamps = [one.stamp_s for one in self.observations]
        if max(stamps) - min(stamps) > _SAME_INSTANT_S:
            raise ValueError(
                f"observations of one instant are stamped within {_SAME_INSTANT_S} s, these within "
                f"{max(stamps) - min(stamps):.3f} s"
            )

    @property
    def stamp_s(self) -> float:
        """The instant: the mean of the stamps."""
        return sum(one.stamp_s for one in self.observations) / len(self.observations)

    def __iter__(self) -> Iterator[Observation]:
        """Go through the observations."""
        return iter(self.observations)

    def of(self, sensor: str) -> Observation | None:
        """Return what one sensor saw; None where it saw nothing then."""
        return next((one for one in self.observations if one.sensor == sensor), None)
