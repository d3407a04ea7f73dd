# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from local_inn_ros.benchmarking.calibration_job import Promises
from local_inn_ros.evaluation import metrics
from local_inn_ros.evaluation.metrics import Calibration
from local_inn_ros.evaluation.reliability import draw_reliability, kept_shares

FILE = Path(__file__).resolve().parents[2] / "benchmarks" / "calibration.py"


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(FILE.parent))
    spec = importlib.util.spec_from_file_location("calibration_benchmark", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


def test_a_right_covariance_keeps_what_it_promises() -> None:
    squared = np.random.default_rng(0).chisquare(3, 20_000)
    promised = np.array([0.1, 0.5, 0.9, 0.99])
    assert kept_shares(squared, promised) == pytest.approx(promised, abs=0.012)
    # Half as wide as it should be: it keeps less; twice as wide: more.
    assert np.all(kept_shares(4.0 * squared, promised) < promised)
    assert np.all(kept_shares(0.25 * squared, promised) > promised)


def test_squared_distances_turn_the_short_way() -> None:
    poses = np.array([[0.0, 0.0, 3.1], [1.0, 2.0, 0.0]])
    truths = np.array([[0.0, 0.0, -3.1], [1.2, 2.0, 0.0]])
    covariances = np.repeat(np.diag([0.1, 0.1, 0.1])[None] ** 2, 2, axis=0)
    turned = (2.0 * np.pi - 6.2) / 0.1
    found = metrics.squared_distances(poses, covariances, truths)
    assert found == pytest.approx([turned**2, 4.0])


def test_the_picture_is_written(tmp_path: Path) -> None:
    squared = {"a": np.random.default_rng(0).chisquare(3, 500), "b": np.ones(3)}
    draw_reliability(squared, tmp_path / "r.png", "title")
    assert (tmp_path / "r.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("found", "asked"),
    [
        (Calibration(3.0, 0.199, 0.739, 0.971), True),
        (Calibration(2.41, 0.24, 0.79, 0.99), True),
        (Calibration(2.39, 0.199, 0.739, 0.971), False),
        (Calibration(3.61, 0.199, 0.739, 0.971), False),
        (Calibration(3.0, 0.26, 0.739, 0.971), False),
        (Calibration(3.0, 0.199, 0.67, 0.971), False),
        (Calibration(3.0, 0.199, 0.739, 0.93), False),
    ],
)
def test_what_is_asked_is_what_is_checked(
    benchmark: ModuleType, found: Calibration, asked: bool
) -> None:
    assert benchmark.within(found) is asked


def test_rows_say_what_the_runs_were(benchmark: ModuleType) -> None:
    rng = np.random.default_rng(1)
    runs = [Promises(rng.chisquare(3, 4000), 4.0 * rng.chisquare(3, 4000)) for _ in range(2)]
    row = benchmark.to_row("track, clean, 5 m/s", Promises.joined(runs))
    assert row["scans"] == 8000
    assert row["anees"] == pytest.approx(3.0, abs=0.1)
    assert row["coverage"] == pytest.approx([0.199, 0.739, 0.971], abs=0.02)
    assert row["within"]
    assert row["network_anees"] == pytest.approx(12.0, abs=0.4)
    text = benchmark.markdown([row, {**row, "within": False}])
    assert f"| track, clean, 5 m/s | 8,000 | {row['anees']:.2f} |" in text
    assert "1 of 2 sequences as asked" in text
