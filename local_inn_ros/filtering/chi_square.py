# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The chi-square law: squared Mahalanobis distances of right poses.

Written out, since scipy.stats takes half a second and 30 MB to import, in every node.
"""

from __future__ import annotations

import math

_HALVINGS = 100


def chi_square_quantile(probability: float, degrees: int = 3) -> float:
    """Return the number that a chi-square variable stays below so often.

    Args:
        probability: how often; above 0 and below 1.
        degrees: of freedom; 3 for planar poses.

    Raises:
        ValueError: the probability is out of range, or there is no degree of freedom.
    """
    if not 0.0 < probability < 1.0:
        raise ValueError(f"a probability lies between 0 and 1 here, got {probability}")
    if degrees < 1:
        raise ValueError(f"there is at least one degree of freedom, got {degrees}")
    low, high = 0.0, 1.0
    while _share_below(high, degrees) < probability:
        high *= 2.0
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if _share_below(middle, degrees) < probability:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def _share_below(value: float, degrees: int) -> float:
    """Return how often the variable is below a number that is not negative.

    By the recurrence of the incomplete gamma function, two degrees at a time (Abramowitz and
    Stegun, Handbook of Mathematical Functions, 26.4.8).
    """
    half = 0.5 * value
    if degrees % 2 == 0:
        share, term, done = -math.expm1(-half), math.exp(-half), 2
    else:
        share, done = math.erf(math.sqrt(half)), 1
        term = math.exp(-half) / math.sqrt(math.pi * half) if half > 0.0 else 0.0
    while done < degrees:
        term *= half / (0.5 * done)
        share -= term
        done += 2
    return share
