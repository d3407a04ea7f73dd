# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How much too long a laser's ranges are, from what single scans tell, slowly and within bounds."""

from __future__ import annotations

import math
from collections.abc import Sequence

from local_inn_ros.localization.self_calibration.range_residual import RangeResidual

# A change by less moves no pose; one of fewer standard errors may be chance.
_SETTLED_M, _CLEAR_ERRORS = 1e-3, 2.0
_LONGEST_STEP_M = 0.01
# More would be another surface.
_FARTHEST_CELLS, _FARTHEST_M = 1.0, 0.05
# So far, in cells, a surface lies off in its cell anyway: what ranges have wrong less than that is
# left to the bundle's own calibration. What was begun is followed until it is half of it.
_WITHIN_A_CELL = 1.0 / math.sqrt(12.0)
# The same on a map of which it is not known whether its surfaces are on faces or in the middle, a
# quarter of a cell to either side of where they are taken to be.
_IN_DOUBT = 0.15
# Batches that the mean is over, and how many of them the bundle's own word is worth.
_MEMORY, _BEFORE = 20, 0.5
# What scans of a batch have to tell in sum (``RangeResidual.share``): in a corridor little does.
_LEAST_SHARE = 1.0


class RangeBias:
    """Learns a constant error of all ranges, in steps.

    Attributes:
        bias_m: what is taken off the ranges, beside what the bundle says.
    """

    def __init__(self, cell_m: float, faces_or_middles: bool) -> None:
        """Begin with ranges as the bundle has them.

        Args:
            cell_m: size of the map's cells.
            faces_or_middles: whether the map leaves open which of the two its surfaces are.
        """
        self.bias_m = 0.0
        self._least_m = (_IN_DOUBT if faces_or_middles else _WITHIN_A_CELL) * cell_m
        self._farthest_m = max(_FARTHEST_CELLS * cell_m, _FARTHEST_M)
        self._mean_m = self._variance = 0.0
        self._batches = 0

    def take(self, scans: Sequence[tuple[float, RangeResidual]]) -> None:
        """Take in what scans tell, each with the bias that was taken off it before."""
        share = sum(told.share for _, told in scans)
        if share < _LEAST_SHARE:
            return
        found = [(told.share / share, self._bounded(off + told.bias_m)) for off, told in scans]
        found_m = sum(weight * bias_m for weight, bias_m in found)
        # Of the weighted mean, by the scatter of what it is of.
        variance = sum((weight * (bias_m - found_m)) ** 2 for weight, bias_m in found)
        self._batches += 1
        batches = min(self._batches, _MEMORY)
        self._mean_m += (found_m - self._mean_m) / batches
        self._variance += (variance - self._variance) / batches
        target_m = self._bounded(self._mean_m * self._batches / (self._batches + _BEFORE))
        if abs(target_m) < (0.5 if self.bias_m else 1.0) * self._least_m:
            target_m = 0.0
        step_m = target_m - self.bias_m
        if abs(step_m) >= max(_SETTLED_M, _CLEAR_ERRORS * math.sqrt(self._variance / batches)):
            self.bias_m += min(max(step_m, -_LONGEST_STEP_M), _LONGEST_STEP_M)

    def _bounded(self, bias_m: float) -> float:
        return min(max(bias_m, -self._farthest_m), self._farthest_m)
