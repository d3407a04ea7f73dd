# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The forward pass alone: its errors, the map drawn from it, the picture and the benchmark."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from benchmark_scripts import benchmark_script, run_script, shipped_bundle
from model_fixtures import SENSOR, OracleNetworks, room
from PIL import Image
from scipy import ndimage

from local_inn_ros.benchmarking.forward_pass import ForwardPasses, forward_passes
from local_inn_ros.benchmarking.map_picture import coarser, draw_held_map
from local_inn_ros.engines import Float32Array
from local_inn_ros.errors import BundleError, LocalInnError
from local_inn_ros.geometry import Pose2
from local_inn_ros.world import FREE, OCCUPIED, UNKNOWN, FreeSpace, OccupancyGrid

ROOT = Path(__file__).parents[2]


class Off(OracleNetworks):
    """Expects every wall farther away than it is, by as much as it is told."""

    off_m: Float32Array | float = 0.0

    def expected_ranges(self, poses: Float32Array) -> Float32Array:
        return super().expected_ranges(poses) + np.float32(self.off_m)


def passes(
    grid: OccupancyGrid, count: int, off_m: Float32Array | float = 0.0, seed: int = 0
) -> ForwardPasses:
    engine = Off(grid, SENSOR)
    engine.off_m = off_m
    poses = FreeSpace(grid, 0.15).sample(np.random.default_rng(seed), count)
    return forward_passes(engine, grid, SENSOR, poses)


def test_the_errors_are_those_that_are_there() -> None:
    assert passes(room(), 50).figures() == {"mean_m": 0.0, "median_m": 0.0, "p90_m": 0.0}
    # A tenth of the beams is off by a metre, the others by 2 cm.
    off = np.full((50, SENSOR.network_beams), 0.02)
    off[:, ::10] = -1.0
    figures = passes(room(), 50, off).figures()
    assert figures["median_m"] == pytest.approx(0.02, abs=1e-5)
    assert figures["mean_m"] == pytest.approx(0.9 * 0.02 + 0.1, abs=1e-5)
    assert 0.02 - 1e-5 <= figures["p90_m"] <= 1.0 + 1e-5
    off[:, 1::10] = 1.0
    assert passes(room(), 50, off).figures()["p90_m"] == pytest.approx(1.0, abs=1e-5)


def test_a_network_that_answers_with_no_number_is_refused() -> None:
    with pytest.raises(BundleError, match="train it again"):
        passes(room(), 3, math.nan)


@pytest.mark.parametrize("origin", [Pose2(-1.0, -1.0, 0.0), Pose2(3.0, -8.0, 0.7)])
def test_beams_end_on_the_walls_that_they_meet(origin: Pose2) -> None:
    grid = OccupancyGrid(room().cells, 0.05, origin)
    found = passes(grid, 200)
    ends = found.end_points()
    assert ends.shape == (found.hits.sum(), 2)
    heading = found.poses[:, 2:] + found.angles_rad
    ahead = np.stack([np.cos(heading), np.sin(heading)], axis=-1)[found.hits]
    # A hair behind the face lies the cell, a hair before it does not.
    assert np.mean(grid.values_at(ends + 1e-3 * ahead) == OCCUPIED) > 0.999
    assert np.mean(grid.values_at(ends - 1e-3 * ahead) == FREE) > 0.99


@pytest.mark.parametrize("origin", [Pose2(-1.0, -1.0, 0.0), Pose2(3.0, -8.0, 0.7)])
def test_the_map_drawn_is_the_map(origin: Pose2) -> None:
    grid = OccupancyGrid(room().cells, 0.05, origin)
    share = passes(grid, 3000).map_drawn(grid)
    reached = np.isfinite(share)
    assert np.all((share[reached] >= 0.0) & (share[reached] < 1.0))
    assert reached[grid.free_mask()].mean() > 0.999
    drawn = reached & (np.nan_to_num(share) > 0.5)
    assert np.mean(grid.cells[drawn] == OCCUPIED) > 0.99
    assert np.mean(np.nan_to_num(share)[grid.free_mask()] < 0.5) > 0.99
    # The walls' cells that face the room, and nothing behind them.
    facing = ndimage.binary_dilation(grid.free_mask()) & grid.occupied_mask()
    assert drawn[facing].mean() > 0.99
    assert not reached[~ndimage.binary_dilation(grid.free_mask(), np.ones((3, 3)))].any()


def test_a_map_held_wrongly_is_drawn_wrongly() -> None:
    grid = room()
    share = np.nan_to_num(passes(grid, 3000, off_m=-0.5).map_drawn(grid))
    assert np.mean(grid.cells[share > 0.5] == OCCUPIED) < 0.1


def test_nothing_within_reach_ends_nowhere() -> None:
    cells = np.zeros((40, 40), dtype=np.int8)
    grid = OccupancyGrid(cells, 0.05, Pose2.identity())
    found = passes(grid, 20)
    assert not found.hits.any()
    assert found.end_points().shape == (0, 2)
    share = found.map_drawn(grid)
    assert np.nanmax(share) == 0.0
    assert found.figures()["mean_m"] == 0.0


def test_blocks_of_cells_keep_their_walls() -> None:
    cells = np.full((5, 7), UNKNOWN, dtype=np.int8)
    cells[:4, :4] = FREE
    cells[1, 2] = OCCUPIED
    grid = OccupancyGrid(cells, 0.1, Pose2(1.0, 2.0, 0.3))
    blocks = coarser(grid, 2)
    assert blocks.cells.tolist() == [[0, 100, -1, -1], [0, 0, -1, -1], [-1, -1, -1, -1]]
    assert (blocks.resolution_m, blocks.origin) == (0.2, grid.origin)
    assert coarser(grid, 1) is grid


@pytest.mark.parametrize("shape", [(100, 140), (100, 400), (400, 100), (100, 2400)])
def test_the_picture_is_small_and_whole(tmp_path: Path, shape: tuple[int, int]) -> None:
    cells = np.full(shape, OCCUPIED, dtype=np.int8)
    cells[10:-10, 10:-10] = FREE
    cells[40:50, 40:60] = OCCUPIED
    grid = OccupancyGrid(cells, 0.05, Pose2.identity())
    path = tmp_path / "held.png"
    found = passes(grid, 300, off_m=0.01)
    draw_held_map(grid, FreeSpace(grid, 0.15).bounds, found, found, path, "a room")
    assert [file.name for file in tmp_path.iterdir()] == ["held.png"]
    assert path.stat().st_size < 200_000
    with Image.open(path) as image:
        assert image.width == 1540
        assert 600 < image.height < 1700
        pixels = np.asarray(image.convert("L"))
    # White room, grey surroundings, dark walls and text.
    assert np.mean(pixels > 250) > 0.2
    assert np.mean(pixels < 120) > 0.01


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return benchmark_script("forward_pass", monkeypatch)


def test_the_benchmark_measures_and_draws_what_is_shipped(
    benchmark: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shipped = shipped_bundle()
    monkeypatch.setattr(benchmark, "MOST_DRAWN", 600)
    out, pictures = tmp_path / "deep" / "forward.json", tmp_path / "deeper" / "pictures"
    words = ("--poses", 400, "--out", out, "--pictures", pictures)
    run_script(benchmark, monkeypatch, *words)
    written = json.loads(out.read_text())
    [row] = written["rows"]
    assert row["bundle"] == "generated_track"
    assert row["poses"] == 400
    assert 100.0 < row["area_m2"] < 170.0
    # Near what the bundle says of itself, which was measured at other poses.
    said = benchmark.Bundle.load(shipped).description.measured
    assert row["median_m"] == pytest.approx(said["forward_median_m"], rel=0.3)
    assert row["median_m"] < row["p90_m"]
    assert (pictures / "generated_track.png").stat().st_size < 200_000
    assert f"| generated_track | {row['area_m2']:,.0f} m2 | 400 x" in capsys.readouterr().out
    # The same seed gives the same figures, another does not.
    run_script(benchmark, monkeypatch, *words)
    assert json.loads(out.read_text()) == written
    run_script(benchmark, monkeypatch, *words, "--seed", 5)
    assert json.loads(out.read_text())["rows"] != written["rows"]


def test_a_seed_of_the_training_is_refused(
    benchmark: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = benchmark.Bundle.load(shipped_bundle()).description.training["seed"]
    words = ("--seed", seed, "--out", tmp_path / "a.json", "--pictures", tmp_path)
    with pytest.raises(LocalInnError, match="training has seen"):
        run_script(benchmark, monkeypatch, *words)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--poses", "0"], "--poses must be at least 1, not 0"),
        (["--seed", "-1"], "--seed must not be negative, as -1 is"),
        (["--bundle", "a/room", "--bundle", "b/room"], "called the same"),
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
        run_script(benchmark, monkeypatch, *words)
    assert complaint in capsys.readouterr().err


def test_a_table_has_a_row_for_each_bundle(benchmark: ModuleType) -> None:
    row = benchmark.Row("one", 1234.5, 4096, 90, 0.05, 0.0123, 0.1)
    table = benchmark.markdown([row, replace(row, bundle="two")])
    assert "| one | 1,234 m2 | 4,096 x 90 | 5.00 cm | 1.23 cm | 10.00 cm |" in table
    assert "| two |" in table
