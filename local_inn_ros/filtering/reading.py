# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the filter asks of a reading of the odometry, in the plane or in space."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from local_inn_ros.filtering.state_space import PoseT_co

if TYPE_CHECKING:
    from typing_extensions import Self


class Reading(Protocol[PoseT_co]):
    """A reading of the odometry, in the plane or in space."""

    @property
    def stamp_s(self) -> float:
        """When it was valid, in seconds."""
        ...

    @property
    def pose(self) -> PoseT_co:
        """The base in the odometry frame."""
        ...

    def is_usable(self) -> bool:
        """Tell whether all numbers are finite, and none is beyond all measure."""
        ...

    def from_origin(self) -> tuple[float, float]:
        """Return the way in m and the turn in rad from where an odometry begins, 0 there."""
        ...

    def speeds(self) -> tuple[float, float]:
        """Return how fast the base moves and turns by the twist, without sign (m/s, rad/s)."""
        ...

    def carried_on(self, duration_s: float) -> PoseT_co:
        """Return the base so much later, if its velocity stays."""
        ...

    def towards(self, later: Self, share: float, /) -> PoseT_co:
        """Return the base a share of the way to a later reading; beyond it for more than 1."""
        ...

    def off_course(self, later: Self, /) -> tuple[float, float]:
        """Return how far (m, rad) a later reading is from where the speeds of both lead.

        Each is carried to the middle of the time between them.
        """
        ...

    def apart(self, other: Self, /) -> tuple[float, float]:
        """Return the way in m and the turn in rad from one reading to another."""
        ...
