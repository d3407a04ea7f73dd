# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The chi-square law of three degrees of freedom: squared Mahalanobis distances of planar poses.

Written out, since scipy.stats takes half a second and 30 MB to import, in every node.
"""

from __future__ import annotations

import math

_HALVINGS = 100


def chi_square_quantile(probability: float) -> float:
    """Return the number that a chi-square variable of 3 degrees stays below so often.

    Args:
        probability: how often; above 0 and below 1.

    Raises:
        ValueError: the probability is out of range.
    """
    if not 0.0 < probability < 1.0:
        raise ValueError(f"a probability lies between 0 and 1 here, got {probability}")
    low, high = 0.0, 1.0
    while _share_below(high) < probability:
        high *= 2.0
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if _share_below(middle) < probability:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def _share_below(value: float) -> float:
    """Return how often the variable is below a number that is not negative."""
    return math.erf(math.sqrt(0.5 * value)) - math.sqrt(2.0 * value / math.pi) * math.exp(
        -0.5 * value
    )
