# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`local-inn calibrate` finds out how long a scan takes and how late it is stamped."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from cli_helpers import invoke
from rewritten_bags import later, rewritten

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.resources import resource_directory

SHIPPED = resource_directory("models") / "generated_track"
REFERENCE = ("--reference", "/ground_truth")

pytestmark = pytest.mark.skipif(
    not (SHIPPED / "bundle.yaml").is_file(), reason=f"no bundle is shipped at {SHIPPED}"
)


def silent(message: Any) -> None:
    message.time_increment = message.scan_time = 0.0


@pytest.fixture(scope="module")
def drive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scans of 18.75 ms, whose headers say so."""
    bag = tmp_path_factory.mktemp("bags") / "drive"
    words = ("--bundle", SHIPPED, "--duration", 10, "--speed", 5, "--slip", 0.02)
    invoke("simulate", *words, "--out", bag)
    return bag


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    copy = tmp_path / "bundle"
    shutil.copytree(SHIPPED, copy, ignore=shutil.ignore_patterns("engine"))
    return copy


def test_what_headers_are_silent_of_and_stamps_that_are_late_are_measured(
    drive: Path, bundle: Path, tmp_path: Path
) -> None:
    def silent_and_late(message: Any) -> None:
        silent(message)
        later(0.06)(message)

    bag = rewritten(drive, tmp_path / "bag", {"/scan": silent_and_late})
    printed = invoke("calibrate", bundle, "--bag", bag, *REFERENCE, "--scans", 380)
    laser = Bundle.load(bundle).description.laser
    assert laser.scan_duration_s == pytest.approx(0.01875, abs=0.005)
    assert laser.time_offset_s == pytest.approx(-0.06, abs=0.012)
    assert "scan_duration_s" in printed
    assert "time_offset_s -0.0" in printed
    # With both the run is as good as with right stamps.
    report = tmp_path / "report.json"
    invoke("evaluate", bundle, "--bag", bag, "--json", report)
    codes = {one["code"] for one in json.loads(report.read_text())["verdict"]}
    assert "stamps.laser" not in codes


@pytest.mark.slow
def test_headers_that_tell_and_stamps_that_are_right_leave_the_laser_as_it_is(
    drive: Path, bundle: Path
) -> None:
    before = Bundle.load(bundle).description.laser
    printed = invoke("calibrate", bundle, "--bag", drive, *REFERENCE, "--scans", 500)
    assert "a scan takes 18.7 ms, as its header says" in printed
    after = Bundle.load(bundle).description.laser
    assert after.scan_duration_s == before.scan_duration_s
    assert abs(after.time_offset_s) < 0.012


def test_a_robot_that_stands_tells_nothing(bundle: Path, tmp_path: Path) -> None:
    drive, bag = tmp_path / "standing", tmp_path / "bag"
    invoke("simulate", "--bundle", SHIPPED, "--duration", 5, "--speed", 0, "--out", drive)
    rewritten(drive, bag, {"/scan": silent})
    printed = invoke("calibrate", bundle, "--bag", bag, *REFERENCE, "--scans", 100)
    assert "moved too little" in printed
    assert "is not told: speed and rate of turn changed too little" in printed
    laser = Bundle.load(bundle).description.laser
    assert (laser.scan_duration_s, laser.time_offset_s) == (None, 0.0)
