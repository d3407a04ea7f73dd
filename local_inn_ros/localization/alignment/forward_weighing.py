# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the beams of a scan say about the pose, against ranges that a network expects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.localization.alignment.forward_linearization import Linearization
from local_inn_ros.sensing import Beams

# Geman-McClure: a beam that is off by this many deviations counts a quarter. One that is cut short
# has more likely met something that is not on the map than one that goes too far.
_GIVEN_UP = 3.0
_GIVEN_UP_SHORT = 2.0
# The error of a drawn range grows with the range, and where the surface is slanted or jumps: this
# is the weight of the range's change with heading against the range itself.
_SLANT_WEIGHT = 0.7
# Neighbouring beams share the errors of what is drawn: so many of them tell as much as one would
# whose errors are its own.
_SHARED = 2.0
# Median absolute deviation to standard deviation.
_MAD = 1.4826
# A direction counts as known only where at least this share of the beams lies on surfaces that
# face it, and by as much more as noise in the derivatives alone would show.
_LEAST_SHARE = 0.0025
# Shorter levers would make a turn look like no motion at all.
_LEAST_LEVER_M = 0.5
_LEAST_WEIGHT = 1e-9


@dataclass(frozen=True, slots=True)
class RangeErrors:
    """Where the differences between measured and expected ranges come from.

    Attributes:
        noise_m: standard deviation of the sensor.
        forward_m: robust deviation of the forward pass, as calibrated.
        farthest_m: expected ranges from here on mean that nothing is within reach.
    """

    noise_m: float
    forward_m: float
    farthest_m: float


@dataclass(frozen=True, slots=True, eq=False)
class Residuals:
    """How far n beams are off at each of k poses.

    Attributes:
        values_m: (k, n) measured less expected.
        usable: (k, n) whether a range was measured, and one is expected.
        shapes: (k, n) how the errors of the forward pass compare between beams; median 1.
        measured: how many beams of the reading measured a range.
    """

    values_m: NDArray[np.float64]
    usable: NDArray[np.bool_]
    shapes: NDArray[np.float64]
    measured: int

    @staticmethod
    def of(expected: Linearization, reading: Beams, errors: RangeErrors) -> Residuals:
        """Compare a reading with what was expected."""
        ranges = expected.ranges_m
        returned = reading.returned()
        usable = returned & (ranges < errors.farthest_m)
        shapes = np.hypot(ranges, _SLANT_WEIGHT * expected.jacobians[..., 2])
        middle = np.maximum(_median(shapes, usable), _LEAST_WEIGHT)
        values = reading.ranges_m.astype(np.float64) - ranges
        return Residuals(values, usable, shapes / middle, int(np.count_nonzero(returned)))

    def deviations_m(self, errors: RangeErrors) -> NDArray[np.float64]:
        """Return the deviations (k, n) of the beams as calibrated."""
        return np.hypot(errors.noise_m, errors.forward_m * self.shapes)

    def map_deviations_m(self, errors: RangeErrors) -> NDArray[np.float64]:
        """Return (k, n) what the spread of the residuals leaves to the expectation.

        While a pose is off, so is what is expected: the deviations shrink as a scan is aligned.
        """
        relative = np.abs(self.values_m) / self.deviations_m(errors)
        spread = _MAD * _median(relative, self.usable) * np.hypot(errors.noise_m, errors.forward_m)
        excess = np.maximum(np.square(spread) - errors.noise_m**2, 0.0)
        deviations: NDArray[np.float64] = np.sqrt(excess) * self.shapes
        return deviations

    def weights(self, deviations_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the robust weights (k, n) of the beams, 1 for one that fits."""
        squares = self._squares(deviations_m)
        weights: NDArray[np.float64] = np.where(self.usable, 1.0 / np.square(1.0 + squares), 0.0)
        return weights

    def explained(self, errors: RangeErrors) -> NDArray[np.float64]:
        """Return (k,) how many beams fit, by the deviations that were calibrated."""
        explained: NDArray[np.float64] = self.weights(self.deviations_m(errors)).sum(axis=1)
        return explained

    def costs(self, deviations_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the robust costs (k,): those of one reading at several poses compare."""
        squares = self._squares(deviations_m)
        each = np.where(self.usable, squares / (1.0 + squares), 1.0)
        costs: NDArray[np.float64] = each.sum(axis=1)
        return costs

    def _squares(self, deviations_m: NDArray[np.float64]) -> NDArray[np.float64]:
        given_up = np.where(self.values_m < 0.0, _GIVEN_UP_SHORT, _GIVEN_UP)
        squares: NDArray[np.float64] = np.square(self.values_m / (given_up * deviations_m))
        return squares


@dataclass(frozen=True, slots=True, eq=False)
class Weighing:
    """What the beams ask for at each of k poses.

    Attributes:
        deviations_m: (k, n) of the beams, as this scan shows them.
        steps: (k, 3) changes of (x, y, yaw), none in directions that the scan does not show.
        short: (k,) lengths of the steps in deviations of the pose.
        information: (k, 3, 3) on (x, y, yaw), zero in those directions.
        unseen: (k, 3, 3) projectors of changes (x, y, yaw) on them.
    """

    deviations_m: NDArray[np.float64]
    steps: NDArray[np.float64]
    short: NDArray[np.float64]
    information: NDArray[np.float64]
    unseen: NDArray[np.float64]


def weigh(
    expected: Linearization, residuals: Residuals, errors: RangeErrors, longest_step_m: float
) -> Weighing:
    """Set up and solve the normal equations; a step is no longer than told."""
    map_deviations = residuals.map_deviations_m(errors)
    deviations = np.hypot(errors.noise_m, map_deviations)
    weights = residuals.weights(deviations)
    total = np.maximum(weights.sum(axis=1), _LEAST_WEIGHT)
    square = np.sum(weights * np.square(expected.ranges_m), axis=1) / total
    levers = np.maximum(np.sqrt(square), _LEAST_LEVER_M)
    # Yaw enters as arc length at the lever's end, so that all three unknowns are in metres.
    units = np.stack([np.ones_like(levers), np.ones_like(levers), 1.0 / levers], axis=-1)
    rows = expected.jacobians * units[:, None]
    values, directions, noise = _shown(expected, rows, weights / total[:, None])
    known = values > _LEAST_SHARE + noise[:, None]

    precisions = weights / np.square(deviations)
    turned = rows @ directions
    normal = _squared(turned, precisions) * (known[:, :, None] & known[:, None])
    pull = np.sum(turned * (precisions * residuals.values_m)[..., None], axis=1) * known
    normal += np.eye(3) * ~known[:, None]
    # Where next to no beam counts, even a direction that is known may have no weight at all.
    steps = (np.linalg.pinv(normal, hermitian=True) @ pull[..., None])[..., 0]
    length = np.maximum(np.sqrt(np.sum(np.square(steps), axis=1)), _LEAST_WEIGHT)
    steps *= np.minimum(1.0, longest_step_m / length)[:, None]
    short = np.sqrt(np.sum(steps * (normal @ steps[..., None])[..., 0], axis=1))

    # Noise in the derivatives looks like information, the same in every direction.
    earned = np.sqrt(np.where(known, 1.0 - noise[:, None] / np.where(known, values, 1.0), 0.0))
    variances = errors.noise_m**2 + _SHARED * np.square(map_deviations)
    sure = _squared(turned * earned[:, None], weights / variances)
    back = np.swapaxes(directions, 1, 2)
    information = (directions @ sure @ back) / (units[:, :, None] * units[:, None])
    unseen = (directions * ~known[:, None]) @ back
    return Weighing(
        deviations,
        (directions @ steps[..., None])[..., 0] * units,
        short,
        0.5 * (information + np.swapaxes(information, 1, 2)),
        unseen * units[:, :, None] / units[:, None],
    )


def _shown(
    expected: Linearization, rows: NDArray[np.float64], shares: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Tell which share of the beams lies on surfaces that face which direction.

    Returns:
        Shares (k, 3), least first; their directions (k, 3, 3), in columns; the share (k,) that
        noise in the derivatives shows where there is nothing.
    """
    steepness = np.square(expected.jacobians[..., :2]).sum(axis=-1)
    values, directions = np.linalg.eigh(_squared(rows, shares / steepness))
    noise = np.sum(shares * np.square(expected.lapses) / steepness, axis=1)
    return values, directions, noise


def _squared(rows: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (k, 3, 3) sums of weighted outer products of rows (k, n, 3)."""
    product: NDArray[np.float64] = np.swapaxes(rows * weights[..., None], 1, 2) @ rows
    return product


def _median(values: NDArray[np.float64], counted: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the medians (k, 1) of those values (k, n) that count; 0 where none does."""
    ordered = np.sort(np.where(counted, values, np.inf), axis=1)
    middle = np.maximum(np.count_nonzero(counted, axis=1) - 1, 0) // 2
    found = np.take_along_axis(ordered, middle[:, None], axis=1)
    return np.where(np.isfinite(found), found, 0.0)
