# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How sure a share or a rate is that was counted."""

from __future__ import annotations

import math

from scipy.stats import chi2, norm

from local_inn_ros.benchmarking.accuracy import Interval

_CONFIDENCE = 0.95


def share_interval(successes: int, trials: int) -> Interval:
    """Return where a share lies of which so many trials succeeded, with 95 % confidence.

    Wilson's score interval (Journal of the American Statistical Association, 1927). Everything
    from 0 to 1 where there was no trial.
    """
    if trials == 0:
        return Interval(0.0, 1.0)
    z = float(norm.ppf(0.5 + 0.5 * _CONFIDENCE))
    share, excess = successes / trials, z * z / trials
    middle = (share + 0.5 * excess) / (1.0 + excess)
    half = math.sqrt(share * (1.0 - share) * excess + 0.25 * excess**2) / (1.0 + excess)
    # Where all succeeded, or none, rounding must not leave that outside.
    low = 0.0 if successes == 0 else middle - half
    return Interval(low, 1.0 if successes == trials else middle + half)


def rate_interval(events: int, exposure: float) -> Interval:
    """Return where the rate lies of events that came so often in an exposure above 0, with 95 %.

    The exact interval of a Poisson rate (Garwood, Biometrika 1936).
    """
    tail = 0.5 * (1.0 - _CONFIDENCE)
    low = 0.5 * float(chi2.ppf(tail, 2 * events)) if events > 0 else 0.0
    high = 0.5 * float(chi2.ppf(1.0 - tail, 2 * events + 2))
    return Interval(low / exposure, high / exposure)
