# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Readings of the odometry that were stamped ahead of their time, as at a step of the clock.

Such a one is told from a pause by what comes after it: readings go on where they were before it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

# More in a row than this are no mistake: the clock was set, and set back.
_MOST = 3
# A leap of the stamps is so many times longer than the steps beside it.
_LEAP = 3.0


def count_ahead(stamps_s: Sequence[float], stamp_s: float) -> int:
    """Return how many of the newest readings a later one shows to be stamped ahead; mostly 0.

    Args:
        stamps_s: of the readings so far, rising (s).
        stamp_s: of the reading that came after them.
    """
    place = bisect_left(stamps_s, stamp_s)
    count = len(stamps_s) - place
    if not 1 <= count <= _MOST or place < 1:
        return 0
    before_s = stamps_s[place - 1]
    last_step_s = before_s - stamps_s[place - 2] if place > 1 else 0.0
    # Those ahead were taken between the two, one after the other.
    step_s = max((stamp_s - before_s) / (count + 1), last_step_s)
    return count if stamps_s[place] - before_s > _LEAP * step_s else 0


def stamped_ahead(stamps_s: Sequence[float]) -> set[int]:
    """Return the indices of readings that those recorded after them show to be stamped ahead.

    Args:
        stamps_s: in the order in which they were recorded (s).
    """
    kept, kept_s, ahead = list[int](), list[float](), set[int]()
    for index, stamp_s in enumerate(stamps_s):
        if kept_s and stamp_s <= kept_s[-1]:
            count = count_ahead(kept_s, stamp_s)
            if not count:
                continue
            ahead.update(kept[-count:])
            del kept[-count:], kept_s[-count:]
        kept.append(index)
        kept_s.append(stamp_s)
    return ahead
