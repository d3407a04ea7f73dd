# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How much of a figure of a run may be chance, where neighbouring scans share their errors."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

# Once in a thousand, on either side together.
DEVIATIONS = 3.29
# Correlations are summed up to where they sink into their own noise.
_LEAST_CORRELATION = 0.05


def independent_count(series: NDArray[np.float64]) -> float:
    """Return how many independent values a series (n,) is worth.

    n over the integrated autocorrelation time (Sokal, Monte Carlo methods in statistical
    mechanics, 1997, section 3), summed to the first correlation that is none.
    """
    count = len(series)
    offsets = series - series.mean()
    power = float(offsets @ offsets)
    if count < 3 or power <= 0.0:
        return float(count)
    # Spectra turn sums over lags into products.
    spectrum = np.abs(np.fft.rfft(offsets, 2 * count)) ** 2
    correlations = np.fft.irfft(spectrum)[:count] / power
    none = np.flatnonzero(correlations < _LEAST_CORRELATION)
    lags = int(none[0]) if len(none) else count
    return count / max(1.0 + 2.0 * float(correlations[1:lags].sum()), 1.0)


def mean_bounds(series: NDArray[np.float64]) -> tuple[float, float]:
    """Return what the mean of a series (n,) lies between, but for once in a thousand runs."""
    deviation = float(series.std()) / math.sqrt(max(independent_count(series), 1.0))
    mean = float(series.mean())
    return mean - DEVIATIONS * deviation, mean + DEVIATIONS * deviation


def share_bounds(hits: NDArray[np.bool_]) -> tuple[float, float]:
    """Return what the share of hits (n,) lies between, but for once in a thousand runs.

    Wilson's interval (1927) for as many hits as the series is worth.
    """
    share, squared = float(hits.mean()), DEVIATIONS**2
    count = independent_count(hits.astype(np.float64))
    middle = (share + 0.5 * squared / count) / (1.0 + squared / count)
    spread = math.sqrt(share * (1.0 - share) / count + 0.25 * squared / count**2)
    half = DEVIATIONS * spread / (1.0 + squared / count)
    return middle - half, middle + half
