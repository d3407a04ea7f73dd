# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Two robots in namespaces of one domain: each localizes itself, and neither hears the other."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")

from ros_fixtures import DEADLINE_S, RosWorld
from two_robots import NAMES, check_that_they_do_not_meet

# As the launch files have it.
RELATIVE_TRANSFORMS = ("-r", "/tf:=tf", "-r", "/tf_static:=tf_static")
SHARED_TOPICS = {"/diagnostics", "/parameter_events", "/rosout"}
# What is compiled when it first runs takes its time on a fresh checkout.
PATIENCE_S = 120.0


@contextmanager
def process(ros: RosWorld, module: str, name: str, log: Path) -> Iterator[None]:
    """Run nodes in a namespace, in a process of their own."""
    words = ["--ros-args", "-r", f"__ns:=/{name}", *RELATIVE_TRANSFORMS, "-p", "speed_mps:=0.5"]
    with log.open("wb") as output:
        running = subprocess.Popen(
            [sys.executable, "-m", f"local_inn_ros.nodes.{module}", *words],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "ROS_DOMAIN_ID": str(ros.domain)},
            start_new_session=True,
        )
    try:
        yield
    finally:
        running.send_signal(signal.SIGINT)
        try:
            running.wait(DEADLINE_S)
        finally:
            running.kill()


def test_two_robots_side_by_side(ros: RosWorld, tmp_path: Path) -> None:
    with ExitStack() as processes:
        for name, module in itertools.product(NAMES, ("demo.simulator", "localization")):
            log = tmp_path / f"{name}_{module}.log"
            processes.enter_context(process(ros, module, name, log))
        check_that_they_do_not_meet(ros)
    for log in tmp_path.glob("*.log"):
        assert "Traceback" not in log.read_text()
