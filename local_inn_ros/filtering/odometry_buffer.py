# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The recent past of the odometry, readable at any instant."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from copy import copy
from enum import Enum
from typing import Generic

from local_inn_ros.filtering.odometry_restart import Gap, RestartWatch
from local_inn_ros.filtering.reading import Reading
from local_inn_ros.filtering.stamps_ahead import count_ahead
from local_inn_ros.filtering.state_space import PoseT
from local_inn_ros.geometry import Pose2

__all__ = ["EXTRAPOLATION_S", "TIME_JUMP_S", "Arrival", "MotionBuffer", "OdometryBuffer", "Reading"]

# A twist is trusted this far past the newest reading: a few periods of a slow odometry.
EXTRAPOLATION_S = 0.1
# A stamp further back than this means that the clock was set back or a recording began again.
TIME_JUMP_S = 1.0
# Readings that may turn out to be stamped ahead.
_REMEMBERED = 4


class Arrival(Enum):
    """What became of a reading."""

    KEPT = "kept"
    DROPPED = "dropped"
    """No newer than the newest: repeated or out of order."""
    AFTER_ONE_AHEAD = "stamped ahead of the next, which is kept in its place"
    """The one before was stamped ahead of its time: that one was forgotten, this one kept."""
    TIME_JUMP = "time jump"
    """Time went back: everything older was cleared, the reading was kept."""
    UNUSABLE = "unusable"
    """A number is not finite, or beyond all measure."""
    POSITION_JUMP = "position jump"
    """The odometry began again elsewhere (``RestartWatch``): as with a time jump."""

    @property
    def begins_anew(self) -> bool:
        """Whether nothing is known of the motion between the readings before and this one."""
        return self in (Arrival.TIME_JUMP, Arrival.POSITION_JUMP)

    @property
    def goes_back(self) -> bool:
        """Whether this reading may be older than the one before."""
        return self.begins_anew or self is Arrival.AFTER_ONE_AHEAD

    @property
    def taken(self) -> bool:
        """Whether the reading was kept."""
        return self not in (Arrival.DROPPED, Arrival.UNUSABLE)


class MotionBuffer(Generic[PoseT]):
    """Odometry readings of the last seconds, with what lies between them."""

    def __init__(self, horizon_s: float = 10.0) -> None:
        """Begin empty; readings older than ``horizon_s`` before the newest are forgotten."""
        self._horizon_s = horizon_s
        self._stamps: list[float] = []
        self._readings: list[Reading[PoseT]] = []
        self._watch = RestartWatch()
        # The watch as it was before each of the newest readings.
        self._watches: deque[RestartWatch] = deque(maxlen=_REMEMBERED)
        self._gap: Gap[PoseT] | None = None
        # What came before the odometry began again last.
        self._former: MotionBuffer[PoseT] | None = None

    @property
    def gap(self) -> Gap[PoseT] | None:
        """What may have happened before the odometry that began again last; None if none did."""
        return self._gap

    @property
    def newest_stamp_s(self) -> float | None:
        """Stamp of the newest reading; None where there is none."""
        return self._stamps[-1] if self._stamps else None

    @property
    def previous_stamp_s(self) -> float | None:
        """Stamp of the reading before the newest; None where there is none."""
        return self._stamps[-2] if len(self._stamps) > 1 else None

    @property
    def oldest_stamp_s(self) -> float | None:
        """Stamp of the oldest reading still known; None where there is none."""
        return self._stamps[0] if self._stamps else None

    def clear(self) -> None:
        """Forget everything."""
        self._stamps.clear()
        self._readings.clear()

    def add(self, odometry: Reading[PoseT]) -> Arrival:
        """Take in one reading and say what became of it."""
        if not odometry.is_usable():
            return Arrival.UNUSABLE
        arrival = Arrival.KEPT
        if self._stamps and self._forget_ahead(odometry.stamp_s):
            arrival = Arrival.AFTER_ONE_AHEAD
        if self._stamps and odometry.stamp_s <= self._stamps[-1]:
            if odometry.stamp_s >= self._stamps[-1] - TIME_JUMP_S:
                return Arrival.DROPPED
            arrival = Arrival.TIME_JUMP
        elif self._readings and self._begins_again(odometry):
            arrival = Arrival.POSITION_JUMP
            earlier = self._readings[-2] if len(self._readings) > 1 else None
            self._gap = self._watch.gap(earlier, self._readings[-1], odometry)
            self._former = MotionBuffer[PoseT](self._horizon_s)
            self._former._stamps, self._former._readings = self._stamps, self._readings
        if arrival.begins_anew:
            self._stamps, self._readings = [], []
            self._watches.clear()
        self._stamps.append(odometry.stamp_s)
        self._readings.append(odometry)
        self._forget()
        return arrival

    def _begins_again(self, odometry: Reading[PoseT]) -> bool:
        self._watches.append(copy(self._watch))
        return self._watch.begins_again(self._readings[-1], odometry)

    def _forget_ahead(self, stamp_s: float) -> bool:
        """Forget the newest readings, if one of this stamp shows that they were stamped ahead."""
        count = count_ahead(self._stamps, stamp_s) if stamp_s <= self._stamps[-1] else 0
        if not 0 < count <= len(self._watches):
            return False
        del self._stamps[-count:], self._readings[-count:]
        self._watch = self._watches[-count]
        for _ in range(count):
            self._watches.pop()
        return True

    def pose_at(self, stamp_s: float) -> PoseT | None:
        """Return the base in the odometry frame at an instant.

        Interpolated between readings; carried on with the newest twist up to ``EXTRAPOLATION_S``
        past the newest.

        Returns:
            The pose; None before the oldest reading or too far past the newest.
        """
        if not self._stamps or stamp_s < self._stamps[0]:
            return None
        if stamp_s > self._stamps[-1]:
            return self._extrapolated(stamp_s)
        after = bisect_left(self._stamps, stamp_s)
        if self._stamps[after] == stamp_s:
            return self._readings[after].pose
        start, end = self._readings[after - 1], self._readings[after]
        share = (stamp_s - start.stamp_s) / (end.stamp_s - start.stamp_s)
        return start.towards(end, share)

    def reading_at(self, stamp_s: float) -> Reading[PoseT] | None:
        """Return the reading of this stamp; None where there is none."""
        place = bisect_left(self._stamps, stamp_s)
        found = place < len(self._stamps) and self._stamps[place] == stamp_s
        return self._readings[place] if found else None

    def after(self, stamp_s: float) -> list[Reading[PoseT]]:
        """Return the readings newer than ``stamp_s``, oldest first."""
        return self._readings[bisect_right(self._stamps, stamp_s) :]

    def motion_between(self, from_s: float, to_s: float) -> PoseT | None:
        """Return the base at ``to_s`` seen from the base at ``from_s``; None where not known."""
        start, end = self.pose_at(from_s), self.pose_at(to_s)
        return None if start is None or end is None else start.between(end)

    def motion_to_gap(self, from_s: float) -> tuple[PoseT, float] | None:
        """Return how the base moved up to where the odometry began again, and for how long (s).

        None where it has not begun again, or that was before ``from_s`` or too long after.
        """
        former = self._former
        if former is None or former.newest_stamp_s is None:
            return None
        motion = former.motion_between(from_s, former.newest_stamp_s)
        return None if motion is None else (motion, abs(former.newest_stamp_s - from_s))

    def _extrapolated(self, stamp_s: float) -> PoseT | None:
        newest = self._readings[-1]
        ahead_s = stamp_s - newest.stamp_s
        if ahead_s > EXTRAPOLATION_S:
            return None
        return newest.carried_on(ahead_s)

    def _forget(self) -> None:
        # One reading before the horizon stays, so that all of the horizon can be interpolated.
        keep = max(bisect_left(self._stamps, self._stamps[-1] - self._horizon_s) - 1, 0)
        # Deleting from the front moves the whole list: done rarely, many at a time.
        if keep > len(self._stamps) // 2 or keep > 256:
            del self._stamps[:keep]
            del self._readings[:keep]


class OdometryBuffer(MotionBuffer[Pose2]):
    """Readings of a planar robot's odometry, interpolated along circle arcs."""
