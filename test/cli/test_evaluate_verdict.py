# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What `local-inn evaluate` finds wrong with recordings whose faults are known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_helpers import F1TENTH, invoke
from rewritten_bags import later, rewritten
from typer.testing import CliRunner

from local_inn_ros.cli.main import app
from local_inn_ros.resources import resource_directory

BUNDLE = resource_directory("models") / "generated_track"

pytestmark = pytest.mark.skipif(
    not (BUNDLE / "bundle.yaml").is_file(), reason=f"no bundle is shipped at {BUNDLE}"
)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drive on the map that the bundle knows."""
    bag = tmp_path_factory.mktemp("bags") / "own"
    drive = ("--bundle", BUNDLE, "--duration", 14, "--speed", 4, "--slip", 0.05)
    invoke("simulate", *drive, "--out", bag)
    return bag


def evaluated(bag: Path, folder: Path, *more: object) -> tuple[int, dict[str, Any], str]:
    """Return exit code, report and what was printed."""
    report = folder / "report.json"
    words = ["evaluate", BUNDLE, "--bag", bag, "--json", report, *more]
    result = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    return result.exit_code, json.loads(report.read_text()), result.output


REFERENCE = ("--reference", "/ground_truth")


def test_the_bundles_own_recording_is_trusted(own: Path, tmp_path: Path) -> None:
    for more in (REFERENCE, ()):
        code, report, printed = evaluated(own, tmp_path, *more)
        assert (code, report["trusted"]) == (0, True)
        assert not [one for one in report["verdict"] if one["severity"] == "error"]
        assert "verdict: " in printed.splitlines()[-1]
        assert "cannot" not in printed.splitlines()[-1]


@pytest.mark.parametrize("more", [REFERENCE, ()])
def test_a_bundle_of_another_map_is_not(tmp_path: Path, more: tuple[str, ...]) -> None:
    world, bag = tmp_path / "other.yaml", tmp_path / "bag"
    invoke("map", "generate", "track", "--seed", 9, "--out", world)
    drive = ("--map", world, "--sensor", F1TENTH, "--duration", 5, "--speed", 4)
    invoke("simulate", *drive, "--out", bag)
    code, report, printed = evaluated(bag, tmp_path, *more)
    assert (code, report["trusted"]) == (3, False)
    assert "map" in {one["code"] for one in report["verdict"]}
    assert "bundle and recording disagree" in printed
    assert printed.splitlines()[-1] == "verdict: this result cannot be trusted"


def test_a_header_that_contradicts_itself_is_named(own: Path, tmp_path: Path) -> None:
    def widened(message: Any) -> None:
        message.angle_increment *= 1.02

    bag = rewritten(own, tmp_path / "bag", {"/scan": widened})
    _, report, printed = evaluated(bag, tmp_path, *REFERENCE)
    (found,) = [one for one in report["verdict"] if one["code"] == "header"]
    assert "angle_increment" in found["text"]
    assert "angle_max" in found["text"]
    assert printed.count("contradicts itself") == 1


def test_an_odometry_that_is_too_short_is_told_by_how_much(own: Path, tmp_path: Path) -> None:
    def shortened(message: Any) -> None:
        message.pose.pose.position.x *= 0.8
        message.pose.pose.position.y *= 0.8
        message.twist.twist.linear.x *= 0.8

    bag = rewritten(own, tmp_path / "bag", {"/odom": shortened})
    code, report, _ = evaluated(bag, tmp_path, *REFERENCE)
    (found,) = [one for one in report["verdict"] if one["code"] == "odometry.distances"]
    assert found["scale"] == pytest.approx(0.8, abs=0.04)
    assert "too short" in found["text"]
    assert (code == 0) is report["trusted"]


def test_stamps_of_the_laser_that_are_late_are_told_by_how_much(own: Path, tmp_path: Path) -> None:
    bag = rewritten(own, tmp_path / "bag", {"/scan": later(0.06)})
    code, report, _ = evaluated(bag, tmp_path, *REFERENCE)
    found = {one["code"]: one for one in report["verdict"]}
    assert found["stamps.laser"]["delay_s"] == pytest.approx(0.06, abs=0.02)
    # 24 cm at 4 m/s, of which no covariance knows.
    assert (code, report["trusted"]) == (3, False)


@pytest.mark.parametrize("topics", [("/odom",), ("/scan", "/odom", "/tf", "/ground_truth")])
def test_a_clock_that_was_set_back_is_named(
    own: Path, tmp_path: Path, topics: tuple[str, ...]
) -> None:
    def begin_again(message: Any) -> None:
        for one in getattr(message, "transforms", [message]):
            one.header.stamp.sec -= 5 if one.header.stamp.sec >= 10 else 0

    bag = rewritten(own, tmp_path / "bag", dict.fromkeys(topics, begin_again))
    code, report, printed = evaluated(bag, tmp_path, *REFERENCE)
    told = [one["text"] for one in report["verdict"] if one["code"] == "stamps.back"]
    assert (code, len(told)) == (3, len([one for one in topics if one != "/tf"]))
    assert any("the stamps of /odom go back once, by 4.99 s" in one for one in told)
    assert "the stamps of /odom go back once" in " ".join(printed.split())


def test_few_scans_are_named(own: Path, tmp_path: Path) -> None:
    received = []

    def early(message: Any) -> None:
        received.append(message)
        if len(received) > 20:
            later(-1000.0)(message)

    bag = rewritten(own, tmp_path / "bag", {"/ground_truth": early})
    code, report, _ = evaluated(bag, tmp_path, *REFERENCE)
    assert (code, report["trusted"]) == (3, False)
    assert "scans.few" in {one["code"] for one in report["verdict"]}
