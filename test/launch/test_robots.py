# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Two robots started by launch files, each in its namespace, as they run on a machine."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")
pytest.importorskip("launch_ros", reason="ROS 2's launch is not installed")

from ament_index_python.packages import PackageNotFoundError, get_package_prefix
from launch_fixtures import LAUNCH, ROOT
from ros_fixtures import DEADLINE_S, RosWorld
from two_robots import NAMES, check_that_they_do_not_meet


def is_installed() -> bool:
    try:
        prefix = Path(get_package_prefix("local_inn_ros"))
    except PackageNotFoundError:
        return False
    return (prefix / "lib" / "local_inn_ros" / "localization").exists()


@contextmanager
def launched(
    ros: RosWorld, monkeypatch: pytest.MonkeyPatch, file: str, *words: str
) -> Iterator[None]:
    """Run a launch file, and end it as Ctrl-C does."""
    monkeypatch.setenv("ROS_DOMAIN_ID", str(ros.domain))
    path = ROOT / "launch" / f"{file}.launch.py"
    running = subprocess.Popen([sys.executable, "-c", LAUNCH, str(path), "", *words])
    try:
        yield
    finally:
        running.send_signal(signal.SIGINT)
        try:
            running.wait(2.0 * DEADLINE_S)
        finally:
            running.kill()


@pytest.mark.skipif(not is_installed(), reason="local_inn_ros is not installed as a ROS package")
def test_two_robots_by_launch_files(
    ros: RosWorld, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ROS_LOG_DIR", str(tmp_path))
    first, second = (
        launched(ros, monkeypatch, "demo", f"namespace:={name}", "speed:=0.5", "use_rviz:=false")
        for name in NAMES
    )
    with first, second:
        check_that_they_do_not_meet(ros)
