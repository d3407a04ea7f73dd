# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A robot has neither rosbags nor matplotlib: what needs them says so, all else runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from local_inn_ros.geometry import Pose2
from local_inn_ros.recordings.bag_writer import BagWriter
from local_inn_ros.sensing import Odometry, Scan

ROOT = Path(__file__).resolve().parents[2]
BUNDLE = ROOT / "models" / "generated_track"

_WITHOUT = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"rosbags", "matplotlib"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
"""
_COMMAND = """
from local_inn_ros.cli.main import main
main()
"""


def without_tools(
    folder: Path, *words: object, script: str = _COMMAND
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _WITHOUT + script, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "HOME": str(folder)},
    )


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        (["evaluate", BUNDLE, "--bag", "bag"], "rosbags"),
        (["simulate", "--bundle", BUNDLE, "--out", "a"], "rosbags"),
        (["map", "info", BUNDLE / "map.yaml", "--picture", "a.png"], "matplotlib"),
    ],
)
def test_a_verb_names_what_it_lacks(tmp_path: Path, words: list[object], missing: str) -> None:
    with BagWriter(tmp_path / "bag") as writer:
        writer.write_mount(0.0, Pose2.identity())
        writer.write_odometry(Odometry(0.0, Pose2.identity()))
        writer.write_scan(Scan(0.0, np.ones(9, np.float32), -0.4, 0.1, 0.05, 10.0))
    ended = without_tools(tmp_path, *words)
    assert ended.returncode == 2, ended.stderr
    assert ended.stderr.count("\n") == 1
    assert f"with {missing}, " in ended.stderr
    assert "'local_inn_ros[tools]'" in ended.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["map", "info", BUNDLE / "map.yaml"],
        ["bench", "--help"],
        ["export", "--help"],
        ["doctor", "--help"],
    ],
)
def test_a_robots_verbs_need_none(tmp_path: Path, words: list[object]) -> None:
    ended = without_tools(tmp_path, *words)
    assert ended.returncode == 0, ended.stderr


def test_what_benches_and_runs_a_robot_needs_none(tmp_path: Path) -> None:
    pytest.importorskip("rclpy", reason="ROS 2 is not installed")
    modules = (
        "benchmarking.bench",
        "benchmarking.over_topics.node_latency",
        "nodes.localization",
        "nodes.doctor.doctor",
    )
    script = "".join(f"import local_inn_ros.{module}\n" for module in modules)
    ended = without_tools(tmp_path, script=script)
    assert ended.returncode == 0, ended.stderr
