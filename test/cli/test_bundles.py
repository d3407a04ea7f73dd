# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The verbs that make a bundle or use one."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from cli_helpers import F1TENTH, invoke, refused
from evaluation_fixtures import MOUNT, SPEC, simulated_run
from typer.testing import CliRunner

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.cli.main import app
from local_inn_ros.filtering.odometry_noise import OdometryNoise
from local_inn_ros.geometry import Pose2
from local_inn_ros.recordings.bag_writer import BagWriter
from local_inn_ros.recordings.trajectory_file import read_trajectory
from local_inn_ros.resources import resource_directory
from local_inn_ros.sensing import Odometry, Scan, load_laser_spec
from local_inn_ros.systems.protocol import TrainingOrder
from local_inn_ros.world import save_map


def shipped_bundle() -> Path:
    path = resource_directory("models") / "generated_track"
    if not (path / "bundle.yaml").is_file():
        pytest.skip(f"no bundle is shipped at {path}")
    return path


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds on the shipped bundle's own track."""
    path = tmp_path_factory.mktemp("bags") / "lap"
    invoke("simulate", "--bundle", shipped_bundle(), "--out", path, "--duration", 4, "--seed", 2)
    return path


@pytest.fixture(scope="module")
def long_bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve seconds: a spell of slip lasts two, and several make a deviation."""
    path = tmp_path_factory.mktemp("bags") / "laps"
    invoke("simulate", "--bundle", shipped_bundle(), "--out", path, "--duration", 12, "--seed", 2)
    return path


def test_evaluate_writes_figures_trajectories_and_a_picture(bag: Path, tmp_path: Path) -> None:
    out, figures_file = tmp_path / "out", tmp_path / "figures.json"
    text = invoke(
        "evaluate", shipped_bundle(), "--bag", bag, "--reference", "/ground_truth",
        "--out", out, "--json", figures_file, "--mcl", 300,
    )  # fmt: skip
    assert "network alone" in text
    assert "mcl" in text
    figures = json.loads(figures_file.read_text())
    assert figures == json.loads((out / "report.json").read_text())
    assert figures["n"] == 160
    assert figures["fused"]["ape_median_m"] < 0.1
    assert figures["lost"]["episodes"] == 0
    assert figures["baselines"]["mcl"]["ape_median_m"] < 0.3
    assert len(read_trajectory(out / "fused.tum").stamps_s) == 160
    assert (out / "run.png").stat().st_size > 10_000


def test_evaluate_shows_whether_the_covariances_tell_the_truth(bag: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    text = invoke(
        "evaluate", shipped_bundle(), "--bag", bag, "--reference", "/ground_truth", "--out", out
    )
    assert "of the network alone" in text
    assert (out / "reliability.png").stat().st_size > 10_000
    figures = json.loads((out / "report.json").read_text())
    assert 1.5 < figures["calibration"]["anees"] < 6.0
    assert figures["fix_calibration"]["coverage_3s"] > 0.5
    without = tmp_path / "without"
    invoke("evaluate", shipped_bundle(), "--bag", bag, "--out", without)
    assert not (without / "reliability.png").exists()


def test_calibrate_with_a_recording_and_without(bag: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(shipped_bundle(), bundle)
    before = Bundle.load(bundle).description
    text = invoke("calibrate", bundle, "--scans", 100, "--seed", 3)
    assert all(word in text for word in ("network", "field", "forward", "ahead"))
    simulated = Bundle.load(bundle).description
    assert simulated.calibration != before.calibration
    assert simulated.graphs == before.graphs
    invoke("calibrate", bundle, "--bag", bag, "--reference", "/ground_truth", "--scans", 100)
    posed = Bundle.load(bundle).description
    assert posed.calibration != simulated.calibration
    assert {"network_anees", "network_p95_m", "network_astray_share"} <= posed.measured.keys()


def test_calibrate_needs_no_reference(bag: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(shipped_bundle(), bundle)
    before = Bundle.load(bundle).description
    text = invoke("calibrate", bundle, "--bag", bag, "--scans", 100)
    assert all(word in text for word in ("network", "field", "forward", "ahead"))
    after = Bundle.load(bundle).description
    assert after.calibration != before.calibration
    # Scans were cast on the map's own faces, and that is where the drive has the surfaces.
    assert abs(after.maps[0].surface_offset_m) < 0.25 * 0.05
    assert after.calibration.range_bias_m == 0.0
    invoke(
        "evaluate", bundle, "--bag", bag, "--reference", "/ground_truth", "--out", tmp_path / "o"
    )
    figures = json.loads((tmp_path / "o" / "report.json").read_text())
    assert figures["fused"]["ape_median_m"] < 0.02
    assert figures["calibration"]["anees"] < 6.0


def test_calibrate_refuses_a_drive_that_is_too_short(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle, short = tmp_path / "bundle", tmp_path / "short"
    shutil.copytree(shipped_bundle(), bundle)
    invoke("simulate", "--bundle", bundle, "--out", short, "--duration", 1, "--seed", 2)
    before = (bundle / "bundle.yaml").read_bytes()
    said = refused(capsys, monkeypatch, "calibrate", bundle, "--bag", short)
    assert "too short" in said
    assert "--reference" in said
    assert (bundle / "bundle.yaml").read_bytes() == before


def odometry_noise_of(file: Path) -> dict[str, float]:
    content = yaml.safe_load(file.read_text())
    told = [node["ros__parameters"]["odometry_noise"] for node in content.values()]
    assert list(content) == ["/**/lidar_localizer", "/**/ekf"]
    assert told[0] == told[1]
    return told[0]


def test_calibrate_tells_the_noise_of_the_odometry(long_bag: Path, tmp_path: Path) -> None:
    bundle, file = tmp_path / "bundle", tmp_path / "noise" / "odometry.yaml"
    shutil.copytree(shipped_bundle(), bundle)
    text = invoke(
        "calibrate", bundle, "--bag", long_bag, "--reference", "/ground_truth", "--scans", 100,
        "--params-out", file,
    )  # fmt: skip
    assert all(word in text for word in ("along_per_metre", "turn_scale", "stretches of", "rad in"))
    assert [path.name for path in file.parent.iterdir()] == ["odometry.yaml"]
    found = odometry_noise_of(file)
    assert found.keys() == OdometryNoise().figures().keys()
    # The simulator's wheels: 10 % of slip, and half a centimetre after a metre.
    assert 0.03 < found["distance_scale"] < 0.3
    assert found["along_per_metre"] < 0.02


def test_calibrate_needs_no_reference_for_the_odometry(long_bag: Path, tmp_path: Path) -> None:
    bundle, file = tmp_path / "bundle", tmp_path / "odometry.yaml"
    shutil.copytree(shipped_bundle(), bundle)
    before = (bundle / "bundle.yaml").read_bytes()
    invoke("calibrate", bundle, "--bag", long_bag, "--params-out", file)
    assert (bundle / "bundle.yaml").read_bytes() == before
    found = odometry_noise_of(file)
    assert 0.03 < found["distance_scale"] < 0.3
    assert found["along_per_metre"] < 0.02


def test_calibrate_cannot_write_parameters_without_a_recording(tmp_path: Path) -> None:
    words = ["calibrate", str(shipped_bundle()), "--params-out", str(tmp_path / "o.yaml")]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    assert "--bag" in result.output
    assert not list(tmp_path.iterdir())


def test_evaluate_with_another_refiner_is_another_run(bag: Path, tmp_path: Path) -> None:
    files = []
    for choice in ("field", "forward", "none"):
        files.append(tmp_path / f"{choice}.json")
        invoke(
            "evaluate", shipped_bundle(), "--bag", bag, "--reference", "/ground_truth",
            "--refiner", choice, "--json", files[-1],
        )  # fmt: skip
    field, forward, plain = (json.loads(path.read_text()) for path in files)
    assert "refiner" in field["latency_ms"]["stages"]
    assert "refiner" in forward["latency_ms"]["stages"]
    assert "refiner" not in plain["latency_ms"]["stages"]
    assert field["fused"] != forward["fused"]
    assert forward["fused"] != plain["fused"]


def test_relocalize_finds_a_scan(bag: Path, tmp_path: Path) -> None:
    out = tmp_path / "found.json"
    result = CliRunner().invoke(
        app,
        [
            "relocalize", str(shipped_bundle()), "--bag", str(bag), "--at", "2",
            "--reference", "/ground_truth", "--json", str(out),
        ],
    )  # fmt: skip
    figures = json.loads(out.read_text())
    assert result.exit_code == (0 if figures["found"] else 1)
    assert ("off the reference by" in result.output) is figures["found"]
    assert figures["hypotheses"]


def test_relocalize_past_the_end_is_named(
    bag: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = refused(capsys, monkeypatch, "relocalize", shipped_bundle(), "--bag", bag, "--at", 99)
    assert "has scans up to 3.98 s, not 99 s" in text


def test_scans_of_another_sensor_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with BagWriter(tmp_path / "narrow") as writer:
        writer.write_mount(1.0, MOUNT)
        for k in range(5):
            stamp_s = 1.0 + 0.1 * k
            writer.write_odometry(Odometry(stamp_s, Pose2.identity()))
            writer.write_ground_truth(stamp_s, Pose2.identity())
            ranges = np.ones(20, dtype=np.float32)
            writer.write_scan(Scan(stamp_s, ranges, -0.1, 0.01, 0.05, 30.0))
    text = refused(
        capsys, monkeypatch, "evaluate", shipped_bundle(), "--bag", tmp_path / "narrow",
        "--reference", "/ground_truth",
    )  # fmt: skip
    assert "use a bundle made for this sensor (5 scans)" in text


def test_train_passes_on_what_it_was_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("FrEIA")
    from local_inn_ros.training import train
    from local_inn_ros.training.fit import TrainingProgress

    simulated = simulated_run()
    save_map(simulated.grid, tmp_path / "m.yaml")
    with BagWriter(tmp_path / "bag") as writer:
        writer.write_mount(0.0, MOUNT)
        for reading in simulated.readings[:400]:
            if isinstance(reading, Scan):
                writer.write_scan(reading)
            else:
                writer.write_odometry(reading)
        for stamp, pose in zip(simulated.truth.stamps_s, simulated.truth.poses, strict=True):
            writer.write_ground_truth(stamp, Pose2.from_array(pose))
    told: list[Any] = []

    def stand_in(*arguments: Any) -> Path:
        told.extend(arguments)
        arguments[4](TrainingProgress(5, 7, 1.0, 0.5, 2.0))
        shutil.copytree(shipped_bundle(), tmp_path / "b")
        return tmp_path / "b"

    monkeypatch.setattr(train, "train_bundle", stand_in)
    sensor = tmp_path / "s.yaml"
    sensor.write_text(SPEC.model_dump_json())
    invoke(
        "train", "--map", tmp_path / "m.yaml", "--sensor", sensor, "--out", tmp_path / "b",
        "--preset", "quick", "--steps", 7, "--seed", 3, "--bag", tmp_path / "bag",
        "--reference", "/ground_truth", "--device", "cuda",
    )  # fmt: skip
    system, inputs, order, out, _, resume = told
    assert (system.name, out, resume) == ("local_inn_2d", tmp_path / "b", False)
    assert order == TrainingOrder("quick", 7, 3, "cuda")
    np.testing.assert_array_equal(inputs.grid.cells, simulated.grid.cells)
    assert inputs.sensors == {"laser": SPEC}
    posed = inputs.posed
    scans = [reading for reading in simulated.readings[:400] if isinstance(reading, Scan)]
    assert len(posed) == len(scans)
    first = Pose2.from_array(simulated.truth.at([scans[0].stamp_s])[0]) @ MOUNT
    np.testing.assert_allclose(posed.poses[0], first.to_array(), atol=1e-9)


def test_train_needs_a_reference_with_a_bag(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("FrEIA")
    save_map(simulated_run().grid, tmp_path / "m.yaml")
    with BagWriter(tmp_path / "bag") as writer:
        writer.write_mount(1.0, MOUNT)
        writer.write_odometry(Odometry(1.0, Pose2.identity()))
        writer.write_scan(simulated_run().scans[0])
    text = refused(
        capsys, monkeypatch, "train", "--map", tmp_path / "m.yaml", "--sensor", F1TENTH,
        "--out", tmp_path / "b", "--bag", tmp_path / "bag",
    )  # fmt: skip
    assert "--reference" in text


def test_train_has_nothing_to_resume_where_nothing_was_broken_off(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("FrEIA")
    save_map(simulated_run().grid, tmp_path / "m.yaml")
    given = ("--map", tmp_path / "m.yaml", "--sensor", F1TENTH, "--out", tmp_path / "b")
    text = refused(capsys, monkeypatch, "train", *given, "--resume")
    assert "nothing to resume: no training is kept in" in text
    assert "no system is called 'inn'; known: local_inn_2d" in refused(
        capsys, monkeypatch, "train", *given, "--system", "inn"
    )
    assert [one.name for one in tmp_path.glob("b*")] == []


@pytest.mark.slow
def test_from_a_map_to_a_localized_robot(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("FrEIA")
    track, bundle, recorded = tmp_path / "t.yaml", tmp_path / "b", tmp_path / "bag"
    invoke("map", "generate", "track", "--seed", 3, "--out", track)
    invoke("train", "--map", track, "--sensor", F1TENTH, "--out", bundle, "--steps", 150)
    assert Bundle.load(bundle).description.laser == load_laser_spec(F1TENTH)
    invoke("simulate", "--bundle", bundle, "--out", recorded, "--duration", 4)
    figures_file = tmp_path / "f.json"
    invoke(
        "evaluate", bundle, "--bag", recorded, "--reference", "/ground_truth",
        "--json", figures_file,
    )  # fmt: skip
    assert json.loads(figures_file.read_text())["fused"]["ape_median_m"] < 0.1
    assert "torch" in sys.modules
