# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The latency benchmark: its table, and what it is told."""

import sys
from pathlib import Path

import pytest
from bench_fixtures import NODES, report

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

from latency import markdown, options

sys.path.pop(0)


def test_a_duration_that_is_too_short_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        options(["--duration", "0.1"])
    assert "at least 1 s" in capsys.readouterr().err


def test_the_table_has_all_figures() -> None:
    table = markdown(report(NODES))
    assert "| onnxruntime: array to fix, 20 samples | 0.50 | 1.00 | 1.50 | 0.05 |" in table
    assert "| nodes: scan's arrival to pose | 1.20 | 2.40 | 3.60 | 0.12 |" in table
    assert "| Monte Carlo, 2000 particles / array to fix | 4.0 |" in table
