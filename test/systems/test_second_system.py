# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A system that the package does not know: trained, bundled, evaluated and searched with."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import yaml
from cli_helpers import F1TENTH, invoke, refused
from second_fixtures import NAME, SECOND

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.errors import BundleError
from local_inn_ros.geometry import Pose2
from local_inn_ros.recordings.bag_reader import BagTopics, open_recording
from local_inn_ros.sensing.mount import Mount
from local_inn_ros.systems.protocol import MakesFixes, RunSettings, Searches, Tracks
from local_inn_ros.systems.registry import load_bundle, open_model, system_named, system_names


@pytest.fixture
def bag(tmp_path: Path, second_bundle: Path) -> Path:
    drive = ("--speed", 1.5, "--duration", 4, "--out", tmp_path / "bag")
    invoke("simulate", "--bundle", second_bundle, *drive)
    return tmp_path / "bag"


def test_it_is_found_by_its_entry_point(second_installed: None) -> None:
    assert NAME in system_names()
    assert system_named(NAME).name == NAME


def test_it_is_trained_and_bundled(second_bundle: Path) -> None:
    loaded = load_bundle(second_bundle)
    assert loaded.description.system == NAME
    assert loaded.description.graphs == {}
    model = open_model(loaded)
    assert isinstance(model, MakesFixes)
    assert isinstance(model, Searches)
    assert not isinstance(model, Tracks)


def test_a_preset_that_it_lacks_is_refused_by_name(
    second_installed: None,
    tmp_path: Path,
    second_map: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = ("--map", second_map, "--sensor", F1TENTH, "--out", tmp_path / "out")
    said = refused(capsys, monkeypatch, "train", "--system", NAME, "--preset", "best", *given)
    assert "nearest_scans has no preset 'best'; it has usual, few" in said
    assert not (tmp_path / "out").exists()


def test_it_is_evaluated_by_the_command_line(
    tmp_path: Path, second_bundle: Path, bag: Path
) -> None:
    out = tmp_path / "run"
    words = ["evaluate", second_bundle, "--bag", bag, "--reference", "/ground_truth", "--out", out]
    # It is lost for a while, and says so.
    invoke(*words, exit_code=3)
    report = json.loads((out / "report.json").read_text())
    assert report["n"] > 100
    # Stored scans lie so far apart.
    spacing_m = Bundle.load(second_bundle).description.block["spacing_m"]
    assert report["fused"]["ape_median_m"] < spacing_m


def test_the_map_is_searched_with_it(second_bundle: Path, bag: Path) -> None:
    model = open_model(load_bundle(second_bundle))
    assert isinstance(model, Searches)
    recording = open_recording(bag, BagTopics(reference="/ground_truth"))
    assert recording.reference is not None
    search = model.candidate_search(Mount.level(recording.mount), RunSettings())
    for scan in list(recording.scans())[::60]:
        truth = Pose2.from_array(recording.reference.at([scan.stamp_s])[0])
        found = search.search(scan).hypotheses
        assert min(one.pose.mean.distance_to(truth) for one in found) < 0.6


def test_it_is_calibrated_by_the_command_line(second_bundle: Path) -> None:
    invoke("calibrate", second_bundle)
    assert Bundle.load(second_bundle).description.calibration.samples.scale == (1.5, 1.5, 1.5)


def test_there_is_nothing_to_compile(
    second_bundle: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = refused(capsys, monkeypatch, "export", second_bundle)
    assert "nearest_scans, which has nothing to compile" in said


def test_a_bundle_that_does_not_fit_its_system_is_refused_in_a_sentence(
    second_bundle: Path,
) -> None:
    file = second_bundle / "bundle.yaml"
    content = yaml.safe_load(file.read_text())
    for change in ({"files": {}}, {"block": {"spacing_m": 0.1}}):
        file.write_text(yaml.safe_dump({**content, **change}))
        with pytest.raises(BundleError) as told:
            load_bundle(second_bundle)
        assert "\n" not in str(told.value)


def test_where_it_is_not_installed_its_bundles_are_refused_by_name(
    second_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [one for one in sys.path if one != str(SECOND)])
    with pytest.raises(BundleError, match="no system is called 'nearest_scans'; known: local_inn"):
        load_bundle(second_bundle)
