# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The latency benchmark: its figures, and a short run of the real thing."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

from latency import SAMPLES, measure, options, percentiles_ms

sys.path.pop(0)


def test_the_first_scans_are_left_out_of_the_figures() -> None:
    seconds = np.concatenate([np.full(20, 1.0), np.linspace(0.0, 0.1, 101)])
    found = percentiles_ms(seconds)
    assert found == pytest.approx({"p50_ms": 50.0, "p95_ms": 95.0, "p99_ms": 99.0})


def test_a_duration_that_is_too_short_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        options(["--duration", "0.1"])
    assert "at least 1 s" in capsys.readouterr().err


@pytest.mark.slow
def test_a_short_run_tells_all_figures(tmp_path: Path) -> None:
    out = tmp_path / "latency.json"
    table = measure(options(["--duration", "1", "--out", str(out)]))
    found = json.loads(out.read_text())
    by_samples = found["engines"]["onnxruntime"]
    assert set(by_samples) == {str(count) for count in SAMPLES}
    for figures in by_samples.values():
        assert 0.0 < figures["p50_ms"] <= figures["p95_ms"] <= figures["p99_ms"]
    assert set(found["stages"]) == {"beams", "inverse", "refiner", "forward", "locate"}
    assert found["mcl_2000_p50_ms"] > 0.0
    assert found["import_to_first_fix_s"] > 0.0
    assert found["rss_mb"] > 1.0
    assert "array to fix, 20 samples" in table
