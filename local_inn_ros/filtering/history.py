# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a filter has been told of the last seconds, and what it believes at each instant."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic

from local_inn_ros.filtering.belief import Belief
from local_inn_ros.filtering.measurement import Measurement
from local_inn_ros.filtering.odometry_buffer import MotionBuffer
from local_inn_ros.filtering.state_space import GaussianT, PoseT
from local_inn_ros.filtering.step import FilterStep, Fusion

# A stamp that leaps ahead, by mistake or after a pause, makes the pose no more uncertain than this
# much time does.
_LONGEST_S = 60.0


@dataclass(slots=True)
class Event(Generic[PoseT, GaussianT]):
    """One instant of the history: the start, an odometry reading or a fix.

    Attributes:
        stamp_s: the instant.
        odometry: the base in the odometry frame then.
        measurement: what a fix says; None for all other events.
        fusion: what became of the fix, once that is worked out.
    """

    stamp_s: float
    odometry: PoseT
    measurement: Measurement[GaussianT] | None = None
    fusion: Fusion | None = None


def _stamp(event: Event[PoseT, GaussianT]) -> float:
    return event.stamp_s


class FilterHistory(Generic[PoseT, GaussianT]):
    """Events in the order of their stamps, and what is believed once each of them is done.

    What follows an event that is put in between is worked out when somebody asks for it: who wants
    the pose at a fix need not wait for all that came after.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self._events: list[Event[PoseT, GaussianT]] = []
        # Of the first events; those of the others are not worked out yet.
        self._beliefs: list[Belief[PoseT]] = []
        # Steps that were in force up to an instant and are not any more, by that instant.
        self._former: list[tuple[float, FilterStep[PoseT, GaussianT]]] = []

    def __len__(self) -> int:
        """Return how many events there are."""
        return len(self._events)

    def __getitem__(self, index: int) -> Event[PoseT, GaussianT]:
        """Return an event; what became of a fix is known once its belief was asked for."""
        return self._events[index]

    def clear(self) -> None:
        """Forget everything."""
        self._events.clear()
        self._beliefs.clear()
        self._former.clear()

    def begin(
        self,
        start: Event[PoseT, GaussianT],
        belief: Belief[PoseT],
        following: Iterable[Event[PoseT, GaussianT]],
    ) -> None:
        """Begin anew."""
        self._events = [start, *following]
        self._beliefs = [belief]
        self._former = []

    def keep_step(self, step: FilterStep[PoseT, GaussianT]) -> None:
        """Let the way up to the newest event be predicted by this step, whatever comes after it."""
        self._former.append((self._events[-1].stamp_s, step))

    def count_up_to(self, stamp_s: float) -> int:
        """Return how many events there are up to an instant and at it."""
        return bisect_right(self._events, stamp_s, key=_stamp)

    def insert_fix(self, fix: Event[PoseT, GaussianT]) -> int:
        """Put a fix in, after all else that has its stamp, and return its index."""
        index = self.count_up_to(fix.stamp_s)
        self._insert(index, fix)
        return index

    def insert_reading(
        self, reading: Event[PoseT, GaussianT], odometry: MotionBuffer[PoseT]
    ) -> None:
        """Put an odometry reading in, and fixes that came ahead of it where they belong now.

        Args:
            reading: newer than all readings before; one that is older than the start is left out.
            odometry: knows the way up to the new one, which is its newest.
        """
        previous_s = odometry.previous_stamp_s
        first = 0 if previous_s is None else self.count_up_to(previous_s)
        for event in self._events[first:]:
            # Placed by extrapolation at first; now the way there is known.
            known = odometry.pose_at(event.stamp_s)
            event.odometry = event.odometry if known is None else known
        del self._beliefs[max(first, 1) :]
        index = bisect_left(self._events, reading.stamp_s, key=_stamp)
        if index > 0:
            self._insert(index, reading)

    def forget_readings_after(self, stamp_s: float) -> None:
        """Forget odometry readings that were stamped past an instant before which they came.

        One that the history begins with is taken for one of that instant.
        """
        first = self.count_up_to(stamp_s)
        if first == 0:
            self._events[0].stamp_s = stamp_s
            first = 1
        fixes = [event for event in self._events[first:] if event.measurement is not None]
        self._events[first:] = fixes
        del self._beliefs[first:]

    def belief_at(self, index: int, step: FilterStep[PoseT, GaussianT]) -> Belief[PoseT]:
        """Return what is believed once an event is done.

        Args:
            index: of the event, from the first on.
            step: works it out, where it is not known.
        """
        while len(self._beliefs) <= index:
            done = len(self._beliefs)
            event = self._events[done]
            belief = self.carried(done - 1, event.stamp_s, event.odometry, step)
            if event.measurement is not None:
                belief, event.fusion = step.update(belief, event.measurement)
            self._beliefs.append(belief)
        return self._beliefs[index]

    def carried(
        self, index: int, stamp_s: float, odometry: PoseT, step: FilterStep[PoseT, GaussianT]
    ) -> Belief[PoseT]:
        """Return what is believed at an instant, from the event before it."""
        event, belief = self._events[index], self.belief_at(index, step)
        if stamp_s == event.stamp_s:
            # Simulators give scans and odometry the same stamps.
            return belief
        increment = event.odometry.between(odometry)
        step = next((former for until_s, former in self._former if stamp_s <= until_s), step)
        return step.predict(belief, increment, min(stamp_s - event.stamp_s, _LONGEST_S))

    def keep_last(self, duration_s: float, step: FilterStep[PoseT, GaussianT]) -> None:
        """Forget all but the newest time; the last event before that stays, to start from."""
        keep = self.count_up_to(self._events[-1].stamp_s - duration_s) - 1
        if keep > 0:
            self.belief_at(keep, step)
            del self._events[:keep], self._beliefs[:keep]
            oldest_s = self._events[0].stamp_s
            self._former = [one for one in self._former if one[0] > oldest_s]

    def _insert(self, index: int, event: Event[PoseT, GaussianT]) -> None:
        self._events.insert(index, event)
        del self._beliefs[index:]
