# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The benchmark of errors against speed, and the figures that it draws from runs."""

from __future__ import annotations

import json
import math
import sys
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from evaluation_fixtures import SPEC

from local_inn_ros.errors import MapError
from local_inn_ros.evaluation.accuracy import EstimatorRun, accuracy, mean_interval
from local_inn_ros.evaluation.dead_reckoning import DeadReckoning
from local_inn_ros.evaluation.replay import replay_baseline
from local_inn_ros.evaluation.simulated_drive import Drive, events_over, record
from local_inn_ros.resources import resource_directory
from local_inn_ros.sensing import Odometry, Scan
from local_inn_ros.simulation import LaserModel, OdometryModel, Simulator
from local_inn_ros.world import generate_race_track

ROOT = Path(__file__).parents[1]
ESTIMATORS = [
    "inn", "inn+field", "fused", "fused_no_refiner", "field_tracker", "mcl_2000", "odometry",
]  # fmt: skip


def simulator(odometry: OdometryModel, speed_mps: float = 5.0) -> Simulator:
    world = generate_race_track(np.random.default_rng(5), lap_m=45.0)
    rng = np.random.default_rng(0)
    return Simulator(world.grid, world.route, LaserModel(SPEC), odometry, speed_mps, rng)


def run_with_errors(seed: int, errors_m: list[float], spread: bool = True) -> EstimatorRun:
    """A run whose estimates are off in x alone, told to be 0.1 m and 0.1 rad sure."""
    count = len(errors_m)
    truth = np.tile([1.0, 2.0, 3.1], (count, 1))
    estimates = truth + np.column_stack([errors_m, np.zeros((count, 2))])
    covariances = np.tile(0.01 * np.eye(3), (count, 1, 1)) if spread else None
    return EstimatorRun(seed, 0.1 * np.arange(count), estimates, truth, covariances)


def test_runs_are_taken_together() -> None:
    found = accuracy([run_with_errors(0, [0.1, 0.3]), run_with_errors(1, [0.0, 0.0, 0.0, 0.9])])
    assert found.mean_m == pytest.approx((0.2 + 0.225) / 2)
    assert found.mean_interval_m is not None
    assert found.mean_interval_m.low == pytest.approx(0.2)
    assert found.mean_interval_m.high == pytest.approx(0.225)
    assert found.pooled.ape_median_m == pytest.approx(0.05)
    assert found.pooled.ape_max_m == pytest.approx(0.9)
    assert found.calibration is not None
    assert found.calibration.anees == pytest.approx((1.0 + 9.0 + 81.0) / 6)
    assert found.lost.episodes == 1
    row = found.to_json()
    assert row["n"] == 6
    assert [each["n"] for each in row["per_seed"]] == [2, 4]
    assert [each["lost_episodes"] for each in row["per_seed"]] == [0, 1]


def test_what_is_not_known_of_runs_is_null() -> None:
    row = accuracy([run_with_errors(0, [0.1, 0.3], spread=False)]).to_json()
    assert row["calibration"] is None
    assert row["mean_m_interval_95"] is None
    assert row["yaw_mean_deg_interval_95"] is None


def test_the_interval_of_a_mean_holds_the_mean_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    held = []
    for _ in range(200):
        interval = mean_interval(rng.normal(3.0, 1.0, 40))
        assert interval is not None
        held.append(interval.low < 3.0 < interval.high)
    assert 0.88 < np.mean(held) < 0.99


def test_a_drive_is_recorded_over_a_distance() -> None:
    driving = simulator(OdometryModel())
    driving.advance_to(2.0)
    drive = record(events_over(driving, 12.0, 5.0))
    assert drive.truth.path_m() == pytest.approx(12.0, abs=0.2)
    assert drive.scans[0].stamp_s > 2.0
    assert np.isfinite(drive.truth.at([scan.stamp_s for scan in drive.scans])).all()
    used = list(drive.readings())
    assert len(used) == len(drive.scans) + len(drive.odometry)
    for before, after in pairwise(used[:-1]):
        if isinstance(after, Scan) and isinstance(before, Odometry):
            assert after.stamp_s <= before.stamp_s


def test_a_robot_that_stands_does_not_get_round() -> None:
    with pytest.raises(MapError, match=r"went 0\.0 m, not the 1\.0 m of its lap"):
        record(events_over(simulator(OdometryModel(), speed_mps=0.0), 1.0, 5.0))


@pytest.mark.parametrize("slip", [0.0, 0.1])
def test_dead_reckoning_is_as_good_as_the_odometry(slip: float) -> None:
    model = OdometryModel(
        slip=slip, turn_slip=slip, noise_per_sqrt_m=0.0, turn_noise_per_sqrt_m=0.0
    )
    drive: Drive = record(simulator(model).events(4.0))
    run = replay_baseline(DeadReckoning(), drive.readings(), drive.truth)
    off = np.hypot(*(run.poses - drive.truth.at(run.stamps_s))[:, :2].T)
    assert len(run.stamps_s) == len(drive.scans)
    assert off[0] == pytest.approx(0.0, abs=1e-9)
    assert off[-1] < 0.02 if slip == 0.0 else off[-1] > 0.1


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "path", [str(ROOT / "benchmarks"), *sys.path])
    import accuracy as benchmark

    return benchmark


def shipped_bundle() -> Path:
    path = resource_directory("models") / "generated_track"
    if not (path / "bundle.yaml").is_file():
        pytest.skip(f"no bundle is shipped at {path}")
    return path


def test_the_benchmark_writes_a_row_for_each_estimator(
    benchmark: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bundle, out = shipped_bundle(), tmp_path / "deep" / "accuracy.json"
    words = ["--bundle", bundle, "--seeds", 2, "--speeds", 5, "--duration", 0.6, "--out", out]
    monkeypatch.setattr(sys, "argv", ["accuracy.py", *map(str, words)])
    benchmark.main()
    written = json.loads(out.read_text())
    rows = {row["estimator"]: row for row in written["rows"]}
    assert list(rows) == ESTIMATORS
    for row in rows.values():
        assert row["map"] == "generated_track"
        assert row["speed_mps"] == 5.0
        assert row["n"] == 48
        assert [each["seed"] for each in row["per_seed"]] == [0, 1]
        low, high = row["mean_m_interval_95"]
        assert 0.0 < low <= row["mean_m"] <= high
        assert math.isfinite(row["yaw_mean_deg"])
        assert 1e-4 < row["crlb_m"] < 0.01
    assert rows["fused"]["mean_m"] < 0.05
    assert rows["fused"]["lost"]["episodes"] == 0
    assert rows["fused"]["mean_m"] < rows["odometry"]["mean_m"]
    assert rows["fused"]["calibration"]["anees"] > 0.0
    assert rows["fused"]["per_seed"][0]["mean_m"] != rows["fused"]["per_seed"][1]["mean_m"]
    printed = capsys.readouterr().out
    assert "| generated_track, 5 m/s, 2 seeds | mean [cm] |" in printed
    for name in ESTIMATORS:
        assert f"\n| {name} | " in printed


def test_the_short_form_is_one_run_on_the_shipped_track(
    benchmark: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def run(*words: object) -> list[object]:
        asked.append(words)
        return []

    monkeypatch.setattr(benchmark, "run", run)
    words = ["--short", "--speeds", "3", "7", "--out", str(tmp_path / "a.json")]
    monkeypatch.setattr(sys, "argv", ["accuracy.py", *words])
    benchmark.main()
    [(folders, speeds, conditions)] = asked
    assert folders == [resource_directory("models") / "generated_track"]
    assert speeds == [3.0]
    assert conditions.seeds == 1
    assert conditions.slip == 0.1
    assert json.loads((tmp_path / "a.json").read_text())["rows"] == []


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--seeds", "0"], "--seeds must be at least 1, not 0"),
        (["--speeds", "5", "0"], "--speeds must be above 0"),
        (["--duration", "nan"], "--duration must be at least 0.1 s, not nan"),
        (["--blocked-share", "1"], "--blocked-share lies between 0 and 1, not 1.0"),
        (["--slip", "-0.1"], "--slip lies between 0 and 1, not -0.1"),
    ],
)
def test_options_out_of_range_are_named(
    benchmark: ModuleType,
    words: list[str],
    complaint: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["accuracy.py", *words])
    with pytest.raises(SystemExit):
        benchmark.main()
    assert complaint in capsys.readouterr().err
