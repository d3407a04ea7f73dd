# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`local-inn bench`."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
from bench_fixtures import NODES, report
from cli_helpers import invoke, refused

from local_inn_ros.benchmarking.bench_report import BenchReport
from local_inn_ros.cli import bench
from local_inn_ros.resources import resource_directory


def test_the_help_has_an_example() -> None:
    text = " ".join(invoke("bench", "--help").split())
    assert "Example: local-inn bench models/lab --json build/bench.json" in text


def test_figures_are_shown_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def measured(*words: object) -> BenchReport:
        asked.extend(words)
        return report(NODES)

    monkeypatch.setattr(bench, "measured", measured)
    out = tmp_path / "bench.json"
    text = invoke("bench", tmp_path / "lab", "--duration", 3, "--seed", 4, "--json", out)
    assert asked == [tmp_path / "lab", 3.0, 4]
    assert "onnxruntime: array to fix, 20 samples │ 0.500 │ 1.000 │ 1.500 │ 0.050" in " ".join(
        text.split()
    )
    assert "Monte Carlo, 2000 particles" in text
    assert "399 of 400" in text
    assert "without tensorrt: TensorRT is missing" in text
    assert "ROS 2 is not installed" not in text
    assert json.loads(out.read_text()) == json.loads(json.dumps(report(NODES).to_json()))


def test_without_ros_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "measured", lambda *_: report())
    assert "without the nodes: ROS 2 is not installed" in invoke("bench", tmp_path)


def test_a_bundle_that_is_not_there_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert "no bundle at" in refused(capsys, monkeypatch, "bench", tmp_path / "none")


@pytest.mark.slow
def test_a_short_run_tells_all_figures(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    bundle = resource_directory("models") / "generated_track"
    text = invoke("bench", bundle, "--duration", 1.5, "--json", out)
    found = json.loads(out.read_text())
    for engine, by_samples in found["engines"].items():
        assert set(by_samples) == {"2", "20", "100", "1000", "places"}
        for figures in by_samples.values():
            assert 0.0 < figures["p50_ms"] <= figures["p95_ms"] <= figures["p99_ms"]
        assert set(found["cpu_share"][engine]) == {"10", "40", "100"}
        assert {"beams", "inverse", "refiner", "statistics", "forward", "ekf"} <= set(
            found["stages"][engine]
        )
    assert "onnxruntime" in found["engines"]
    assert set(found["mcl"]) == {"500", "2000", "4000"}
    assert found["import_to_first_fix_s"] > 0.0
    assert found["rss_mb"] > 1.0
    assert (found["node_p50_ms"] is not None) == (importlib.util.find_spec("rclpy") is not None)
    # A narrow terminal wraps the rest.
    assert "onnxruntime: array to fix, 20" in text
