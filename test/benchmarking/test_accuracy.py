# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The accuracy benchmark, the drives that it makes and the figures that it draws from them."""

from __future__ import annotations

import json
import math
import shutil
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from benchmark_scripts import benchmark_script, run_script, shipped_bundle
from evaluation_fixtures import SPEC

from local_inn_ros.benchmarking.accuracy import EstimatorRun, accuracy, mean_interval
from local_inn_ros.benchmarking.drive_conditions import CONDITIONS, Condition
from local_inn_ros.benchmarking.simulated_drive import Drive, drive_lap, record
from local_inn_ros.benchmarking.worlds import ScanKind
from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.description import read_description, write_description
from local_inn_ros.errors import LocalInnError
from local_inn_ros.evaluation.baselines.dead_reckoning import DeadReckoning
from local_inn_ros.evaluation.replay import replay_baseline
from local_inn_ros.geometry import Pose2
from local_inn_ros.sensing import Odometry, Scan
from local_inn_ros.simulation import LaserModel, OdometryModel, Simulator
from local_inn_ros.simulation.worlds import (
    DrivenWorld,
    GeneratedWorld,
    WorldKind,
    generate_race_track,
)
from local_inn_ros.world import RayCaster

ROOT = Path(__file__).parents[2]
ESTIMATORS = [
    "inn", "inn_wide", "inn+forward", "inn+field", "fused", "fused_no_refiner", "field_tracker",
    "mcl_500", "mcl_2000", "mcl_4000", "odometry",
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


def track_drive(condition: Condition, seed: int, duration_s: float = 2.0) -> Drive:
    world = generate_race_track(np.random.default_rng(5), lap_m=45.0)
    driven = DrivenWorld(world.grid, RayCaster(world.grid))
    return drive_lap(driven, world.route, SPEC, Pose2.identity(), condition, 5.0, duration_s, seed)


def test_each_seed_drives_another_part_of_the_lap() -> None:
    drives = [track_drive(CONDITIONS["clean"], seed) for seed in range(3)]
    starts = np.array([drive.truth.poses[0, :2] for drive in drives])
    apart = np.linalg.norm(starts[:, None] - starts[None], axis=-1)
    assert apart[np.triu_indices(3, 1)].min() > 3.0
    for drive in drives:
        # After the run-up, at speed.
        assert drive.scans[0].stamp_s > 2.0
        assert drive.truth.path_m() == pytest.approx(10.0, abs=3.0)
        assert np.isfinite(drive.truth.at([scan.stamp_s for scan in drive.scans])).all()
        used = list(drive.steady_readings())
        assert len(used) == len(drive.scans) + len(drive.odometry)
        for before, after in pairwise(used[:-1]):
            if isinstance(after, Scan) and isinstance(before, Odometry):
                assert after.stamp_s <= before.stamp_s


def test_conditions_disturb_what_they_say() -> None:
    clean, blocked, slip, both = (
        track_drive(CONDITIONS[name], 1) for name in ("clean", "blocked", "slip", "both")
    )
    for drive in (blocked, slip, both):
        np.testing.assert_array_equal(drive.truth.poses, clean.truth.poses)
    shorter = np.mean(
        [
            np.mean(ours.ranges_m < theirs.ranges_m - 0.1)
            for ours, theirs in zip(blocked.scans, slip.scans, strict=True)
        ]
    )
    assert 0.25 < shorter < 0.45
    assert [one.ranges_m.tolist() for one in both.swept_scans] == [
        one.ranges_m.tolist() for one in blocked.swept_scans
    ]
    assert [one.speed_mps for one in both.odometry] == [one.speed_mps for one in slip.odometry]
    assert CONDITIONS["slip"].odometry().scale == (0.7, 1.3)
    assert CONDITIONS["slip"].odometry().turn_bias_share == 0.05
    spinning = track_drive(Condition("spinning", scale=(1.3, 1.3)), 1)
    scaled, unscaled = (
        np.array([reading.speed_mps for reading in drive.odometry]) for drive in (spinning, clean)
    )
    assert scaled / unscaled == pytest.approx(1.3, abs=0.05)


@pytest.mark.parametrize("slip", [0.0, 0.1])
def test_dead_reckoning_is_as_good_as_the_odometry(slip: float) -> None:
    model = OdometryModel(
        slip=slip, turn_slip=slip, noise_per_sqrt_m=0.0, turn_noise_per_sqrt_m=0.0
    )
    drive: Drive = record(simulator(model).events(4.0), Pose2.identity())
    run = replay_baseline(DeadReckoning(), drive.steady_readings(), drive.truth)
    off = np.hypot(*(run.poses - drive.truth.at(run.stamps_s))[:, :2].T)
    assert len(run.stamps_s) == len(drive.scans)
    assert off[0] == pytest.approx(0.0, abs=1e-9)
    assert off[-1] < 0.02 if slip == 0.0 else off[-1] > 0.1


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return benchmark_script("accuracy", monkeypatch)


def test_the_benchmark_writes_a_row_for_each_estimator(
    benchmark: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out, text = tmp_path / "deep" / "accuracy.json", tmp_path / "deeper" / "accuracy.md"
    words = ["--bundle", shipped_bundle(), "--seeds", 2, "--speeds", 5, "--conditions", "clean"]
    words += ["--duration", 0.6, "--jobs", 1, "--runs", tmp_path / "runs"]
    words += ["--out", out, "--markdown", text]
    run_script(benchmark, monkeypatch, *words)
    written = json.loads(out.read_text())
    assert written["settings"]["conditions"][0]["name"] == "clean"
    kinds = [(row["world"], row["scan"]) for row in written["rows"]]
    compared = [
        ("smooth", "in_turn"),
        ("own", "in_turn"),
        ("smooth", "instant"),
        ("own", "instant"),
    ]
    assert list(dict.fromkeys(kinds)) == compared
    assert all(kinds.count(one) == len(ESTIMATORS) for one in compared)
    rows = {
        row["estimator"]: row
        for row in written["rows"]
        if row["world"] == "smooth" and row["scan"] == "in_turn"
    }
    assert [name for name in rows if name in ESTIMATORS] == ESTIMATORS
    for row in rows.values():
        assert row["map"] == "generated_track"
        assert row["condition"] == "clean"
        assert row["speed_mps"] == 5.0
        assert row["n"] == 48
        assert [each["seed"] for each in row["per_seed"]] == [0, 1]
        low, high = row["mean_m_interval_95"]
        assert 0.0 < low <= row["mean_m"] <= high
        assert math.isfinite(row["yaw_mean_deg"])
        assert 1e-4 < row["crlb_faces_m"] < row["crlb_m"] < 0.01
        assert row["crlb_ratio"] == pytest.approx(row["mean_m"] / row["crlb_m"])
    assert rows["fused"]["mean_m"] < 0.05
    assert rows["fused"]["lost"]["episodes"] == 0
    assert rows["fused"]["mean_m"] < rows["odometry"]["mean_m"]
    assert rows["fused"]["calibration"]["anees"] > 0.0
    assert rows["fused"]["ms_per_scan"] > 0.0
    assert rows["fused"]["per_seed"][0]["mean_m"] != rows["fused"]["per_seed"][1]["mean_m"]
    assert text.read_text() in capsys.readouterr().out
    assert "### clean: smooth walls, beams in turn" in text.read_text()
    # Once more from what was kept: the same to the last digit.
    out.unlink()
    run_script(benchmark, monkeypatch, *words)
    assert json.loads(out.read_text()) == written


def test_the_short_form_is_one_run_on_the_shipped_track(
    benchmark: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(benchmark, "run_jobs", lambda jobs, *_: asked.extend(jobs))
    monkeypatch.setattr(benchmark, "compare", lambda *_: [])
    bundle = shipped_bundle()
    run_script(benchmark, monkeypatch, "--short", "--out", tmp_path / "a.json")
    assert [(job.world, job.scan) for job in asked] == [
        (WorldKind.SMOOTH, ScanKind.IN_TURN),
        (WorldKind.OWN, ScanKind.IN_TURN),
        (WorldKind.SMOOTH, ScanKind.INSTANT),
        (WorldKind.OWN, ScanKind.INSTANT),
    ]
    for job in asked:
        assert job.bundle == bundle
        assert (job.map, job.condition, job.speed_mps) == ("generated_track", "clean", 5.0)
        assert (job.duration_s, job.seed) == (10.0, 0)
    assert json.loads((tmp_path / "a.json").read_text())["rows"] == []


def test_the_whole_table_is_every_map_speed_disturbance_and_seed(
    benchmark: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["accuracy.py"])
    jobs = benchmark.all_jobs(benchmark.options(), [shipped_bundle()])
    assert len(set(jobs)) == len(jobs) == 3 * 4 * 5 + 3 * 3 * 5
    # The comparison is made without disturbances.
    assert {job.condition for job in jobs if job.world is WorldKind.OWN} == {"clean"}
    assert {job.speed_mps for job in jobs} == {1.0, 5.0, 8.0}
    assert {job.condition for job in jobs} == {"clean", "blocked", "slip", "both"}
    assert {job.seed for job in jobs} == set(range(5))


def test_what_has_no_bundle_is_trained_and_what_has_no_map_is_left_out(
    benchmark: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    import map_bundles

    settings = pytest.importorskip("local_inn_ros.systems.local_inn_2d.presets")
    train = pytest.importorskip("local_inn_ros.training.train")
    shipped, folder = shipped_bundle(), tmp_path / "bundles"
    for suffix in ("yaml", "pgm"):
        for file in shipped.glob(f"map*.{suffix}"):
            shutil.copy(file, tmp_path / file.name)
    (tmp_path / "map.yaml").rename(tmp_path / "berlin.yaml")
    monkeypatch.setattr(map_bundles, "MAPS", tmp_path)
    # A circuit of full length takes minutes to draw.
    short = GeneratedWorld(Bundle.load(shipped).grid, np.zeros((2, 2)))
    monkeypatch.setattr(map_bundles, "generate_circuit", lambda rng, **sizes: short)
    wanted = replace(settings.PRESETS["standard"], steps=7)
    monkeypatch.setitem(settings.PRESETS, "standard", wanted)
    asked = []

    def train_bundle(system, inputs, order, out, progress) -> Path:
        asked.append((inputs.sensors["laser"].rate_hz, order.preset, order.seed, steps))
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(shipped, out)
        made = read_description(out / "bundle.yaml")
        record = {**made.training, "steps": steps}
        write_description(made.model_copy(update={"training": record}), out / "bundle.yaml")
        return out

    monkeypatch.setattr(train, "train_bundle", train_bundle)
    # An interrupt ends a training early: what it made is not taken for the real thing.
    steps = 3
    with pytest.raises(LocalInnError, match=r"generated_circuit was interrupted"):
        map_bundles.map_bundles(folder)
    assert not (folder / "generated_circuit").exists()
    steps = 7
    for _ in range(2):
        made = map_bundles.map_bundles(folder)
        names = ["generated_circuit", "drawn_floor", "berlin"]
        assert made == [shipped, *(folder / name for name in names)]
    assert asked == [
        (10.0, "standard", 0, 3),
        (10.0, "standard", 0, 7),
        (40.0, "standard", 0, 7),
        (40.0, "standard", 0, 7),
    ]
    assert {path.name for path in folder.iterdir()} == set(names)
    assert "left out: skirk, whose map is not at" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--seeds", "0"], "--seeds must be at least 1, not 0"),
        (["--jobs", "0"], "--jobs must be at least 1, not 0"),
        (["--speeds", "5", "0"], "--speeds must be above 0"),
        (["--duration", "nan"], "--duration must be at least 0.1 s, not nan"),
        (["--conditions", "rain"], "invalid choice: 'rain'"),
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
