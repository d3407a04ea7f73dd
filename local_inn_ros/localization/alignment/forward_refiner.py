# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Aligns a scan with the network's own forward pass: no grid is looked at."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.alignment.forward_linearization import (
    ForwardLinearizer,
    Linearization,
)
from local_inn_ros.localization.alignment.forward_weighing import (
    RangeErrors,
    Residuals,
    Weighing,
    weigh,
)
from local_inn_ros.localization.alignment.refiner import Refinement
from local_inn_ros.localization.forward_pass import ForwardPass
from local_inn_ros.sensing import Beams, LaserSpec, Scan

# A forward pass tells "nothing within reach" by a range near the limit.
_NEAR_LIMIT = 0.95
_MOST_STEPS = 8
_LONGEST_STEP_M = 0.2
# A step of less than this many deviations of the pose is the last.
_SETTLED = 0.2


class ForwardRefiner:
    """Robust Gauss-Newton of ranges on the forward pass (see ``ScanRefiner``).

    Geman-McClure weights, whose scale is the spread of the residuals and shrinks with them. A step
    is taken only where the robust cost falls with it.
    """

    def __init__(self, forward: ForwardPass, sensor: LaserSpec, deviation_m: float) -> None:
        """Set up.

        Args:
            forward: the network.
            sensor: whose beams it expects.
            deviation_m: robust standard deviation of what it expects.
        """
        self._errors = RangeErrors(
            sensor.noise_std_m, deviation_m, _NEAR_LIMIT * sensor.range_max_m
        )
        self._linearizer = ForwardLinearizer(forward, sensor.network_angles_rad(), deviation_m)

    def refine_all(
        self, scan: Scan, reading: Beams, starts: NDArray[np.float64]
    ) -> tuple[Refinement, ...]:
        """Align from each start, all of them in one batch; the beams are the network's."""
        begun = np.array(starts, dtype=np.float64)
        poses, first = begun, self._linearizer.at(begun)
        here = first
        moving, steps = np.ones(len(poses), dtype=bool), np.zeros(len(poses), dtype=np.intp)
        residuals, weighing = self._weighed(here, reading)
        at_start = residuals.explained(self._errors)
        for _ in range(_MOST_STEPS):
            moving &= weighing.short >= _SETTLED
            if not moving.any():
                break
            tried = np.where(moving[:, None], poses + weighing.steps, poses)
            there = self._linearizer.at(tried)
            found = Residuals.of(there, reading, self._errors)
            # Where a step would not help, the pose stays and that was that.
            scale = weighing.deviations_m
            moving &= found.costs(scale) < residuals.costs(scale)
            poses = np.where(moving[:, None], tried, poses)
            steps += moving
            here = here.where(moving, there)
            residuals, weighing = self._weighed(here, reading)
        # As the scales shrink, the cost can lead to a place that explains less of the scan.
        worse = residuals.explained(self._errors) < at_start
        if worse.any():
            poses = np.where(worse[:, None], begun, poses)
            here = here.where(worse, first)
            residuals, weighing = self._weighed(here, reading)
        converged = ~worse & ~(moving & (weighing.short >= _SETTLED))
        return self._answers(poses, residuals, weighing, converged, steps)

    def refine_near(self, scan: Scan, reading: Beams, start: Pose2) -> Refinement:
        """Align from a start nearby: no step goes where the scan fits worse in any case."""
        (found,) = self.refine_all(scan, reading, start.to_array()[None])
        return found

    def _weighed(self, expected: Linearization, reading: Beams) -> tuple[Residuals, Weighing]:
        residuals = Residuals.of(expected, reading, self._errors)
        return residuals, weigh(expected, residuals, self._errors, _LONGEST_STEP_M)

    def _answers(
        self,
        poses: NDArray[np.float64],
        residuals: Residuals,
        weighing: Weighing,
        converged: NDArray[np.bool_],
        steps: NDArray[np.intp],
    ) -> tuple[Refinement, ...]:
        weights = residuals.weights(weighing.deviations_m)
        squares = np.sum(weights * np.square(residuals.values_m), axis=1)
        means = squares / np.maximum(weights.sum(axis=1), 1e-9)
        shares = residuals.explained(self._errors) / max(residuals.measured, 1)
        return tuple(
            Refinement(
                pose=Pose2.from_array(poses[k]),
                information=weighing.information[k],
                unseen=weighing.unseen[k],
                rms_m=math.sqrt(means[k]),
                inlier_share=float(shares[k]),
                converged=bool(converged[k]),
                iterations=int(steps[k]),
            )
            for k in range(len(poses))
        )
