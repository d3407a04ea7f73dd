# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A search and the scans that reach it, without topics."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from model_fixtures import oracle_model, oracle_of, room, scan_at
from ros_fixtures import DEADLINE_S

from local_inn_ros.errors import SensorError
from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.search.hypotheses import SearchResult
from local_inn_ros.localization.search.pace import Pace
from local_inn_ros.localization.search.place_search import PlaceSearch, PlaceSearchSettings
from local_inn_ros.nodes.localizer.model import Mounted
from local_inn_ros.nodes.localizer.observation_intake import Words
from local_inn_ros.nodes.localizer.search_run import Lookout, SearchObservation, SearchRun
from local_inn_ros.sensing import Scan
from local_inn_ros.sensing.laser.laser_mount import LaserMount

HERE = Pose2(1.5, 1.2, 0.4)
SCANS = Words("scan", "scans", "scan")
SETTINGS = PlaceSearchSettings(timeout_s=60.0, confirm_readings=3)


@pytest.fixture(scope="module")
def mounted() -> Mounted:
    model = oracle_model(room())
    oracle_of(model).sensor_pose = HERE
    return model.mounted_at(LaserMount(Pose2.identity()))


def sight(mounted: Mounted, number: int, frame: str = "laser") -> SearchObservation:
    """The scan of a robot that stands still, a tenth of a second after the one before."""
    scan = scan_at(room(), HERE, 100.0 + 0.11 * number)
    return SearchObservation(frame, mounted, scan, Pose2.identity())


def search_run(lookout: Lookout, ends_s: float = math.inf) -> SearchRun:
    return SearchRun(lookout, SETTINGS, ends_s, lambda name: f"/{name}", Pace(1.0), SCANS)


def watched(
    monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[int], None]
) -> list[tuple[int, SearchResult | None]]:
    """Return what each scan, by its number, came to; something happens after each."""
    original, looked = PlaceSearch.add, []

    def add(self: PlaceSearch, scan: Scan, odometry: Pose2) -> SearchResult | None:
        result = original(self, scan, odometry)
        looked.append((round((scan.stamp_s - 100.0) / 0.11), result))
        meanwhile(len(looked))
        return result

    monkeypatch.setattr(PlaceSearch, "add", add)
    return looked


def test_scans_that_come_while_one_is_looked_at_are_left_out(
    mounted: Mounted, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookout = Lookout()

    def five_more(count: int) -> None:
        for k in range(5):
            lookout.put(sight(mounted, 5 * count + k))

    looked = watched(monkeypatch, five_more)
    lookout.put(sight(mounted, 0))
    outcome = search_run(lookout).run()
    assert [number for number, _ in looked] == [0, 9, 14, 19]
    assert outcome.result.found
    assert outcome.decided
    assert outcome.stamp_s == pytest.approx(100.0 + 0.11 * 19)
    assert outcome.motion == Pose2.identity()


def test_a_bad_scan_on_the_way_is_passed_over(
    mounted: Mounted, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookout = Lookout()

    def next_one(count: int) -> None:
        lookout.put(sight(mounted, count))
        if count == 2:
            raise SensorError("bad on purpose")

    looked = watched(monkeypatch, next_one)
    lookout.put(sight(mounted, 0))
    assert search_run(lookout).run().result.found
    assert len(looked) >= 4


def test_a_bad_first_scan_is_told_at_once(mounted: Mounted) -> None:
    lookout, good = Lookout(), sight(mounted, 0)
    useless = Scan(100.0, good.scan.ranges_m[:0], -2.3, 0.02, 0.05, 15.0)
    lookout.put(SearchObservation("laser", mounted, useless, Pose2.identity()))
    with pytest.raises(SensorError, match="the scan is empty"):
        search_run(lookout).run()


def test_scans_of_another_sensor_do_not_join_in(
    mounted: Mounted, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookout = Lookout()
    model = oracle_model(room())
    elsewhere = model.mounted_at(LaserMount(Pose2(0.5, 0.0, 0.0)))
    again = model.mounted_at(mounted.mount)

    def next_ones(count: int) -> None:
        # The newest scan of each is at hand: of the same laser, though what works on its scans was
        # made anew, of one mounted elsewhere, and of another one.
        lookout.put(sight(again, 3 * count))
        lookout.put(sight(elsewhere, 3 * count + 1))
        lookout.put(sight(mounted, 3 * count + 2, "another laser"))

    looked = watched(monkeypatch, next_ones)
    lookout.put(sight(mounted, 0))
    assert search_run(lookout).run().result.found
    assert [number for number, _ in looked] == [0, 3, 6, 9]


def test_what_was_seen_can_be_forgotten(mounted: Mounted) -> None:
    lookout = Lookout()
    lookout.put(sight(mounted, 0))
    lookout.put(SearchObservation("laser", mounted, sight(mounted, 1).scan, None))
    lookout.forget()
    assert lookout.without_odometry() is None
    lookout.put(sight(mounted, 2))
    seen = lookout.next_after(None)
    assert seen is not None
    assert seen.scan.stamp_s == pytest.approx(100.22)


def test_a_search_is_over_by_real_time_too(mounted: Mounted) -> None:
    lookout = Lookout()
    lookout.put(sight(mounted, 0))
    outcome = search_run(lookout, ends_s=time.monotonic()).run()
    assert not outcome.decided
    assert outcome.result.reason == "the scans did not decide it in time"


def test_a_reason_to_end_wakes_who_waits(mounted: Mounted) -> None:
    lookout = Lookout()
    lookout.put(sight(mounted, 0))
    began = threading.Event()

    def run() -> str:
        began.set()
        # The one scan is looked at, then nothing more comes.
        return search_run(lookout).run().result.reason

    with ThreadPoolExecutor(max_workers=1) as threads:
        future = threads.submit(run)
        assert began.wait(DEADLINE_S)
        lookout.end("on purpose")
        assert future.result(DEADLINE_S) == "on purpose"
    assert lookout.next_after(None) is None
    lookout.end("")
    lookout.put(sight(mounted, 1))
    assert lookout.next_after(None) is not None
