# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Watches the headers of scans as they come, and tells once what in them does not agree."""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Sequence
from statistics import median

from local_inn_ros.sensing.laser.scan_header import (
    Contradiction,
    ScanHeader,
    ScanMessage,
    contradictions,
)

# The time from scan to scan is the median of this many, and is not known before this many came.
_STAMPS, _LEAST_STAMPS = 64, 12
# What disagrees by so much more or less than ever when it was told is told again.
_CHANGED = 1.5
# Frames that change with each scan must not fill the memory.
_MOST_SOURCES = 64
# What was mended and comes back is new; what is not in each scan, as where their numbers of ranges
# vary, was not mended. It was where this many came without it.
_MENDED = 100


def period_of(stamps_s: Sequence[float]) -> float:
    """Return the time from one stamp to the next (s), as most are apart; NaN where few are told.

    Args:
        stamps_s: in the order of time (s).
    """
    if len(stamps_s) < _LEAST_STAMPS:
        return math.nan
    return median(after - before for before, after in itertools.pairwise(stamps_s))


class _Source:
    """What came from one laser."""

    def __init__(self) -> None:
        self.header: ScanHeader | None = None
        self.stamps_s: deque[float] = deque(maxlen=_STAMPS)
        # As of a few stamps ago: it is asked for with each scan.
        self.usual_s = math.nan
        self._count = 0
        # By how much fields disagreed, least and most, that this was told of already.
        self.told: dict[str, tuple[float, float]] = {}
        # For how many headers they have agreed since.
        self.agreed: dict[str, int] = {}

    def period_s(self) -> float:
        return period_of(self.stamps_s)

    def see_stamp(self, stamp_s: float) -> None:
        if self.stamps_s and stamp_s < self.stamps_s[-1]:
            self.stamps_s.clear()
        self.stamps_s.append(stamp_s)
        self._count += 1
        if self._count % _LEAST_STAMPS == 0:
            self.usual_s = self.period_s()

    def found(self) -> tuple[Contradiction, ...]:
        return () if self.header is None else contradictions(self.header, self.period_s())

    def news(self) -> list[Contradiction]:
        found = {one.fields: one for one in self.found()}
        self.agreed = {
            fields: 0 if fields in found else self.agreed.get(fields, 0) + 1 for fields in self.told
        }
        for fields in [one for one, headers in self.agreed.items() if headers >= _MENDED]:
            del self.told[fields]
        fresh = [one for one in found.values() if self._is_new(one)]
        for one in fresh:
            least, most = self.told.get(one.fields, (one.extent, one.extent))
            self.told[one.fields] = min(least, one.extent), max(most, one.extent)
        return fresh

    def _is_new(self, found: Contradiction) -> bool:
        if found.fields not in self.told:
            return True
        least, most = self.told[found.fields]
        return found.extent > _CHANGED * most or _CHANGED * found.extent < least


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
        seen.header = ScanHeader.of(message)
        seen.see_stamp(stamp_s)

    def period_s(self, source: str) -> float:
        """Return the time from the stamp of one scan of a source to the next; NaN if not known."""
        seen = self._sources.get(source)
        return math.nan if seen is None else seen.usual_s

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
