# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from local_inn_ros.localization.monitoring.kidnap_monitor import KidnapMonitor
from local_inn_ros.localization.monitoring.kidnap_watch import KidnapWatch

FITS, MISFITS, EXPECTED = 0.99, 1e-6, 3.0


def observe(watch: KidnapWatch, start_s: float, seconds: float, **qualities: float) -> list[bool]:
    """Let each laser give ten fixes a second; return what was said after each."""
    said = []
    for k in range(round(10 * seconds)):
        for laser, quality in qualities.items():
            said.append(watch.observe(laser, start_s + 0.1 * k, quality, EXPECTED))
    return said


def test_one_laser_alone_is_watched_as_by_its_monitor() -> None:
    watch, monitor = KidnapWatch(), KidnapMonitor()
    for k in range(40):
        quality = FITS if k < 10 else MISFITS
        assert watch.observe("front", 0.1 * k, quality, EXPECTED) == monitor.observe(
            0.1 * k, quality, EXPECTED
        )
    assert monitor.lost


def test_a_laser_that_is_covered_raises_no_alarm_while_another_fits() -> None:
    watch = KidnapWatch()
    assert not any(observe(watch, 0.0, 20.0, front=FITS, rear=MISFITS))


def test_where_no_laser_fits_the_robot_is_lost() -> None:
    watch = KidnapWatch()
    assert not any(observe(watch, 0.0, 3.0, front=FITS, rear=FITS))
    assert observe(watch, 3.0, 3.0, front=MISFITS, rear=MISFITS)[-1]


def test_a_laser_that_was_covered_all_along_does_not_hide_that_the_robot_is_lost() -> None:
    watch = KidnapWatch()
    assert not any(observe(watch, 0.0, 5.0, front=FITS, rear=MISFITS))
    assert observe(watch, 5.0, 3.0, front=MISFITS, rear=MISFITS)[-1]


def test_a_laser_that_fell_silent_has_no_say() -> None:
    watch = KidnapWatch()
    observe(watch, 0.0, 5.0, front=FITS, rear=MISFITS)
    said = observe(watch, 5.0, 3.0, rear=MISFITS)
    assert not said[0]
    assert said[-1]


def test_a_new_pose_begins_without_evidence() -> None:
    watch = KidnapWatch()
    assert observe(watch, 0.0, 5.0, front=MISFITS, rear=MISFITS)[-1]
    watch.reset()
    assert not watch.observe("front", 5.0, FITS, EXPECTED)
