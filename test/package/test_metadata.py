# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What pip, colcon and rosdep are told agrees with the code and with each other."""

from __future__ import annotations

import ast
import configparser
import importlib
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import local_inn_ros

ROOT = Path(__file__).resolve().parents[2]
NOT_ON_PYPI = {"launch", "launch_ros", "tf2_msgs", "nav2_msgs", "rviz2"}
# Used where it is installed: a robot without Nav2 needs it not.
OPTIONAL = {"nav2_msgs"}


def read_setup() -> configparser.ConfigParser:
    # "$base" belongs to setuptools; configparser's own interpolation must leave it alone.
    setup = configparser.ConfigParser(interpolation=None)
    setup.read(ROOT / "setup.cfg")
    return setup


def lines_of(setup: configparser.ConfigParser, section: str, key: str) -> list[str]:
    return [line for line in setup[section][key].splitlines() if line and line[0] != "#"]


def requirement_names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~ ;]", requirement)[0] for requirement in requirements}


def manifest() -> ElementTree.Element:
    return ElementTree.parse(ROOT / "package.xml").getroot()


def manifest_dependencies() -> set[str]:
    return {tag.text or "" for tag in manifest() if tag.tag.endswith("depend")}


def entry_points() -> list[str]:
    return lines_of(read_setup(), "options.entry_points", "console_scripts")


def imported_roots(*folders: str) -> set[str]:
    roots: set[str] = set()
    for folder in folders:
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Import):
                    roots |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module:
                    roots.add(node.module.split(".")[0])
    return roots


def ros_packages() -> set[str]:
    """Return the ROS packages that nodes and launch files import."""
    known = {"rclpy", "builtin_interfaces", "std_srvs", "launch", "launch_ros"}
    roots = imported_roots("local_inn_ros/nodes", "launch")
    return {name for name in roots if name in known or name.endswith("_msgs")}


def test_versions_agree() -> None:
    version = manifest().findtext("version")
    assert version == local_inn_ros.__version__
    # setup.cfg takes the version from the package, so it cannot differ.
    assert read_setup()["metadata"]["version"] == "attr: local_inn_ros.__version__"


def test_licence_and_build_type() -> None:
    assert manifest().get("format") == "3"
    assert manifest().findtext("license") == read_setup()["metadata"]["license"] == "Apache-2.0"
    assert manifest().findtext("export/build_type") == "ament_python"
    assert (ROOT / "resource" / local_inn_ros.__name__).is_file()


@pytest.mark.parametrize("line", entry_points())
def test_entry_point_is_there(line: str) -> None:
    module, function = line.split("=")[1].strip().split(":")
    if module.startswith("local_inn_ros.nodes"):
        pytest.importorskip("rclpy", reason="ROS 2 is not installed")
    assert callable(getattr(importlib.import_module(module), function))


def test_manifest_names_every_ros_package_that_is_used() -> None:
    assert ros_packages() - OPTIONAL - manifest_dependencies() == set()


def test_extra_ros_names_every_ros_package_that_is_used() -> None:
    wheels = requirement_names(lines_of(read_setup(), "options.extras_require", "ros"))
    # rclpy's wheel requires that of builtin_interfaces in its own version.
    needed = ros_packages() - NOT_ON_PYPI - {"builtin_interfaces"}
    assert {f"ros-{name.replace('_', '-')}" for name in needed} - wheels == set()


def test_every_requirement_has_a_lower_bound_and_a_line_in_the_documentation() -> None:
    setup = read_setup()
    requirements = lines_of(setup, "options", "install_requires")
    for extra in setup["options.extras_require"]:
        requirements += lines_of(setup, "options.extras_require", extra)
    assert [each for each in requirements if ">=" not in each] == []
    page = (ROOT / "docs" / "dependencies.md").read_text()
    rows = {line.split("|")[1].strip(" `") for line in page.splitlines() if line.startswith("|")}
    documented = {name for row in rows for name in re.split(r"[`, ]+", row)}
    assert requirement_names(requirements) - documented == set()


def test_the_changelog_is_as_catkin_reads_it() -> None:
    changelog = pytest.importorskip("catkin_pkg.changelog", reason="catkin_pkg is not installed")
    read = changelog.get_changelog_from_path(str(ROOT / "CHANGELOG.rst"), "local_inn_ros")
    versions = [version for version, _, _ in read.foreach_version()]
    assert versions[-1] == "0.1.0"
    # The newest heading is this version, or what comes after it.
    assert local_inn_ros.__version__ in versions
