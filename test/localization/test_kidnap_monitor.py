# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_inn_ros.localization.monitoring.kidnap_monitor import KidnapMonitor, MonitorSettings

RIGHT, DOUBTFUL, WRONG = 0.999, 0.5, 0.001
USUAL, SURPRISING = 2.0, 300.0


def seconds_until(lost: bool, monitor, rate_hz, quality, d2, start_s=0.0, limit_s=10.0) -> float:
    """Seconds of such readings after which the monitor says so; inf where it never does."""
    for index in range(1, round(limit_s * rate_hz) + 1):
        if monitor.observe(start_s + index / rate_hz, quality, d2) == lost:
            return index / rate_hz
    return math.inf


def believing(rate_hz=40.0, seconds=5.0) -> KidnapMonitor:
    """A monitor to which all has been well until 0."""
    monitor = KidnapMonitor()
    for stamp in np.arange(-seconds, 0.0 + 1e-9, 1.0 / rate_hz):
        assert not monitor.observe(float(stamp), RIGHT, USUAL)
    return monitor


@pytest.mark.parametrize("rate_hz", [5.0, 10.0, 40.0, 100.0])
def test_a_robot_that_was_moved_is_noticed_within_a_second_at_any_rate(rate_hz):
    assert 0.2 <= seconds_until(True, believing(rate_hz), rate_hz, WRONG, USUAL) <= 0.7


@pytest.mark.parametrize("rate_hz", [5.0, 40.0])
def test_one_bad_reading_is_no_alarm(rate_hz):
    monitor = believing(rate_hz)
    for index in range(1, 400):
        quality = 0.0 if index % 4 == 0 else RIGHT
        assert not monitor.observe(index / rate_hz, quality, USUAL)


@pytest.mark.parametrize("rate_hz", [5.0, 10.0, 40.0])
def test_wheels_that_slip_now_and_then_are_no_alarm(rate_hz):
    monitor = believing(rate_hz)
    for index in range(round(60 * rate_hz)):
        surprise = SURPRISING if index % 4 < 2 else USUAL
        assert not monitor.observe((index + 1) / rate_hz, RIGHT, surprise)


@pytest.mark.parametrize("rate_hz", [5.0, 10.0, 40.0])
def test_fixes_that_fit_but_never_agree_with_what_is_believed_are_an_alarm(rate_hz):
    # The robot was moved so little that the scans are aligned at once; the filter refuses them.
    assert 0.4 <= seconds_until(True, believing(rate_hz), rate_hz, RIGHT, SURPRISING) <= 1.0


def test_a_surprise_tips_the_scale_where_the_scans_leave_it_open():
    assert seconds_until(True, believing(), 40.0, DOUBTFUL, USUAL) == math.inf
    assert seconds_until(True, believing(), 40.0, DOUBTFUL, SURPRISING) < 1.0


def test_an_innovation_that_is_not_known_says_nothing():
    with_none, with_usual = believing(), believing()
    for index in range(1, 20):
        with_none.observe(index / 40.0, 0.3, math.nan)
        with_usual.observe(index / 40.0, 0.3, USUAL)
    assert with_none.evidence == with_usual.evidence > 0.0


@pytest.mark.parametrize("rate_hz", [5.0, 40.0])
def test_a_lost_robot_is_found_again_after_a_while_of_good_readings(rate_hz):
    monitor = believing(rate_hz)
    seconds_until(True, monitor, rate_hz, WRONG, USUAL)
    for index in range(round(5 * rate_hz)):
        assert monitor.observe(10.0 + index / rate_hz, WRONG, USUAL)
    assert 0.5 <= seconds_until(False, monitor, rate_hz, RIGHT, USUAL, start_s=20.0) <= 2.0
    assert monitor.evidence == 0.0


def test_a_good_moment_is_not_enough_to_be_found_again():
    monitor = believing()
    seconds_until(True, monitor, 40.0, WRONG, USUAL, limit_s=2.0)
    for index in range(8):
        assert monitor.observe(3.0 + index / 40.0, RIGHT, USUAL)


def test_reset_forgets_all():
    monitor = believing()
    seconds_until(True, monitor, 40.0, WRONG, USUAL)
    monitor.reset()
    assert not monitor.lost and monitor.evidence == 0.0
    assert not monitor.observe(-100.0, RIGHT, USUAL)


@pytest.mark.parametrize("quality", [math.nan, 0.0, -1.0])
def test_a_quality_that_is_none_counts_as_wrong(quality):
    assert seconds_until(True, believing(), 40.0, quality, USUAL) < 1.0


def test_time_that_stands_or_jumps_back_adds_nothing():
    monitor = believing()
    monitor.observe(1.0, WRONG, USUAL)
    once = monitor.evidence
    for stamp in (1.0, 1.0, 0.5, -7.0):
        monitor.observe(stamp, WRONG, USUAL)
    assert monitor.evidence == once
    assert seconds_until(True, monitor, 40.0, WRONG, USUAL, start_s=-7.0) < 1.0


@given(
    st.lists(st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1e4), st.floats(0.0, 5.0)), max_size=60)
)
def test_evidence_stays_within_its_bounds_and_tells_whether_the_robot_is_lost(readings):
    monitor, settings, stamp = KidnapMonitor(), MonitorSettings(), 0.0
    for quality, d2, step in readings:
        stamp += step
        before = monitor.evidence
        lost = monitor.observe(stamp, quality, d2)
        assert lost == monitor.lost
        assert 0.0 <= monitor.evidence <= 2.0 * settings.alarm
        assert monitor.evidence <= before + settings.most_against + 1e-9
        assert monitor.evidence >= max(before - settings.most_for, 0.0) - 1e-9
        assert lost or monitor.evidence < settings.alarm
        assert not lost or monitor.evidence > 0.0


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.0, 20.0))
def test_a_better_reading_never_adds_evidence(one, other, d2):
    better, worse = believing(seconds=0.1), believing(seconds=0.1)
    for index in range(1, 10):
        better.observe(index / 10.0, max(one, other), d2)
        worse.observe(index / 10.0, min(one, other), d2)
    assert better.evidence <= worse.evidence


def test_settings_make_sense():
    with pytest.raises(ValueError, match="alarm must be finite and above 0, got 0"):
        MonitorSettings(alarm=0.0)
    with pytest.raises(ValueError, match="apart_s"):
        MonitorSettings(apart_s=math.nan)
