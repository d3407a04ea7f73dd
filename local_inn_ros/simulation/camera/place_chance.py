# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Chance that depends on the place: what is far from a change looks as it did before."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Middles of outlines are told apart by this.
_STEP_M = 0.01
_OFFSET = 2**31


class PlaceChance:
    """Gives each place of a world a generator of its own."""

    def __init__(self, rng: np.random.Generator) -> None:
        """Draw from a generator what all places share."""
        self._base = int(rng.integers(2**63))

    def at(self, points: NDArray[np.float64]) -> np.random.Generator:
        """Return the generator of what has corners (n, 2), n >= 1, by the middle between them."""
        middle = 0.5 * (points.min(axis=0) + points.max(axis=0))
        x, y = (round(value / _STEP_M) + _OFFSET for value in middle.tolist())
        return np.random.default_rng([self._base, x, y])
