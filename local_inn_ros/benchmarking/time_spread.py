# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How long something takes, time after time, in a few figures."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class TimeSpread:
    """Percentiles of times, and how much one differs from the next.

    Attributes:
        p50_ms: the median.
        p95_ms: 95 of 100 are shorter.
        p99_ms: 99 of 100 are shorter.
        jitter_ms: mean distance of each time from the one before.
    """

    p50_ms: float
    p95_ms: float
    p99_ms: float
    jitter_ms: float

    @staticmethod
    def of(seconds: ArrayLike) -> TimeSpread:
        """Sum up times (n,) in seconds, in the order in which they were taken.

        Raises:
            ValueError: there is none.
        """
        taken_ms = 1e3 * np.asarray(seconds, dtype=np.float64)
        if taken_ms.size == 0:
            raise ValueError("there are no times to sum up")
        p50, p95, p99 = np.percentile(taken_ms, [50.0, 95.0, 99.0]).tolist()
        jitter = float(np.abs(np.diff(taken_ms)).mean()) if taken_ms.size > 1 else 0.0
        return TimeSpread(p50, p95, p99, jitter)

    def to_json(self) -> dict[str, float]:
        """Return the figures by name."""
        return asdict(self)
