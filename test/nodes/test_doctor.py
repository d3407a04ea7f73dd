# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The doctor over real DDS: which nodes run, where, and how the verb tells."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from doctor_robots import by_check, diagnose
from model_fixtures import oracle_model, room
from ros_fixtures import RosWorld
from typer.testing import CliRunner

from local_inn_ros.cli.main import app
from local_inn_ros.errors import LocalInnError
from local_inn_ros.nodes.doctor.doctor import run_doctor
from local_inn_ros.nodes.filter.ekf import Ekf
from local_inn_ros.nodes.localizer.lidar_localizer import LidarLocalizer

# No other test takes it.
_QUIET_DOMAIN = 101


def test_a_damaged_bundle_is_told(ros: RosWorld, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    ros.start(LidarLocalizer, oracle_model(room()), bundle=str(broken))
    found = by_check(diagnose(ros))
    assert f"no bundle at {broken}" in found["bundle.unreadable"].what
    assert "/ekf does not run" in found["nodes.missing"].what


def test_nodes_that_wait_for_a_manager(ros: RosWorld) -> None:
    ros.start(Ekf, autostart=False)
    ros.start(
        LidarLocalizer, oracle_model(room()), autostart=False, scan_topics=["left/scan", "/right"]
    )
    report = diagnose(ros)
    waiting = [one.what for one in report.findings if one.check == "nodes.inactive"]
    assert waiting == [
        "/lidar_localizer is unconfigured, not active",
        "/ekf is unconfigured, not active",
    ]
    missing = [one.what for one in report.findings if one.check == "scan.missing"]
    assert missing == ["nobody publishes /left/scan", "nobody publishes /right"]
    assert "health" not in by_check(report)


def test_one_of_several_namespaces_must_be_named(ros: RosWorld) -> None:
    for namespace in ("robot1", "robot2"):
        ros.add(Ekf(context=ros.context, namespace=namespace))
    with pytest.raises(LocalInnError, match="/robot1, /robot2: name one with --namespace"):
        diagnose(ros)
    found = by_check(diagnose(ros, "robot2"))
    assert found["odom.missing"].what == "nobody publishes /robot2/odom"
    assert "/robot2/lidar_localizer does not run" in found["nodes.missing"].what


def test_an_empty_graph() -> None:
    report = run_doctor(1.0, None, _QUIET_DOMAIN)
    assert [one.check for one in report.findings] == ["graph.empty"]
    assert f"ROS_DOMAIN_ID is {_QUIET_DOMAIN}" in report.findings[0].why


def test_the_verb(ros: RosWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROS_DOMAIN_ID", str(ros.domain))
    file = tmp_path / "doctor.json"
    ros.start(Ekf)
    with ThreadPoolExecutor(max_workers=1) as threads:
        words: Sequence[str] = ("doctor", "--seconds", "1", "--json", str(file))
        running = threads.submit(CliRunner().invoke, app, words)
        ros.wait_for(running.done, "the doctor", patience_s=60.0)
    result = running.result()
    assert result.exit_code == 1
    assert "error [odom.missing] nobody publishes /odom" in result.output
    report = json.loads(file.read_text())
    assert report["healthy"] is False
    assert {one["check"] for one in report["findings"]} >= {"odom.missing", "nodes.missing"}
