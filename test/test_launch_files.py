# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Launch files and the configuration that they hand on."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
LAUNCH_FILES = sorted((ROOT / "launch").glob("*.launch.py"))


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
    from local_inn_ros.nodes.ekf_parameters import EkfParameters
    from local_inn_ros.nodes.localizer_parameters import LocalizerParameters
    from local_inn_ros.nodes.parameters import parameter_name

    for node, kind in (("ekf", EkfParameters), ("lidar_localizer", LocalizerParameters)):
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


def loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem.replace(".", "_"), path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", LAUNCH_FILES, ids=lambda path: path.name)
def test_a_launch_file_describes_what_it_starts(path: Path) -> None:
    # First this: the checkout's own folder `launch` can pass for the package.
    pytest.importorskip("launch_ros", reason="ROS 2's launch is not installed")
    launch = importlib.import_module("launch")
    description = loaded(path).generate_launch_description()
    assert isinstance(description, launch.LaunchDescription)
    arguments = [
        one for one in description.entities if isinstance(one, launch.actions.DeclareLaunchArgument)
    ]
    assert {"bundle", "log_level"} <= {one.name for one in arguments}
    assert all(one.description != "no description given" for one in arguments)
    assert all(one.default_value is not None for one in arguments)


def test_only_what_was_given_overrules_the_parameter_file() -> None:
    # First this: the checkout's own folder `launch` can pass for the package.
    pytest.importorskip("launch_ros", reason="ROS 2's launch is not installed")
    launch = importlib.import_module("launch")
    module = loaded(ROOT / "launch" / "localization.launch.py")

    def given_with(**arguments: str) -> Any:
        context = launch.LaunchContext()
        defaults = {"bundle": "", "search_at_start": "false", "namespace": "", "log_level": "info"}
        context.launch_configurations.update({**defaults, **arguments})
        return module.parameters_given(context)

    assert set(given_with()) == {"use_sim_time"}
    given = given_with(bundle="/models/hall", search_at_start="True")
    assert set(given) == {"use_sim_time", "bundle", "search_at_start"}
