# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The scaling benchmark: maps of any area, and what a bundle of each costs."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from scipy import ndimage

pytest.importorskip("torch", reason="training needs torch")
from tiny_training import SENSOR, SETTINGS, untrained

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.errors import LocalInnError
from local_inn_ros.systems.local_inn_2d.presets import PRESETS
from local_inn_ros.world import FreeSpace, RayCaster, grid_hash

ROOT = Path(__file__).parents[2]


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "path", [str(ROOT / "benchmarks"), *sys.path])
    import scaling

    # Seconds where the true settings and sensor take minutes.
    monkeypatch.setitem(PRESETS, "standard", SETTINGS)
    monkeypatch.setattr(scaling, "load_laser_spec", lambda _: SENSOR)
    return scaling


def call(benchmark: ModuleType, monkeypatch: pytest.MonkeyPatch, *words: object) -> None:
    monkeypatch.setattr(sys, "argv", ["scaling.py", *map(str, words)])
    benchmark.main()


@pytest.mark.parametrize("count", [1, 2, 5, 10])
def test_floors_hang_together(benchmark: ModuleType, count: int) -> None:
    grid = benchmark.joined_floors(np.random.default_rng(3), count)
    _, regions = ndimage.label(grid.free_mask())
    assert regions == 1
    space = FreeSpace(grid, 0.15)
    assert space.area_m2 == pytest.approx(150.0 * count, rel=0.25)
    # A robot 0.8 m wide comes from the first floor to the last.
    assert FreeSpace(grid, 0.4).bounds.width_m > 0.8 * space.bounds.width_m
    assert FreeSpace(grid, 0.4).bounds.height_m > 0.8 * space.bounds.height_m
    poses = space.sample(np.random.default_rng(0), 300)
    ranges = RayCaster(grid).cast(poses, np.linspace(-3.1, 3.1, 90), 100.0)
    assert np.isfinite(ranges).all()


def test_the_seed_decides_the_map(benchmark: ModuleType) -> None:
    first, again, other = (
        benchmark.joined_floors(np.random.default_rng(seed), 2) for seed in (1, 1, 2)
    )
    assert grid_hash(first) == grid_hash(again) != grid_hash(other)


def test_a_bundle_is_trained_measured_and_used_again(
    benchmark: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    trainings = []
    train = benchmark.train_run

    def train_run(system, run, seed, out, progress) -> Path:
        trainings.append((run.settings.steps, seed))
        return train(system, run, seed, out, progress)

    monkeypatch.setattr(benchmark, "train_run", train_run)
    out = tmp_path / "deep" / "scaling.json"
    words = ("--areas", 150, "--steps", 4, "--bundles", tmp_path / "bundles", "--out", out)
    call(benchmark, monkeypatch, *words)
    [row] = json.loads(out.read_text())["rows"]
    bundle = Bundle.load(tmp_path / "bundles" / "floors_1")
    space = FreeSpace(bundle.grid, SETTINGS.clearance_m)
    assert (row["floors"], row["steps"]) == (1, 4)
    assert row["area_m2"] == pytest.approx(space.area_m2, abs=0.1)
    assert row["width_m"] == pytest.approx(space.bounds.width_m, abs=0.1)
    sizes = sum(graph.path.stat().st_size for graph in bundle.graphs)
    assert row["networks_mb"] == pytest.approx(sizes / 1e6, abs=0.01)
    # A smaller map than this one, whose feature maps have fewer nodes.
    smaller = sum(each.numel() for each in untrained().parameters() if each.requires_grad)
    assert row["parameters"] > smaller
    assert row["inverse_ms"] > 0.0
    assert row["forward_ms"] > 0.0
    assert row["inn_position_mean_m"] == bundle.description.measured["inn_position_mean_m"]
    assert row["forward_median_m"] == bundle.description.measured["forward_median_m"]
    assert f"| {row['area_m2']:,.0f} m2 |" in capsys.readouterr().out
    assert trainings == [(4, 0)]
    # Asked for again, it is there; other settings ask for another.
    call(benchmark, monkeypatch, *words)
    assert trainings == [(4, 0)]
    kept = {"folder": bundle.path, "grid": bundle.grid, "sensor": SENSOR, "seed": 0}
    settings = replace(SETTINGS, steps=4)
    assert benchmark.kept(settings=settings, **kept) is not None
    assert benchmark.kept(settings=replace(settings, batch=65), **kept) is None
    wider = replace(settings.network, scan_hidden=33)
    assert benchmark.kept(settings=replace(settings, network=wider), **kept) is None
    shaky = replace(settings, prior_deviation=(0.2, 0.2, 0.3))
    assert benchmark.kept(settings=shaky, **kept) is None
    assert benchmark.kept(settings=settings, **{**kept, "seed": 1}) is None
    other = benchmark.joined_floors(np.random.default_rng(1), 1)
    assert benchmark.kept(settings=settings, **{**kept, "grid": other}) is None
    assert benchmark.kept(settings=settings, **{**kept, "folder": tmp_path / "none"}) is None

    def interrupted(system, run, seed, out, progress) -> Path:
        trainings.append(("again", seed))
        return bundle.path

    monkeypatch.setattr(benchmark, "train_run", interrupted)
    with pytest.raises(LocalInnError, match="was interrupted"):
        call(benchmark, monkeypatch, *words, "--again", "--steps", 5)
    assert trainings == [(4, 0), ("again", 0)]


def test_the_table_says_what_grew(benchmark: ModuleType) -> None:
    small = benchmark.Row(1, 150.0, 17.0, 14.0, 500_000, 4.0, 10, 60.0, 2.0, 1.0, *[0.01] * 5)
    large = replace(
        small, floors=10, area_m2=1500.0, parameters=1_500_000, networks_mb=12.0, training_s=66.0
    )
    table = benchmark.markdown([small, large])
    assert "| 1,500 m2 | 17 x 14 m | 1.50 M | 12.0 MB | 66 s | 2.00 ms | 1.00 ms |" in table
    assert "area grows 10.0 times; parameters 3.0, networks 3.0, training 1.1," in table
    assert "area grows" not in benchmark.markdown([small])


def test_the_short_form_keeps_its_bundles_apart(
    benchmark: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["scaling.py", "--short"])
    short = benchmark.options()
    monkeypatch.setattr(sys, "argv", ["scaling.py"])
    whole = benchmark.options()
    assert short.areas == whole.areas == [150.0, 1500.0, 15000.0]
    assert (short.steps, whole.steps) == (benchmark.SHORT_STEPS, SETTINGS.steps)
    assert short.bundles != whole.bundles


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--areas", "150", "-1"], "--areas must be above 0 m2"),
        (["--areas", "inf"], "--areas must be above 0 m2"),
        (["--steps", "0"], "--steps must be at least 1, not 0"),
    ],
)
def test_options_out_of_range_are_named(
    benchmark: ModuleType,
    words: list[str],
    complaint: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        call(benchmark, monkeypatch, *words)
    assert complaint in capsys.readouterr().err
