# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How trials of a lost robot are counted."""

from __future__ import annotations

import math

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from local_inn_ros.benchmarking.over_topics.lost_probe import ELSEWHERE, LostTrial
from local_inn_ros.benchmarking.over_topics.lost_robot import LocatedScan, LostRow


def trial(began_s: float, found_s: float, answered: int = 100) -> LostTrial:
    lasted_s = 20.0 if math.isinf(found_s) else found_s + 0.3
    return LostTrial(ELSEWHERE, began_s, found_s, lasted_s, 100, answered, (0.004, 0.012))


def test_scans_count_while_the_robot_was_lost() -> None:
    # One before, two in the first trial, one in the second, one behind it.
    times = [(99.9, 1.0), (100.0, 0.001), (102.2, 0.003), (111.0, 0.002), (114.0, 1.0)]
    located = [LocatedScan(at_s, spent_s, 0.5 * spent_s) for at_s, spent_s in times]
    row = LostRow.of([trial(100.0, 2.0), trial(110.0, 3.0, answered=97)], located)
    assert (row.trials, row.soon, row.scans) == (2, 1.0, 3)
    assert row.scan_ms == pytest.approx((2.0, 3.0, 3.0))
    assert row.scan_processor_ms == pytest.approx((1.0, 1.5, 1.5))
    assert row.found_s == (2.5, 3.0, 3.0)
    assert row.odometry == 0.985
    assert row.transform_age_ms == pytest.approx((8.0, 12.0, 12.0))


def test_who_is_found_late_or_never_is_not_found_soon() -> None:
    row = LostRow.of([trial(0.0, 1.0), trial(30.0, 5.1), trial(60.0, math.inf)], [])
    assert row.soon == pytest.approx(1 / 3)
    assert row.soon_interval[0] < 1 / 3 < row.soon_interval[1]
    assert row.found_s[2] == math.inf
    assert row.scans == 0
    assert math.isnan(row.scan_ms[0])
