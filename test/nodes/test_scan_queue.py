# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_inn_ros.nodes.common.clock_skew import ClockSkew
from local_inn_ros.nodes.localizer.scan_queue import Oddity, ScanQueue


class Bench:
    """A queue of numbered scans, with the oddities that it noted."""

    def __init__(self, odometry_s: float | None = 100.0) -> None:
        self.noted: Counter[Oddity] = Counter()
        self.queue: ScanQueue[str] = ScanQueue(self.note)
        self.now_s = 0.0
        if odometry_s is not None:
            self.queue.odometry_reached(odometry_s)

    def note(self, oddity: Oddity) -> None:
        self.noted[oddity] += 1

    def put(self, stamp_s: float, source: str = "laser") -> None:
        self.queue.put(source, stamp_s, f"{source} {stamp_s:g}", self.now_s)

    def ready(self, after_s: float = 0.0) -> list[str]:
        self.now_s += after_s
        return self.queue.take_ready(self.now_s)

    def dropped(self) -> int:
        return sum(count for oddity, count in self.noted.items() if oddity.dropped)


def test_scans_go_out_once_the_odometry_has_reached_them() -> None:
    bench = Bench()
    for stamp_s in (99.99, 100.05, 100.2, 100.3):
        bench.put(stamp_s)
    assert bench.ready() == ["laser 99.99", "laser 100.05"]
    assert (len(bench.queue), bench.queue.newest) == (2, "laser 100.3")
    bench.queue.odometry_reached(100.15)
    assert bench.ready() == ["laser 100.2"]
    assert bench.ready() == []
    bench.queue.odometry_reached(100.4)
    assert bench.ready() == ["laser 100.3"]
    assert (len(bench.queue), bench.queue.newest, bench.noted) == (0, None, Counter())


def test_scans_of_two_lasers_go_out_by_their_stamps() -> None:
    bench = Bench(None)
    for stamp_s in (100.0, 100.1):
        bench.put(stamp_s + 0.02, "rear")
        bench.put(stamp_s, "front")
    assert bench.ready() == []
    bench.queue.odometry_reached(100.2)
    assert bench.ready() == ["front 100", "rear 100.02", "front 100.1", "rear 100.12"]


def test_the_same_stamp_of_the_same_laser_counts_once() -> None:
    bench = Bench()
    for _ in range(3):
        bench.put(100.0)
        bench.put(100.0, "other")
    assert bench.ready() == ["laser 100", "other 100"]
    # Nor does it when it has been used.
    bench.put(100.0)
    assert bench.ready() == []
    assert bench.noted == {Oddity.REPEATED: 5}


def test_scans_out_of_order_and_late_are_used_and_counted() -> None:
    bench = Bench()
    for stamp_s in (99.9, 99.8, 99.5, 98.1):
        bench.put(stamp_s)
    assert len(bench.ready()) == 4
    assert bench.noted == {Oddity.OUT_OF_ORDER: 3, Oddity.LATE: 2}
    assert not any(oddity.dropped for oddity in bench.noted)


def test_scans_that_are_too_late_are_dropped() -> None:
    bench = Bench()
    bench.put(97.9)
    assert bench.ready() == []
    assert len(bench.queue) == 0
    # Time might have gone back: so it is known only a moment later.
    assert bench.ready(1.0) == []
    assert bench.noted == {}
    assert bench.ready(1.1) == []
    assert bench.noted == {Oddity.TOO_LATE: 1}


def test_scans_that_the_odometry_never_reaches_are_dropped_in_time() -> None:
    for odometry_s in (100.0, None):
        bench = Bench(odometry_s)
        bench.put(3700.0)
        assert bench.ready(1.9) == []
        assert len(bench.queue) == 1
        assert bench.ready(0.2) == []
        assert len(bench.queue) == 0
        assert bench.noted == {Oddity.NOT_REACHED: 1}


def test_one_scan_from_the_future_is_no_harm_to_those_after_it() -> None:
    bench = Bench()
    bench.put(5000.0)
    for k in range(10):
        bench.put(100.0 + 0.01 * k)
    assert len(bench.ready()) == 10
    assert bench.noted == {Oddity.OUT_OF_ORDER: 1}


def test_the_oldest_of_a_laser_goes_when_too_many_of_it_wait() -> None:
    bench = Bench()
    bench.put(101.0, "slow")
    for k in range(25):
        bench.put(101.0 + 0.01 * k, "fast")
    assert len(bench.queue) == 21
    assert bench.noted == {Oddity.OVERTAKEN: 5}
    bench.queue.odometry_reached(102.0)
    assert bench.ready()[:2] == ["slow 101", "fast 101.05"]


def test_a_scan_without_a_stamp_is_dropped_unless_time_begins() -> None:
    bench = Bench()
    bench.put(0.0)
    assert bench.ready() == []
    assert bench.noted == {Oddity.UNSTAMPED: 1}
    simulated = Bench(0.01)
    simulated.put(0.0)
    assert simulated.ready() == ["laser 0"]


def test_time_that_goes_back_clears_all() -> None:
    bench = Bench()
    bench.put(100.0)
    bench.ready()
    bench.put(100.5)
    bench.queue.time_went_back(40.0)
    assert len(bench.queue) == 0
    bench.put(40.0)
    assert bench.ready() == ["laser 40"]
    # The same stamp as before is another one now.
    bench.queue.odometry_reached(100.0)
    bench.put(100.0)
    assert bench.ready() == ["laser 100"]
    assert bench.noted == {Oddity.OF_A_TIME_BEFORE: 1}


def test_scans_whose_time_goes_back_first_wait_for_the_odometry_to_follow() -> None:
    bench = Bench()
    bench.put(100.0)
    bench.ready()
    for stamp_s in (40.0, 40.025, 40.025):
        bench.put(stamp_s)
    assert bench.ready(0.1) == []
    bench.queue.time_went_back(40.01)
    assert bench.ready() == ["laser 40", "laser 40.025"]
    assert bench.noted == {Oddity.REPEATED: 1}


def test_odometry_that_leaps_ahead_leaves_nothing_behind() -> None:
    bench = Bench()
    bench.put(100.2)
    bench.put(129.9)
    bench.queue.odometry_reached(130.0)
    assert bench.ready() == ["laser 129.9"]
    assert bench.noted == {Oddity.TOO_LATE: 1}
    bench.put(130.0)
    assert bench.ready() == ["laser 130"]


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("scan"), st.floats(-3.0, 3.0), st.sampled_from("ab")),
            st.tuples(st.just("odometry"), st.floats(-0.5, 3.0), st.just("")),
            st.tuples(st.just("back"), st.floats(-100.0, -1.0), st.just("")),
            st.tuples(st.just("wait"), st.floats(0.0, 1.5), st.just("")),
        ),
        max_size=120,
    )
)
@settings(max_examples=200)
def test_every_scan_goes_out_once_or_is_counted(
    happenings: list[tuple[str, float, str]],
) -> None:
    bench = Bench()
    odometry_s, sent, out = 100.0, 0, 0
    for what, value, source in happenings:
        if what == "scan":
            bench.put(odometry_s + value, source)
            sent += 1
        elif what == "odometry":
            odometry_s += value
            bench.queue.odometry_reached(odometry_s)
        elif what == "back":
            odometry_s += value
            bench.queue.time_went_back(odometry_s)
        given_out = bench.ready(value if what == "wait" else 0.01)
        stamps = [float(one.split()[1]) for one in given_out]
        assert stamps == sorted(stamps)
        assert all(odometry_s - 2.001 <= stamp <= odometry_s + 0.101 for stamp in stamps)
        out += len(given_out)
    assert len(bench.queue) <= 40
    # Nothing waits for ever.
    assert bench.ready(3.0) == []
    assert sent == out + bench.dropped()


def compared(behind_s: float, count: int = 10, age_s: float = 0.01) -> ClockSkew:
    skew = ClockSkew()
    for k in range(count):
        skew.compare("laser", 100.0 + k - behind_s, 100.0 + k, 100.0 + k + age_s)
    return skew


@pytest.mark.parametrize("behind_s", [-0.1, 0.0, 0.05, 0.5])
def test_clocks_that_agree_are_no_trouble(behind_s: float) -> None:
    skew = compared(behind_s)
    assert skew.trouble() == ""
    assert skew.figures()["stamps of 'laser' behind odometry [s]"] == pytest.approx(behind_s)
    assert skew.figures()["odometry age [s]"] == pytest.approx(0.01)


@pytest.mark.parametrize(("behind_s", "words"), [(3.2, "3.20 s behind"), (-0.5, "0.50 s ahead of")])
def test_clocks_apart_are_told_by_how_much(behind_s: float, words: str) -> None:
    assert f"the scans of 'laser' are stamped {words} the odometry" in compared(behind_s).trouble()


def test_one_scan_that_was_held_up_is_no_skew() -> None:
    skew = compared(0.02, count=20)
    skew.compare("laser", 100.0, 130.0, 130.0)
    assert skew.trouble() == ""


def test_a_few_scans_do_not_tell() -> None:
    assert compared(5.0, count=4).trouble() == ""
    skew = compared(5.0)
    skew.clear()
    assert (skew.trouble(), skew.figures()) == ("", {})


def test_the_laser_whose_clock_is_off_is_named() -> None:
    skew = compared(0.02)
    for k in range(10):
        skew.compare("rear_laser", 50.0 + k, 100.0 + k, 100.0 + k)
    assert "'rear_laser' are stamped 50.00 s behind" in skew.trouble()
