# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Headers of scans that contradict themselves (cob_driver 276), and those that do not."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import pytest

from local_inn_ros.sensing.laser.beam_times import time_increment_of
from local_inn_ros.sensing.laser.header_watch import HeaderWatch
from local_inn_ros.sensing.laser.laser_spec import LaserSpec
from local_inn_ros.sensing.laser.scan_header import ScanHeader, contradictions

STEP = math.radians(0.25)
# A laser of 1081 beams over 270 degrees that turns 40 times a second.
HOKUYO = ScanHeader(
    angle_min=-540 * STEP,
    angle_max=540 * STEP,
    angle_increment=STEP,
    time_increment=0.025 / 1440,
    scan_time=0.025,
    range_min=0.06,
    range_max=10.0,
    ranges=1081,
    intensities=0,
)


def fields(header: ScanHeader, period_s: float = math.nan) -> list[str]:
    return [one.fields for one in contradictions(header, period_s)]


def test_an_increment_two_percent_too_large_is_named_with_both_numbers() -> None:
    (found,) = contradictions(replace(HOKUYO, angle_increment=1.02 * STEP))
    assert found.fields == "angle_max"
    assert f"{540 * STEP:.4g}" in found.text
    assert f"{1.02 * STEP:.6g}" in found.text
    assert "5.4 degrees apart" in found.text


@pytest.mark.parametrize(
    "header",
    [
        HOKUYO,
        # One beam too many, one too few, and an angle that was rounded.
        replace(HOKUYO, ranges=1082),
        replace(HOKUYO, ranges=1080),
        replace(HOKUYO, angle_max=2.36),
        # Clockwise, from 0 to a full turn, and silent about times.
        replace(HOKUYO, angle_min=540 * STEP, angle_max=-540 * STEP, angle_increment=-STEP),
        replace(HOKUYO, angle_min=0.0, angle_max=2 * math.pi, angle_increment=2 * math.pi / 1081),
        replace(HOKUYO, time_increment=0.0, scan_time=0.0),
        replace(HOKUYO, time_increment=0.0),
        replace(HOKUYO, scan_time=0.0),
        # Every other scan is left out.
        replace(HOKUYO, time_increment=0.5 * HOKUYO.time_increment),
        replace(HOKUYO, intensities=1081),
        replace(HOKUYO, range_max=math.inf),
        replace(HOKUYO, ranges=0, angle_max=0.0),
    ],
)
def test_headers_that_agree(header: ScanHeader) -> None:
    assert fields(header, 0.025) == []


@pytest.mark.parametrize(
    ("header", "named"),
    [
        (replace(HOKUYO, angle_increment=0.995 * STEP), "angle_max"),
        (replace(HOKUYO, angle_increment=-STEP), "angle_max"),
        (replace(HOKUYO, angle_increment=0.0), "angle_max"),
        (replace(HOKUYO, angle_max=math.nan), "angle_max"),
        (replace(HOKUYO, ranges=541), "angle_max"),
        (replace(HOKUYO, time_increment=0.025), "scan_time"),
        (replace(HOKUYO, time_increment=1e-9), "scan_time"),
        (replace(HOKUYO, scan_time=-0.1), "scan_time"),
        (replace(HOKUYO, time_increment=math.nan), "time_increment"),
        (replace(HOKUYO, range_min=12.0), "range_max"),
        (replace(HOKUYO, range_max=math.nan), "range_max"),
        (replace(HOKUYO, intensities=1080), "intensities"),
    ],
)
def test_headers_that_do_not(header: ScanHeader, named: str) -> None:
    assert fields(header) == [named]


@pytest.mark.parametrize("period_s", [0.05, 0.012])
def test_a_scan_time_that_the_stamps_contradict(period_s: float) -> None:
    found, *others = contradictions(HOKUYO, period_s)
    # Between scans that come so fast there is no time for one of them.
    assert [one.fields for one in others] == ["time_increment"] * (period_s < 0.025)
    assert found.fields == "period"
    assert "0.025" in found.text
    assert f"{period_s:g}" in found.text


def test_beams_that_take_longer_than_the_time_from_scan_to_scan() -> None:
    silent = replace(HOKUYO, scan_time=0.0, time_increment=1e-4)
    assert fields(silent, 0.025) == ["time_increment"]
    assert fields(silent, 0.2) == []


def used_s(header: ScanHeader, period_s: float = math.nan, told_s: float | None = None) -> float:
    """Return how long a scan takes, as what uses it has it."""
    spec = LaserSpec(
        name="one",
        beam_count=header.ranges,
        angle_min_rad=header.angle_min,
        angle_max_rad=header.angle_max,
        range_min_m=header.range_min,
        range_max_m=header.range_max,
        noise_std_m=0.01,
        rate_hz=40.0,
        network_beams=50,
        scan_duration_s=told_s,
    )
    steps = header.ranges - 1
    return steps * time_increment_of(
        header.time_increment,
        header.scan_time,
        header.angle_increment,
        header.ranges,
        spec,
        period_s,
    )


SWEEP_S = HOKUYO.sweep_s
TURN_S = HOKUYO.scan_time * (HOKUYO.ranges - 1) * STEP / (2.0 * math.pi)


@pytest.mark.parametrize("factor", [3.0, 10.0, 100.0, 500.0])
@pytest.mark.parametrize(
    ("scan_time", "period_s", "told_s", "right_s"),
    [
        (HOKUYO.scan_time, math.nan, None, TURN_S),
        (HOKUYO.scan_time, 0.025, None, TURN_S),
        (HOKUYO.scan_time, 0.025, SWEEP_S, SWEEP_S),
        (0.0, 0.025, None, 0.0),
        (0.0, 0.025, SWEEP_S, SWEEP_S),
        # As wrong as the other: the stamps know better.
        (9.0, 0.025, None, 0.0),
    ],
)
def test_a_time_increment_far_too_large_is_not_used(
    factor: float, scan_time: float, period_s: float, told_s: float | None, right_s: float
) -> None:
    header = replace(HOKUYO, time_increment=factor * HOKUYO.time_increment, scan_time=scan_time)
    assert used_s(header, period_s, told_s) == pytest.approx(right_s)
    told = " ".join(one.text for one in contradictions(header, period_s))
    assert "it is not gone by" in told or "scan_time is gone by" in told


def test_a_scan_time_that_is_wrong_leaves_a_time_increment_that_fits_the_stamps() -> None:
    header = replace(HOKUYO, scan_time=0.001)
    assert used_s(header, 0.025) == pytest.approx(SWEEP_S)
    assert "time_increment is gone by" in contradictions(header, 0.025)[0].text
    # A laser that leaves out scans.
    assert used_s(HOKUYO, 0.1) == pytest.approx(SWEEP_S)


def message(header: ScanHeader) -> SimpleNamespace:
    told = {name: getattr(header, name) for name in ScanHeader.__slots__}
    return SimpleNamespace(
        **{**told, "ranges": [1.0] * header.ranges, "intensities": [0.0] * header.intensities}
    )


def watched(
    watch: HeaderWatch, header: ScanHeader, scans: int, period_s: float, from_s: float = 10.0
) -> list[str]:
    news = []
    for k in range(scans):
        watch.see("laser", message(header), from_s + period_s * k)
        news += watch.news()
    return news


def test_it_is_said_once_and_again_when_it_changes() -> None:
    watch = HeaderWatch()
    wrong = replace(HOKUYO, angle_increment=1.02 * STEP)
    (said,) = watched(watch, wrong, 40, 0.025)
    assert "'laser'" in said
    assert len(watch.current()) == 1
    # A laser whose count of beams changes from scan to scan does not say it again.
    assert watched(watch, replace(wrong, ranges=1080), 5, 0.025) == []
    worse = replace(HOKUYO, angle_increment=1.05 * STEP)
    assert len(watched(watch, worse, 5, 0.025)) == 1
    # What was mended and comes back is said again.
    assert watched(watch, HOKUYO, 100, 0.025) == []
    assert watch.current() == []
    assert len(watched(watch, wrong, 5, 0.025)) == 1


@pytest.mark.parametrize("others", [(1081,), (1081, 900, 700, 1081, 500)])
def test_what_disagrees_in_some_scans_alone_is_not_said_each_time(others: tuple[int, ...]) -> None:
    watch, said = HeaderWatch(), []
    for k in range(300):
        ranges = (700, *others)[k % (1 + len(others))]
        watch.see("laser", message(replace(HOKUYO, ranges=ranges)), 10.0 + 0.025 * k)
        said += watch.news()
    assert 1 <= len(said) <= len(set(others))


def test_the_period_is_that_of_most_scans() -> None:
    watch = HeaderWatch()
    assert watched(watch, HOKUYO, 60, 0.025) == []
    (said,) = watched(watch, HOKUYO, 100, 0.1, from_s=20.0)
    assert "0.1 s apart" in said


def test_each_source_is_looked_at_by_itself() -> None:
    watch = HeaderWatch()
    watch.see("front", message(replace(HOKUYO, range_min=20.0)), 1.0)
    watch.see("rear", message(HOKUYO), 1.0)
    (said,) = watch.news()
    assert "'front'" in said
