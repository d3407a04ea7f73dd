# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The `local-inn` command as a user meets it."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from cli_helpers import F1TENTH, invoke, refused
from PIL import Image
from typer.testing import CliRunner

from local_inn_ros.cli import demo, train
from local_inn_ros.cli.main import app
from local_inn_ros.geometry import Pose2
from local_inn_ros.recordings.bag_reader import BagTopics, open_recording
from local_inn_ros.simulation.worlds import generate_race_track
from local_inn_ros.world import load_map, map_hash

VERBS = [
    ["demo"],
    ["train"],
    ["evaluate"],
    ["simulate"],
    ["relocalize"],
    ["convert", "carmen"],
    ["map", "info"],
    ["map", "generate"],
]
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_every_verb_has_an_example_in_its_help(verb: list[str]) -> None:
    text = " ".join(invoke(*verb, "--help").split())
    assert f"Example: local-inn {' '.join(verb)}" in text


def test_the_version_is_told() -> None:
    assert invoke("--version").startswith("local-inn 0.")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from local_inn_ros.cli.main import app\n"
        "try:\n    app(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'numpy', 'numba', 'onnxruntime', 'rclpy', 'matplotlib', 'rosbags'}\n"
        "print('heavy:', sorted(heavy & set(sys.modules)))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert "heavy: []" in shown.stdout


def test_verbs_of_the_robot_never_import_torch() -> None:
    code = (
        "import sys, importlib\n"
        "for name in ('evaluation.evaluation', 'recordings.carmen', 'recordings.bag_reader',"
        " 'cli.score_table', 'simulation.simulator', 'systems.local_inn_2d.runtime'):\n"
        "    importlib.import_module('local_inn_ros.' + name)\n"
        "print('torch' in sys.modules, 'rclpy' in sys.modules)"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert shown.stdout.split() == ["False", "False"]


def test_errors_are_one_line_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert "no map file" in refused(capsys, monkeypatch, "map", "info", tmp_path / "none.yaml")
    text = refused(capsys, monkeypatch, "evaluate", tmp_path / "none", "--bag", tmp_path / "b")
    assert "no bundle at" in text
    text = refused(
        capsys, monkeypatch, "convert", "carmen", tmp_path / "none.log", "--out", tmp_path / "o"
    )
    assert "there is no log at" in text


def test_the_command_itself_is_installed(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("local-inn")
    if not program.exists():
        pytest.skip("local-inn is not installed beside this Python")
    shown = subprocess.run(
        [program, "map", "info", tmp_path / "none.yaml"], capture_output=True, text=True
    )
    assert shown.returncode == 2
    assert shown.stderr.startswith("error: there is no map file")


@pytest.mark.parametrize("world", ["track", "floor"])
def test_maps_are_generated_the_same_for_a_seed(tmp_path: Path, world: str) -> None:
    for name in ("a", "b"):
        invoke("map", "generate", world, "--seed", 4, "--out", tmp_path / name / "m.yaml")
    invoke("map", "generate", world, "--seed", 5, "--out", tmp_path / "c.yaml")
    hashes = [map_hash(tmp_path / name) for name in ("a/m.yaml", "b/m.yaml", "c.yaml")]
    assert hashes[0] == hashes[1] != hashes[2]
    if world == "track":
        track = generate_race_track(np.random.default_rng(4)).grid
        np.testing.assert_array_equal(load_map(tmp_path / "a/m.yaml").cells, track.cells)


def test_map_info_tells_and_draws(tmp_path: Path) -> None:
    invoke("map", "generate", "track", "--out", tmp_path / "m.yaml")
    out, picture = tmp_path / "deep" / "info.json", tmp_path / "deep" / "m.png"
    text = invoke("map", "info", tmp_path / "m.yaml", "--json", out, "--picture", picture)
    grid = load_map(tmp_path / "m.yaml")
    figures = json.loads(out.read_text())
    assert figures["sha256"] == map_hash(tmp_path / "m.yaml")
    assert figures["free_m2"] == pytest.approx(grid.free_area_m2)
    assert figures["cols"] == grid.cols
    assert f"{grid.free_area_m2:.1f} m2" in text
    with Image.open(picture) as image:
        assert image.size[0] > 500


def test_map_info_passes_warnings_on(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(
        "image: m.pgm\nresolution: 0.1\norigin: [0, 0, 0]\nnegate: 0\n"
        "occupied_thresh: 0.65\nfree_thresh: 0.196\n"
    )
    (tmp_path / "m.pgm").write_bytes(b"P5\n20 20\n255\n" + bytes([254]) * 400)
    text = " ".join(invoke("map", "info", tmp_path / "m.yaml").split())
    assert "warning: " in text
    assert "border is free" in text


def simulate(tmp_path: Path, name: str, *more: object) -> Path:
    track = tmp_path / "m.yaml"
    if not track.exists():
        invoke("map", "generate", "track", "--out", track)
    bag = tmp_path / name
    invoke(
        "simulate", "--map", track, "--sensor", F1TENTH, "--out", bag, "--duration", 1, *more
    )  # fmt: skip
    return bag


def test_simulate_records_a_whole_run(tmp_path: Path) -> None:
    bag = simulate(tmp_path, "sim", "--mount", "0.27,0,0.1")
    recording = open_recording(bag, BagTopics(reference="/ground_truth"))
    assert recording.mount.to_array() == pytest.approx([0.27, 0.0, 0.1])
    assert recording.scan_count == 40
    # Two more until the last scan, which ends 18.75 ms after its stamp, can be used.
    assert len(recording.odometry) == 102
    swept = next(recording.swept_scans())
    assert swept.sweep_s == pytest.approx(0.75 / 40.0, rel=1e-4)
    assert recording.reference is not None
    scans = list(recording.scans())
    assert scans[0].ranges_m.size == 1080
    truth = recording.reference.at([scan.stamp_s for scan in scans])
    assert np.isfinite(truth).all()
    assert np.hypot(*(truth[-1] - truth[0])[:2]) > 0.5


def test_simulate_is_the_same_for_a_seed(tmp_path: Path) -> None:
    bags = [
        simulate(tmp_path, name, "--seed", seed) for name, seed in (("a", 1), ("b", 1), ("c", 2))
    ]
    first, again, other = (
        [scan.ranges_m for scan in open_recording(bag, BagTopics()).scans()] for bag in bags
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    "words", [[], ["--map", "m.yaml"], ["--map", "m", "--sensor", "s", "--bundle", "b"]]
)
def test_simulate_needs_one_world(tmp_path: Path, words: list[str]) -> None:
    result = CliRunner().invoke(app, ["simulate", "--out", str(tmp_path / "o"), *words])
    assert result.exit_code == 2
    assert "either --map and --sensor, or --bundle" in " ".join(result.output.split())


@pytest.mark.parametrize("mount", ["1,2", "a,b,c", "1,2,nan"])
def test_a_mount_that_is_none_is_refused(tmp_path: Path, mount: str) -> None:
    log = tmp_path / "a.log"
    log.write_text("FLASER 1 1.0 0 0 0 0 0 0 1.0 host 0\n")
    result = CliRunner().invoke(
        app, ["convert", "carmen", str(log), "--out", str(tmp_path / "o"), f"--mount={mount}"]
    )
    assert result.exit_code == 2
    assert "x,y,yaw" in " ".join(result.output.split())


def test_convert_carmen_makes_a_bag(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    ranges = " ".join(["2.5"] * 180)
    log.write_text(
        "PARAM robot_frontlaser_offset 0.15 nohost 0\n"
        + "".join(
            f"ODOM {k} 0 0 1 0 0 {10 + k}.5 host 0\n"
            f"FLASER 180 {ranges} {k} 0 0 {k} 0 0 {10 + k} host 0\n"
            for k in range(3)
        )
    )
    text = invoke("convert", "carmen", log, "--out", tmp_path / "bag")
    assert "3 scans of 180 beams" in " ".join(text.split())
    recording = open_recording(tmp_path / "bag", BagTopics())
    assert recording.mount == Pose2(0.15, 0.0, 0.0)
    assert recording.scan_count == 3


@pytest.mark.parametrize(
    ("verb", "missing", "words", "sentence"),
    [
        (demo, "rclpy", ["demo"], "the demo needs ROS 2"),
        (train, "torch", ["train", "--map", "m", "--sensor", "s", "--out", "o"], "needs torch"),
    ],
)
def test_what_is_not_installed_is_named(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    verb: object,
    missing: str,
    words: list[str],
    sentence: str,
) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *more: None if name == missing else real(name, *more),
    )
    assert sentence in refused(capsys, monkeypatch, *words)
