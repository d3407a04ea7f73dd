# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How well the forward pass explains a reading."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.sensing import BeamReading, BeamState

# Residuals are also judged relative to the range: a small yaw error moves a far end point far.
_RELATIVE_DEVIATION = 0.01
# A beam is explained within this many deviations.
_EXPLAINED_DEVIATIONS = 3.0
# A beam cut short may have met a person or a box; one that passes through an expected wall needs a
# wall that is gone, or no return where glass or black paint stands.
_SHORT_WEIGHT = 0.3
_THROUGH_WEIGHT = 1.0
_NO_RETURN_WEIGHT = 0.5
# The forward pass tells "nothing within reach" by a range near the limit.
_NEAR_LIMIT = 0.9


def scan_quality(
    expected_m: NDArray[np.floating],
    reading: BeamReading,
    deviation_m: float,
    range_max_m: float,
) -> float:
    """Return how well expected ranges (n,) explain a reading; see ``scan_qualities``."""
    rows = np.asarray(expected_m)[None]
    return float(scan_qualities(rows, reading, deviation_m, range_max_m)[0])


def scan_qualities(
    expected_m: NDArray[np.floating],
    reading: BeamReading,
    deviation_m: float,
    range_max_m: float,
) -> NDArray[np.float64]:
    """Return how well each of many expectations explains one reading.

    The share of beams explained, where a beam that is cut short counts less against the pose than
    one that passes through an expected surface. Moving a measured range nearer to what was
    expected never lowers it.

    Args:
        expected_m: (b, n) forward passes for the reading's beams.
        reading: what was measured.
        deviation_m: robust deviation of the forward pass and the sensor together.
        range_max_m: range that the forward pass gives for nothing within reach.

    Returns:
        (b,) numbers in [0, 1]; 0 where no beam says anything.
    """
    expected = np.asarray(expected_m, dtype=np.float64)
    before, after = np.empty_like(expected), np.empty_like(expected)
    before[:, 0], before[:, 1:] = expected[:, 0], expected[:, :-1]
    after[:, -1], after[:, :-1] = expected[:, -1], expected[:, 1:]
    # Where a beam passes a corner, either of its neighbours' ranges is as good as its own.
    nearest = np.minimum(np.minimum(before, after), expected)
    farthest = np.maximum(np.maximum(before, after), expected)
    measured = reading.ranges_m.astype(np.float64)
    tolerance = _EXPLAINED_DEVIATIONS * np.hypot(deviation_m, _RELATIVE_DEVIATION * expected)
    short = np.maximum(nearest - measured, 0.0) / tolerance
    through = np.maximum(measured - farthest, 0.0) / tolerance

    returned = reading.returned()
    fit = np.exp(-0.5 * np.square(np.maximum(short, through)))
    weight = np.where(short > through, _SHORT_WEIGHT, _THROUGH_WEIGHT)
    good = np.where(returned, fit, 0.0).sum(axis=1)
    bad = np.where(returned, weight * (1.0 - fit), 0.0).sum(axis=1)

    bad += _SHORT_WEIGHT * np.count_nonzero(reading.states == BeamState.TOO_CLOSE)
    nothing = reading.states == BeamState.NO_RETURN
    open_ahead = farthest >= _NEAR_LIMIT * range_max_m
    good += np.count_nonzero(nothing & open_ahead, axis=1)
    bad += _NO_RETURN_WEIGHT * np.count_nonzero(nothing & ~open_ahead, axis=1)
    # With not one beam explained the quality is 0, and so it is with not one beam.
    quality: NDArray[np.float64] = good / np.maximum(good + bad, 1e-12)
    return quality
