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
    """Return how well expected ranges explain a reading, as a number that a fix is judged by.

    The share of beams explained, where a beam that is cut short counts less against the pose than
    one that passes through an expected surface. Moving a measured range nearer to what was
    expected never lowers it.

    Args:
        expected_m: (n,) forward pass for the reading's beams.
        reading: what was measured.
        deviation_m: robust deviation of the forward pass and the sensor together.
        range_max_m: range that the forward pass gives for nothing within reach.

    Returns:
        A number in [0, 1]; 0 where no beam says anything.
    """
    expected = np.asarray(expected_m, dtype=np.float64)
    # Where a beam passes a corner, either of its neighbours' ranges is as good as its own.
    around = np.stack(
        [np.r_[expected[:1], expected[:-1]], expected, np.r_[expected[1:], expected[-1:]]]
    )
    nearest, farthest = around.min(axis=0), around.max(axis=0)
    measured = reading.ranges_m.astype(np.float64)
    tolerance = _EXPLAINED_DEVIATIONS * np.hypot(deviation_m, _RELATIVE_DEVIATION * expected)
    short = np.maximum(nearest - measured, 0.0) / tolerance
    through = np.maximum(measured - farthest, 0.0) / tolerance

    returned = reading.returned()
    explained = np.where(returned, np.exp(-0.5 * np.square(np.maximum(short, through))), 0.0)
    cut = np.where(returned & (short > through), 1.0 - explained, 0.0)
    passed = np.where(returned & (through >= short), 1.0 - explained, 0.0)
    cut[reading.states == BeamState.TOO_CLOSE] = 1.0

    nothing = reading.states == BeamState.NO_RETURN
    open_ahead = nothing & (farthest >= _NEAR_LIMIT * range_max_m)
    explained[open_ahead] = 1.0
    missed = np.count_nonzero(nothing & ~open_ahead)

    good = float(explained.sum())
    bad = (
        _SHORT_WEIGHT * float(cut.sum())
        + _THROUGH_WEIGHT * float(passed.sum())
        + _NO_RETURN_WEIGHT * missed
    )
    return good / (good + bad) if good > 0.0 else 0.0
