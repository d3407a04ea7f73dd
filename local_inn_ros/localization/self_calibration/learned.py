# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a localizer has learned of a laser and of its fixes while it ran."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

BIAS = "learned range bias [m]"
DEVIATIONS = "learned factors of deviations"
SCANS = "scans learned from"


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned, beside what the bundle says.

    Attributes:
        range_bias_m: how much too long ranges are.
        deviation_factors: what deviations of fixes are multiplied by: ahead, aside and yaw of the
            base.
        scans: how many were learned from.
    """

    range_bias_m: float
    deviation_factors: tuple[float, float, float]
    scans: int

    def figures(self) -> Mapping[str, float | str]:
        """Return the same by names for people."""
        factors = ", ".join(f"{factor:.2f}" for factor in self.deviation_factors)
        return {BIAS: self.range_bias_m, DEVIATIONS: factors, SCANS: self.scans}
