# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A source of fixes, as the filter's steps compute with it."""

from __future__ import annotations

import math

from local_inn_ros.filtering.chi_square import chi_square_quantile
from local_inn_ros.filtering.settings import SourceSettings

# Who moved by less, in units of what makes the shared error another one, is where he was:
# odometry that trembles leads nowhere.
_SAME_PLACE = 0.02


class Source:
    """What the filter is told of a source."""

    def __init__(self, settings: SourceSettings, dof: int) -> None:
        """Set up for poses of so many degrees of freedom."""
        self._settings = settings
        share = settings.shared_share
        self.shared_deviation = math.sqrt(share)
        # Of a fix's variance, what is its own over what is shared.
        self.own_per_shared = (1.0 - share) / share if share > 0.0 else math.inf
        self._gates = [
            chi_square_quantile(settings.gate_probability, degrees) for degrees in range(1, dof + 1)
        ]

    def gate(self, observed: int) -> float:
        """Return the largest squared distance of a fix that passes, by directions observed."""
        return self._gates[max(observed, 1) - 1]

    def kept(self, way_m: float, turn_rad: float) -> float:
        """Return how much the shared numbers of a place say of those a way and a turn from it.

        A Gauss-Markov process along the way: 1 where they are the same, 0 where they are others.
        """
        told = self._settings
        gone = way_m / told.shared_length_m + turn_rad / told.shared_angle_rad
        return 1.0 if gone < _SAME_PLACE else math.exp(-gone)
