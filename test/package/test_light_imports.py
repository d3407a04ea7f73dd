# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a robot's nodes keep in memory: no library that they have no use for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local_inn_ros import world

ROOT = Path(__file__).resolve().parents[2]
# A robot with a camera needs OpenCV; one with a laser does not.
NEVER_ON_A_ROBOT = {
    "cv2",
    *("torch", "onnx", "onnxruntime", "matplotlib", "rosbags", "filterpy", "typer", "rich"),
    *("scipy.stats", "scipy.optimize", "scipy.interpolate", "scipy.spatial", "scipy.sparse"),
}
# Loads the shipped bundle as the node does, searches and locates with it.
_LOADS = """
from local_inn_ros.nodes.localizer.localizer_parameters import LidarParameters
from local_inn_ros.nodes.localizer.model import load_model

load_model(LidarParameters(), print)
"""


def imported_by(module: str, and_then: str = "") -> set[str]:
    """Return the modules that a fresh process holds once it has imported one, and worked."""
    script = f"import {module}, sys\n{and_then}\nprint('\\n'.join(sys.modules))"
    ran = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    return set(ran.stdout.split())


def test_the_filter_needs_neither_a_compiler_nor_networks() -> None:
    found = imported_by("local_inn_ros.filtering.pose_filter")
    assert "numpy" in found
    assert found & {*NEVER_ON_A_ROBOT, "numba", "scipy", "onnxruntime", "PIL"} == set()


@pytest.mark.parametrize("node", ["filter.ekf", "localizer.lidar_localizer", "localization"])
def test_nodes_hold_what_they_use(node: str) -> None:
    pytest.importorskip("rclpy", reason="ROS 2 is not installed")
    heavy = {"numba", "scipy", "onnxruntime"} if node == "filter.ekf" else set()
    assert imported_by(f"local_inn_ros.nodes.{node}") & (NEVER_ON_A_ROBOT | heavy) == set()


def test_localizing_brings_in_nothing_more() -> None:
    pytest.importorskip("rclpy", reason="ROS 2 is not installed")
    found = imported_by("local_inn_ros.nodes.localization", and_then=_LOADS)
    assert "numba" in found
    assert found & NEVER_ON_A_ROBOT == set()


def test_every_name_of_the_world_is_where_it_is_said_to_be() -> None:
    assert world.__all__
    for name in world.__all__:
        assert getattr(world, name) is not None


def test_a_name_that_the_world_lacks_is_said_to_be_missing() -> None:
    with pytest.raises(AttributeError, match="'no_such_name'"):
        world.no_such_name  # noqa: B018
