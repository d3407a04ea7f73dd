# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The configuration that launch files hand on: parameters and RViz's view."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


def parameters_of(node: str) -> dict[str, Any]:
    content = yaml.safe_load((ROOT / "config" / "localization.yaml").read_text())
    return dict(flattened(content[f"/**/{node}"]["ros__parameters"]))


def flattened(tree: dict[str, Any], prefix: str = "") -> Any:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from flattened(value, f"{prefix}{name}.")
        else:
            yield prefix + name, tuple(value) if isinstance(value, list) else value


def test_the_parameter_file_holds_every_parameter_with_its_default() -> None:
    pytest.importorskip("rclpy", reason="ROS 2 is not installed")
    from local_inn_ros.nodes.common.parameters import parameter_name
    from local_inn_ros.nodes.filter.ekf_parameters import EkfParameters
    from local_inn_ros.nodes.localizer.localizer_parameters import (
        CameraParameters,
        LidarParameters,
    )

    nodes = {
        "ekf": EkfParameters,
        "lidar_localizer": LidarParameters,
        "camera_localizer": CameraParameters,
    }
    for node, kind in nodes.items():
        defaults = {parameter_name(one): one.default for one in fields(kind)}
        assert parameters_of(node) == defaults


def test_rviz_shows_what_the_nodes_publish() -> None:
    content = yaml.safe_load((ROOT / "config" / "localization.rviz").read_text())
    displays = content["Visualization Manager"]["Displays"]
    inner = [one for group in displays for one in group.get("Displays", [group])]
    topics = {one["Topic"]["Value"] for one in inner if "Topic" in one}
    assert topics == {
        "/map",
        "/scan",
        "/lidar_localizer/expected_scan",
        "/lidar_localizer/samples",
        "/lidar_localizer/modes",
        "/amcl_pose",
        "/ground_truth",
    }
    assert "rviz_default_plugins/TF" in {one["Class"] for one in inner}
