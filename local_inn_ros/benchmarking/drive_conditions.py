# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a simulated robot meets on its way: from nothing unusual to all at once."""

from __future__ import annotations

from dataclasses import dataclass

from local_inn_ros.simulation import OdometryModel

# Of the odometry, under every condition.
SLIP = 0.1
# Where the wheels spin and lock: distances are reported so much too short or too long.
_SCALES = (0.7, 1.3)
_TURN_BIAS_SHARE = 0.05
_BLOCKED_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Condition:
    """A disturbance, or none.

    Attributes:
        name: what it is called in tables.
        blocked_share: share of the beams stopped by things that are not on the map.
        scale: range of the odometry's scale of distance, drawn anew for each spell.
        turn_bias_share: turns are reported so much too large.
    """

    name: str
    blocked_share: float = 0.0
    scale: tuple[float, float] = (1.0, 1.0)
    turn_bias_share: float = 0.0

    def odometry(self) -> OdometryModel:
        """Return how wrong the odometry is."""
        return OdometryModel(
            slip=SLIP, turn_slip=SLIP, scale=self.scale, turn_bias_share=self.turn_bias_share
        )


CONDITIONS = {
    one.name: one
    for one in (
        Condition("clean"),
        Condition("blocked", blocked_share=_BLOCKED_SHARE),
        Condition("slip", scale=_SCALES, turn_bias_share=_TURN_BIAS_SHARE),
        Condition("both", _BLOCKED_SHARE, _SCALES, _TURN_BIAS_SHARE),
    )
}
