# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How fast a search goes on beside other work."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Pace:
    """Rests after each piece of work, so that on average no more than a share of a core is used."""

    def __init__(self, share: float, rest: Callable[[float], object] = time.sleep) -> None:
        """Set the share.

        Args:
            share: of one core, above 0 and up to 1.
            rest: waits for so many seconds.

        Raises:
            ValueError: there is no such share.
        """
        if not 0.0 < share <= 1.0:
            raise ValueError(f"a share lies above 0 and up to 1, not at {share}")
        self._rest_per_work = (1.0 - share) / share
        self._rest = rest

    @contextmanager
    def work(self) -> Iterator[None]:
        """Do a piece of work, and rest for as long as it calls for."""
        started_s = time.thread_time()
        yield
        rest_s = self._rest_per_work * (time.thread_time() - started_s)
        if rest_s > 0.0:
            self._rest(rest_s)
