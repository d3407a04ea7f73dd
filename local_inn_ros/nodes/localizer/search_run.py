# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One search of the whole map, over the observations that come while it runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from local_inn_ros.errors import LocalInnError
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.search.hypotheses import SearchResult
from local_inn_ros.localization.search.pace import Pace
from local_inn_ros.localization.search.place_search import PlaceSearch, PlaceSearchSettings
from local_inn_ros.nodes.localizer.model import Mounted
from local_inn_ros.nodes.localizer.observation_intake import SensorMount, Words
from local_inn_ros.sensing import BeamState, Observation, Scan
from local_inn_ros.sensing.laser.beams import classify_ranges

# A scan older than this may have been taken before the robot was put down; when none has come for
# so long, none is going to.
PATIENCE_S = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class SearchObservation:
    """An observation, and what is known with it.

    Attributes:
        frame: of the sensor.
        mounted: what works on the observation.
        scan: the reading.
        odometry: the base in the odometry frame at the scan's stamp; None where not known.
        offered: places of the base that are worth a look.
    """

    frame: str
    mounted: Mounted[Any]
    scan: Observation
    odometry: Pose2 | None
    offered: tuple[GaussianPose2, ...] = ()

    @property
    def sensor(self) -> tuple[str, SensorMount[Any]]:
        """Tells sensors apart; what works on the scans of one may be made anew meanwhile."""
        return self.frame, self.mounted.mount


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a search came to.

    Attributes:
        result: the answer; its poses are of the base at ``stamp_s``.
        decided: whether the scans and the odometry led to it; otherwise the search broke off.
        stamp_s: stamp of the last scan that was looked at; 0 where there was none.
        motion: the base at ``stamp_s`` seen from the base at the first scan.
        offered: places at the first scan that were worth a look.
    """

    result: SearchResult
    decided: bool
    stamp_s: float
    motion: Pose2
    offered: tuple[GaussianPose2, ...] = ()


def failed(reason: str) -> Outcome:
    """Return the outcome of a search that looked at nothing."""
    return Outcome(SearchResult(False, None, (), reason, 0.0), False, 0.0, Pose2.identity())


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """A sight, and the real time at which it came."""

    sight: SearchObservation
    at_s: float


def _sight_m(sight: SearchObservation) -> float:
    """Return how far a scan sees: the mean of its ranges, 0 for beams that measured none.

    A laser that is covered, or stands in a crowd, sees less far than another.
    """
    scan = sight.scan
    if not isinstance(scan, Scan):
        return 0.0
    states = classify_ranges(scan.ranges_m, scan.range_min_m, scan.range_max_m)
    ranges = np.where(states == BeamState.RETURN, scan.ranges_m, 0.0)
    return float(np.mean(ranges)) if ranges.size else 0.0


class Lookout:
    """Hands the newest scan from the node's thread to that of the search; older ones are lost."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self._changed = threading.Condition()
        # Of each laser, with the real time at which it came.
        self._newest: dict[tuple[str, SensorMount[Any]], _Seen] = {}
        self._blind: SearchObservation | None = None
        self._blind_s = -PATIENCE_S
        self._ended = ""

    def put(self, sight: SearchObservation) -> None:
        """Take in the newest scan."""
        with self._changed:
            if sight.odometry is None:
                self._blind, self._blind_s = sight, time.monotonic()
            else:
                now_s = time.monotonic()
                seen = self._newest.items()
                self._newest = {one: s for one, s in seen if now_s - s.at_s <= PATIENCE_S}
                self._newest[sight.sensor] = _Seen(sight, now_s)
            self._changed.notify_all()

    def forget(self) -> None:
        """Forget what was seen: the odometry of what comes has nothing to do with it."""
        with self._changed:
            self._newest.clear()
            self._blind, self._blind_s = None, -PATIENCE_S

    def end(self, reason: str) -> None:
        """Let whoever waits, and whoever will, give up; an empty reason lets them wait again."""
        with self._changed:
            self._ended = reason
            self._changed.notify_all()

    @property
    def ended(self) -> str:
        """Why to give up; empty where there is no reason to."""
        return self._ended

    def next_after(self, last: SearchObservation | None) -> SearchObservation | None:
        """Wait for a scan with odometry newer than ``last``; None where none comes.

        Without a last one, that of the laser that sees farthest. The others are of the same laser.
        """
        began_s = time.monotonic()
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._next(last, began_s), PATIENCE_S)
            return None if self._ended else self._next(last, began_s)

    def without_odometry(self) -> SearchObservation | None:
        """Return the newest scan that the odometry did not reach; None where there is none."""
        with self._changed:
            return self._blind if time.monotonic() - self._blind_s <= PATIENCE_S else None

    def _next(self, last: SearchObservation | None, began_s: float) -> SearchObservation | None:
        fresh = [s.sight for s in self._newest.values() if s.at_s >= began_s - PATIENCE_S]
        if last is not None:
            fresh = [one for one in fresh if one is not last and one.sensor == last.sensor]
        return max(fresh, key=_sight_m, default=None)


class SearchRun:
    """A search from its first scan to its answer; it always comes to one.

    The newest scan is looked at; those that came while the one before was looked at are not.
    """

    def __init__(
        self,
        lookout: Lookout,
        settings: PlaceSearchSettings,
        ends_s: float,
        topic_name: Callable[[str], str],
        pace: Pace,
        words: Words,
    ) -> None:
        """Prepare.

        Args:
            lookout: tells the scans.
            settings: when the search is over, by the scans' stamps.
            ends_s: when it is over by real time (``time.monotonic``).
            topic_name: resolves the name of a topic, for people.
            pace: of the work on the scans.
            words: what the observations are called.
        """
        self._pace = pace
        self._words = words
        self._lookout = lookout
        self._settings = settings
        self._ends_s = ends_s
        self._topic_name = topic_name
        self._search: PlaceSearch[Any] | None = None
        self._first: SearchObservation | None = None
        self._last: SearchObservation | None = None

    def run(self) -> Outcome:
        """Search.

        Raises:
            SensorError: the first scan cannot be used.
        """
        seen: SearchObservation | None = None
        while time.monotonic() < self._ends_s:
            seen = self._lookout.next_after(seen)
            if seen is None:
                return self._nothing_more_comes()
            with self._pace.work():
                result = self._look_at(seen)
            if result is not None:
                return self._outcome(result, decided=True)
        return self._given_up(f"the {self._words.many} did not decide it in time")

    def _look_at(self, sight: SearchObservation) -> SearchResult | None:
        assert sight.odometry is not None
        if self._search is None or self._first is None:
            mounted = sight.mounted
            self._search = PlaceSearch(
                mounted.relocalizer, mounted.tracker, self._settings, sight.offered
            )
            self._first = self._last = sight
            return self._search.add(sight.scan, sight.odometry)
        try:
            result = self._search.add(sight.scan, sight.odometry)
        except LocalInnError:
            # One bad scan does not end a search that has begun.
            return None
        self._last = sight
        return result

    def _nothing_more_comes(self) -> Outcome:
        if self._lookout.ended:
            return self._given_up(self._lookout.ended)
        blind = self._lookout.without_odometry()
        if blind is None:
            return self._given_up(
                f"no {self._words.many}: no usable one has come for {PATIENCE_S:.0f} s on "
                f"'{self._topic_name(self._words.topic)}'; see the node's log and /diagnostics"
            )
        reason = (
            f"no odometry: for {PATIENCE_S:.0f} s none has come on '{self._topic_name('odom')}' "
            f"that reaches the {self._words.many}' stamps"
        )
        if self._first is not None:
            return self._given_up(
                f"{reason}; it is needed to follow what one {self._words.one} left open"
            )
        result = blind.mounted.relocalizer.search(blind.scan)
        if not result.found:
            reason += f", and one {self._words.one} does not tell the place: {result.reason}"
            result = SearchResult(False, None, result.hypotheses, reason, result.seconds)
        return Outcome(result, False, blind.scan.stamp_s, Pose2.identity())

    def _given_up(self, reason: str) -> Outcome:
        if self._search is None:
            return failed(reason)
        return self._outcome(self._search.give_up(reason), decided=False)

    def _outcome(self, result: SearchResult, decided: bool) -> Outcome:
        first, last = self._first, self._last
        assert first is not None
        assert last is not None
        assert first.odometry is not None
        assert last.odometry is not None
        motion = first.odometry.between(last.odometry)
        return Outcome(result, decided, last.scan.stamp_s, motion, first.offered)
