# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a clock was set back while a recording was made.

What was recorded before and after then has the same stamps: sorted by them, two drives are mixed
into one. A loop that is played while it is recorded does it, as a simulator that is reset.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from local_inn_ros.filtering.odometry_buffer import TIME_JUMP_S

# Single stamps may be anything: the medians of so many before and after a step are compared.
_NEIGHBOURS = 5


def steps_back(stamps_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return by how much (s) a clock was set back, for each time (k,) that it was.

    Args:
        stamps_s: (n,) in the order in which they were recorded.
    """
    if len(stamps_s) < 2 * _NEIGHBOURS:
        return np.zeros(0)
    medians = np.median(sliding_window_view(stamps_s, _NEIGHBOURS), axis=1)
    falls = medians[:-_NEIGHBOURS] > medians[_NEIGHBOURS:]
    back_s = (stamps_s[:-1] - stamps_s[1:])[_NEIGHBOURS - 1 : 1 - _NEIGHBOURS]
    found: NDArray[np.float64] = back_s[falls & (back_s > TIME_JUMP_S)]
    return found


def told_steps_back(topics: Iterable[tuple[str, Iterable[float]]]) -> tuple[str, ...]:
    """Say of which topics the clock was set back.

    Args:
        topics: name and stamps (s) of each, in the order in which they were recorded.
    """
    told = []
    for name, stamps_s in topics:
        back_s = steps_back(np.fromiter(stamps_s, dtype=np.float64))
        if len(back_s):
            often = "once" if len(back_s) == 1 else f"{len(back_s)} times"
            told.append(
                f"the stamps of {name} go back {often}, by {back_s.max():.3g} s at most: what was "
                "recorded before and after then is mixed; cut the recording there, and use one "
                "part at a time"
            )
    return tuple(told)
