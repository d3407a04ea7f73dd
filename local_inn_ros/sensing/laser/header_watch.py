# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Watches the headers of scans as they come, and tells once what in them does not agree."""

from __future__ import annotations

import itertools
import math
from collections import deque
from statistics import median

from local_inn_ros.sensing.laser.scan_header import (
    Contradiction,
    ScanHeader,
    ScanMessage,
    contradictions,
)

# The time from scan to scan is the median of this many, and is not known before this many came.
_STAMPS, _LEAST_STAMPS = 64, 12
# What disagrees by so much more or less than when it was told is told again.
_CHANGED = 1.5
# Frames that change with each scan must not fill the memory.
_MOST_SOURCES = 64


class _Source:
    """What came from one laser."""

    def __init__(self) -> None:
        self.header: ScanHeader | None = None
        self.stamps_s: deque[float] = deque(maxlen=_STAMPS)
        # By how much fields disagreed that this was told of already.
        self.told: dict[str, float] = {}

    def period_s(self) -> float:
        stamps = list(self.stamps_s)
        if len(stamps) < _LEAST_STAMPS:
            return math.nan
        return median(after - before for before, after in itertools.pairwise(stamps))

    def found(self) -> tuple[Contradiction, ...]:
        return () if self.header is None else contradictions(self.header, self.period_s())

    def news(self) -> list[Contradiction]:
        found = {one.fields: one for one in self.found()}
        # What was mended and comes back is new.
        self.told = {fields: extent for fields, extent in self.told.items() if fields in found}
        fresh = [one for one in found.values() if self._is_new(one)]
        self.told.update((one.fields, one.extent) for one in fresh)
        return fresh

    def _is_new(self, found: Contradiction) -> bool:
        if found.fields not in self.told:
            return True
        less, more = sorted((self.told[found.fields], found.extent))
        return more > _CHANGED * less


class HeaderWatch:
    """Looks at the headers of scans from one or several sources."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self._sources: dict[str, _Source] = {}

    def see(self, source: str, message: ScanMessage, stamp_s: float) -> None:
        """Take in a message.

        Args:
            source: which laser it is from: its frame or topic.
            message: the scan.
            stamp_s: its stamp.
        """
        if source not in self._sources and len(self._sources) >= _MOST_SOURCES:
            self._sources.clear()
        seen = self._sources.setdefault(source, _Source())
        if seen.stamps_s and stamp_s < seen.stamps_s[-1]:
            seen.stamps_s.clear()
        seen.header = ScanHeader.of(message)
        seen.stamps_s.append(stamp_s)

    def current(self) -> list[str]:
        """Return what does not agree in the newest header of each source."""
        return [
            _told(source, one) for source, seen in self._sources.items() for one in seen.found()
        ]

    def news(self) -> list[str]:
        """Return the same, without what was returned before and has not changed since."""
        return [_told(source, one) for source, seen in self._sources.items() for one in seen.news()]


def _told(source: str, found: Contradiction) -> str:
    return f"the header of scans of '{source}' contradicts itself: {found.text}"
