# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""By how much the deviations of fixes are too small, told by what pairs of fixes differ by."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.localization.self_calibration.fix_pairs import PairError

# Fewer pairs tell nothing of a covariance (``covariance_fit.LEAST_ERRORS``).
_LEAST_PAIRS = 50
# Of what was seen before, so much is left when as many pairs as these have come since.
_MEMORY_PAIRS = 500.0
# A difference farther off than this, in deviations, counts as no farther: wheels jump.
_CLIPPED_DEVIATIONS = 3.0
# Variances grow by this factor at most, however much the differences say.
_MOST = 4.0
_DEVIATIONS_OF_CHANCE = 3.0
# Variances of the odometry are no larger than what was told of it by more than this factor.
_WORST_ODOMETRY = 4.0
# So many pairs tell as much as one that shares nothing with others.
_PAIRS_ALIKE = 2.0


class _Moments:
    """Means over pairs of one length, each for ahead, aside and yaw."""

    def __init__(self) -> None:
        self.pairs = 0.0
        self._squared = np.zeros(3)
        self._unshared = 0.0
        self._odometry = np.zeros(3)

    def add(self, pairs: Sequence[PairError], growth: NDArray[np.float64]) -> None:
        if not pairs:
            return
        kept = math.exp(-len(pairs) / _MEMORY_PAIRS)
        unshared = np.array([pair.unshared for pair in pairs])
        odometry = np.array([pair.odometry for pair in pairs])
        expected = growth * unshared[:, None] + odometry
        seen = np.array([pair.squared for pair in pairs])
        squared = np.minimum(seen, _CLIPPED_DEVIATIONS**2 * expected)
        self.pairs = kept * self.pairs + len(pairs)
        self._squared = kept * self._squared + squared.sum(axis=0)
        self._unshared = kept * self._unshared + float(unshared.sum())
        self._odometry = kept * self._odometry + odometry.sum(axis=0)

    @property
    def squared(self) -> NDArray[np.float64]:
        return self._squared / self.pairs

    @property
    def unshared(self) -> float:
        return self._unshared / self.pairs

    @property
    def odometry(self) -> NDArray[np.float64]:
        return self._odometry / self.pairs


class DeviationGrowth:
    """Finds factors for the variances of fixes, 1 or more, for ahead, aside and yaw.

    What pairs differ by is k (1 - c exp(-h)) + q Q(h), in units of what was told of both fixes: k
    is the factor, c the share that two fixes at a place have alike, h how far they are apart, Q
    what the odometry was said to add, and q how much of that is true. Two lengths h tell both
    unknowns, poorly; that the odometry cannot be much worse than was said tells the rest. Nothing
    is ever narrowed: an error that fixes share for longer does not show. Of all factors that pairs
    and chance leave open, the least is taken.
    """

    def __init__(self) -> None:
        """Begin with variances as they are told."""
        self._short, self._long = _Moments(), _Moments()
        self.factors: NDArray[np.float64] = np.ones(3)

    def take(self, short: Sequence[PairError], long: Sequence[PairError]) -> None:
        """Take in pairs of fixes a short and a long way apart, and find the factors."""
        self._short.add(short, self.factors)
        self._long.add(long, self.factors)
        if min(self._short.pairs, self._long.pairs) >= _LEAST_PAIRS:
            self.factors = np.clip(self._least(), 1.0, _MOST)

    def _least(self) -> NDArray[np.float64]:
        short, long = self._short, self._long
        # Pairs that follow each other share a fix, and more.
        pairs = min(short.pairs, long.pairs) / _PAIRS_ALIKE
        chance = _DEVIATIONS_OF_CHANCE * math.sqrt(2.0 / pairs)
        single = np.minimum(short.squared / short.unshared, long.squared / long.unshared)
        # Two equations in k and q, by Cramer's rule.
        slope = short.unshared * long.odometry - long.unshared * short.odometry
        first, second = short.squared * long.odometry, long.squared * short.odometry
        both = (first - second - chance * np.hypot(first, second)) / np.maximum(slope, 1e-9)
        single = (1.0 - chance) * single
        worst = ((1.0 - chance) * short.squared - _WORST_ODOMETRY * short.odometry) / short.unshared
        told = np.where(slope > 1e-9, np.maximum(both, worst), worst)
        least: NDArray[np.float64] = np.minimum(single, told)
        return least
