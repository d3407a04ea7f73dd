# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How likely a reading is where certain ranges are expected: the beam model, made robust.

Thrun, Burgard and Fox, Probabilistic Robotics (2005), section 6.3: each beam measures what is
expected, or something unmapped before it, or anything. Beams are not independent of each other:
one person stops many, and one error of the map bends many. Their product would be far too sure
(section 6.3.4), so it counts as that of a few independent ones.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.sensing import Beams, BeamState

# Shares of what may have happened to a beam that measured a distance.
_AS_EXPECTED, _CUT_SHORT, _ANYTHING = 0.6, 0.3, 0.1
# How often nothing is measured where nothing is within reach, and where something is: black paint,
# glass and mirrors.
_NOTHING_IN_THE_OPEN, _NOTHING_BEFORE_A_WALL = 0.9, 0.05
# A beam's error also grows with its range: a small yaw error moves a far end point far.
_RELATIVE_DEVIATION = 0.01
# The forward pass tells "nothing within reach" by a range near the limit.
_NEAR_LIMIT = 0.9
# So many independent beams the scan is worth.
_INDEPENDENT_BEAMS = 24.0
_LEAST_RANGE_M = 0.1


def log_likelihoods(
    expected_m: NDArray[np.floating],
    reading: Beams,
    deviation_m: float,
    range_max_m: float,
) -> NDArray[np.float64]:
    """Return the log-likelihood of one reading under each of many expectations.

    Only differences between expectations mean something: the softmax of these numbers over places
    that were equally probable before is the probability of each.

    Args:
        expected_m: (b, n) forward passes for the reading's beams.
        reading: what was measured.
        deviation_m: robust deviation of the forward pass and the sensor together.
        range_max_m: range that the forward pass gives for nothing within reach.

    Returns:
        (b,) natural logarithms; all 0 where no beam says anything.
    """
    expected = np.maximum(np.asarray(expected_m, dtype=np.float64), _LEAST_RANGE_M)
    nearest, farthest = _surroundings(expected)
    measured = reading.ranges_m.astype(np.float64)
    deviation = np.hypot(deviation_m, _RELATIVE_DEVIATION * expected)
    off = np.maximum(np.maximum(nearest - measured, measured - farthest), 0.0) / deviation
    # Where a beam passes a corner it may meet either side, or anything between them.
    breadth = math.sqrt(2.0 * math.pi) * deviation + (farthest - nearest)
    open_ahead = farthest >= _NEAR_LIMIT * range_max_m
    density = _AS_EXPECTED * np.exp(-0.5 * np.square(off)) / breadth
    density += np.where(measured < farthest, _CUT_SHORT / farthest, 0.0)
    density += _ANYTHING / range_max_m
    nothing = np.where(open_ahead, _NOTHING_IN_THE_OPEN, _NOTHING_BEFORE_A_WALL)

    returned = reading.returned()
    silent = reading.states == BeamState.NO_RETURN
    logs = np.where(returned, np.log(density), 0.0) + np.where(silent, np.log(nothing), 0.0)
    telling = int(np.count_nonzero(returned | silent))
    share: float = min(1.0, _INDEPENDENT_BEAMS / max(telling, 1))
    total: NDArray[np.float64] = share * logs.sum(axis=1)
    return total


def weights_of(log_likelihoods: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weights (b,) of places, equally probable before, by their log-likelihoods (b,).

    They sum to 1; b may be 0.
    """
    if len(log_likelihoods) == 0:
        return np.zeros(0)
    shares = np.exp(log_likelihoods - np.max(log_likelihoods))
    weights: NDArray[np.float64] = shares / shares.sum()
    return weights


def _surroundings(
    expected: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return for each beam the nearest and the farthest range within half a beam's step of it."""
    middle = 0.5 * (expected[:, 1:] + expected[:, :-1])
    nearest, farthest = expected.copy(), expected.copy()
    for beams, halfway in ((slice(1, None), middle), (slice(None, -1), middle)):
        nearest[:, beams] = np.minimum(nearest[:, beams], halfway)
        farthest[:, beams] = np.maximum(farthest[:, beams], halfway)
    return nearest, farthest
