# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the comparison of executors makes of what each of them heard."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from executors import Heard, figures, markdown

sys.path.pop(0)


def heard(scan_ms: float, cpu_s: float) -> Heard:
    """Ten seconds in which a tenth of the scans took ten times as long."""
    scans = [scan_ms] * 360 + [10.0 * scan_ms] * 40
    return Heard(10.0, cpu_s, scans, [0.5] * 1000, 100)


def test_of_each_figure_the_median_over_the_runs_is_told() -> None:
    told = figures([heard(0.4, 0.6), heard(0.5, 0.9), heard(3.0, 0.7)])
    assert told["scan_p50_ms"] == pytest.approx(0.5)
    assert told["scan_p99_ms"] == pytest.approx(5.0)
    assert told["odometry_p50_ms"] == pytest.approx(0.5)
    assert told["cpu_share"] == pytest.approx(0.07)
    assert (told["scans_hz"], told["odometry_hz"], told["timer_hz"]) == (40.0, 100.0, 10.0)


def test_the_table_has_a_row_for_each() -> None:
    table = markdown({"message": figures([heard(0.4, 0.6)]), "events": figures([heard(0.3, 0.5)])})
    assert "| `message` | 0.40 | 4.00 | 0.50 | 0.50 | 6.0% |" in table
    assert "| `events` | 0.30 | 3.00 | 0.50 | 0.50 | 5.0% |" in table
