# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Scans that have come: which the odometry has reached, which may wait, which are of no use."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from local_inn_ros.filtering.odometry_buffer import EXTRAPOLATION_S, TIME_JUMP_S

# So many scans of one laser may wait for the odometry to reach them.
_MOST_WAITING = 20
# In real time: odometry that has not come for so long is not on its way any more.
_PATIENCE_S = 2.0
# A scan that is so far behind the odometry when it comes is called late.
_LATE_S = 0.25
# A stamp that comes again comes soon.
_REMEMBERED = 64
# Of so many lasers at most: frames that change with each scan must not fill the memory.
_MOST_SOURCES = 64

Message = TypeVar("Message")


class Oddity(Enum):
    """What is odd about an observation, by the name that it is counted under (see ``of``)."""

    REPEATED = "dropped: its stamp came before"
    """The same evidence is not used twice."""
    UNSTAMPED = "dropped: no stamp"
    TOO_LATE = "dropped: too late"
    """Older than what a filter can still put in its place."""
    NOT_REACHED = "dropped: odometry never reached its stamp"
    OVERTAKEN = "dropped: too many wait"
    OF_A_TIME_BEFORE = "dropped: time went back"
    LATE = "late"
    """Used nevertheless."""
    OUT_OF_ORDER = "out of order"
    """Used nevertheless."""

    def of(self, word: str) -> str:
        """Return what it is counted under, by what an observation is called."""
        return f"{word} {self.value}"

    @property
    def dropped(self) -> bool:
        """Whether such a scan is not used."""
        return self not in (Oddity.LATE, Oddity.OUT_OF_ORDER)


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting(Generic[Message]):
    """A scan, whose it is, when it began and ended, and when it came (real time)."""

    source: str
    stamp_s: float
    end_s: float
    came_s: float
    message: Message


class _Source:
    """What has come from one laser."""

    def __init__(self) -> None:
        self.last_s = float("-inf")
        self.stamps: deque[float] = deque(maxlen=_REMEMBERED)


class ScanQueue(Generic[Message]):
    """Takes in scans of any number of lasers, and hands each out once the odometry spans it.

    Time may go back, as in a recording that begins again, and scans may come from there before
    the odometry does: a scan that seems to be far too late is kept for a moment.
    """

    def __init__(self, note: Callable[[Oddity], None], history_s: float = 2.0) -> None:
        """Begin empty.

        Args:
            note: told of each oddity.
            history_s: scans that are further behind the odometry are of no use.
        """
        self._note = note
        self._history_s = history_s
        self._odometry_s: float | None = None
        self._sources: defaultdict[str, _Source] = defaultdict(_Source)
        self._waiting: list[_Waiting[Message]] = []
        # Those that are too late, unless the odometry's time goes back too.
        self._returning: list[_Waiting[Message]] = []

    def __len__(self) -> int:
        """Return how many scans wait."""
        return len(self._waiting)

    @property
    def newest(self) -> Message | None:
        """The newest scan that waits; None where none does."""
        return self._waiting[-1].message if self._waiting else None

    def clear(self) -> None:
        """Forget all scans, and all that is known of time."""
        self._odometry_s = None
        self._sources.clear()
        self._waiting.clear()
        self._returning.clear()

    def put(
        self, source: str, stamp_s: float, message: Message, now_s: float, sweep_s: float = 0.0
    ) -> None:
        """Take in a scan.

        Args:
            source: the laser that it is of, such as its frame.
            stamp_s: when it was taken.
            message: the scan.
            now_s: real time.
            sweep_s: from its first range to its last.
        """
        one = _Waiting(source, stamp_s, stamp_s + max(sweep_s, 0.0), now_s, message)
        if source not in self._sources and len(self._sources) >= _MOST_SOURCES:
            self._sources.clear()
        known = self._sources[source]
        odometry_s = stamp_s if self._odometry_s is None else self._odometry_s
        if stamp_s == 0.0 and odometry_s > TIME_JUMP_S:
            self._note(Oddity.UNSTAMPED)
        elif odometry_s - stamp_s > self._history_s:
            self._keep_for_a_moment(one)
        elif stamp_s in known.stamps:
            self._note(Oddity.REPEATED)
        else:
            if stamp_s < known.last_s:
                self._note(Oddity.OUT_OF_ORDER)
            if odometry_s - stamp_s > _LATE_S:
                self._note(Oddity.LATE)
            known.last_s = stamp_s
            known.stamps.append(stamp_s)
            self._wait(one)

    def odometry_reached(self, stamp_s: float) -> None:
        """Take in that the odometry has come so far."""
        self._odometry_s = stamp_s

    def time_went_back(self, stamp_s: float) -> None:
        """Take in that the odometry has begun again, at this stamp.

        What waits is of a time that is over; what came from the new time already is kept.
        """
        returned = [one for one in self._returning if stamp_s - one.stamp_s <= self._history_s]
        for _ in range(len(self._waiting) + len(self._returning) - len(returned)):
            self._note(Oddity.OF_A_TIME_BEFORE)
        self.clear()
        self._odometry_s = stamp_s
        for one in returned:
            self.put(one.source, one.stamp_s, one.message, one.came_s, one.end_s - one.stamp_s)

    def take_ready(self, now_s: float) -> list[Message]:
        """Return the scans that the odometry has reached, by their stamps; they wait no more.

        Args:
            now_s: real time; what has waited too long by it is dropped.
        """
        self._returning = self._patient(self._returning, now_s, Oddity.TOO_LATE)
        if not self._waiting or self._odometry_s is None:
            self._waiting = self._patient(self._waiting, now_s, Oddity.NOT_REACHED)
            return []
        reached_s = self._odometry_s + EXTRAPOLATION_S
        ready = [one for one in self._waiting if one.end_s <= reached_s]
        ahead = [one for one in self._waiting if one.end_s > reached_s]
        self._waiting = self._patient(ahead, now_s, Oddity.NOT_REACHED)
        # Where the odometry leapt ahead, what waited for it may be too old by now.
        oldest_s = self._odometry_s - self._history_s
        for _ in (one for one in ready if one.stamp_s < oldest_s):
            self._note(Oddity.TOO_LATE)
        in_order = sorted(ready, key=lambda one: one.stamp_s)
        return [one.message for one in in_order if one.stamp_s >= oldest_s]

    def _wait(self, one: _Waiting[Message]) -> None:
        self._waiting.append(one)
        own = [other for other in self._waiting if other.source == one.source]
        if len(own) > _MOST_WAITING:
            self._waiting.remove(own[0])
            self._note(Oddity.OVERTAKEN)

    def _keep_for_a_moment(self, one: _Waiting[Message]) -> None:
        own = [other for other in self._returning if other.source == one.source]
        if any(other.stamp_s == one.stamp_s for other in own):
            self._note(Oddity.REPEATED)
            return
        if len(own) >= _MOST_WAITING:
            self._returning.remove(own[0])
            self._note(Oddity.TOO_LATE)
        self._returning.append(one)

    def _patient(
        self, scans: list[_Waiting[Message]], now_s: float, oddity: Oddity
    ) -> list[_Waiting[Message]]:
        """Return the scans that have not waited too long; note those that have."""
        if not scans:
            return scans
        kept = [one for one in scans if now_s - one.came_s <= _PATIENCE_S]
        for _ in range(len(scans) - len(kept)):
            self._note(oddity)
        return kept
