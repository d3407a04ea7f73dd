# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How much may still be done for one scan."""

from __future__ import annotations

import math
import time


class ScanBudget:
    """Processor time that one scan may take of the thread that locates it.

    Whoever could look at more asks before each piece of work whether there is time for it. What
    every scan needs is done in any case. It is the thread's own time: a machine that is busy with
    other things makes a scan wait, but its answer the same.
    """

    def __init__(self, most_s: float = math.inf) -> None:
        """Allow so much for each scan.

        Args:
            most_s: processor time; infinite for no bound.
        """
        self._most_s = most_s
        self._began_s = 0.0

    @property
    def bounded(self) -> bool:
        """Whether there is a bound at all."""
        return math.isfinite(self._most_s)

    def begin(self) -> None:
        """Begin with a scan."""
        if self.bounded:
            self._began_s = time.thread_time()

    def allows(self, share: float = 1.0) -> bool:
        """Tell whether less than a share of the time is spent."""
        if not self.bounded:
            return True
        return time.thread_time() - self._began_s < share * self._most_s
