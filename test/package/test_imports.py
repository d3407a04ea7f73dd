# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Imports run downward only, ROS stays in the nodes, torch off the robot."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "local_inn_ros"

# From the ground up; `nodes` and `cli` are the two doors.
ROOMS = (
    "geometry",
    "sensing",
    "messages",
    "world",
    "engines",
    "bundles",
    "filtering",
    "localization",
    "flows",
    "views",
    "systems",
    "training",
    "simulation",
    "recordings",
    "diagnosis",
    "evaluation",
    "benchmarking",
    "cli",
    "nodes",
)
DOORS = ("cli", "nodes")
# What plays drives over topics stands beside the nodes that it measures.
OVER_TOPICS = ("benchmarking", "over_topics")
TRAINING_ROOMS = ("flows", "views", "training")
TORCH_ENGINE = ("engines", "torch")
# Of a system's folder, these may import torch.
TRAINING_FILES_OF_A_SYSTEM = ("network", "objective", "train", "export")
# A system that can also be trained as published has these of that beside its own.
AS_PUBLISHED = "paper_"
TORCH_FAMILY = {"torch", "FrEIA", "onnx", "onnxscript"}
ROS_MODULES = {"rclpy", "builtin_interfaces", "std_srvs", "tf2_ros", "launch", "launch_ros"}


@dataclass(frozen=True)
class Import:
    """One import statement: where it stands, and what it brings in."""

    file: Path
    line: int
    module: str
    in_function: bool

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line} imports {self.module}"

    @property
    def root(self) -> str:
        return self.module.split(".")[0]

    @property
    def from_room(self) -> str:
        """Name of the room that the statement stands in; empty for the package's own top."""
        parts = self.file.relative_to(ROOT / PACKAGE).parts
        return parts[0] if len(parts) > 1 else ""

    @property
    def to_room(self) -> str | None:
        """Name of the room it reaches into; None where it leaves the package."""
        parts = self.module.split(".")
        if parts[0] != PACKAGE:
            return None
        return parts[1] if len(parts) > 1 and parts[1] in ROOMS else ""

    @property
    def over_topics(self) -> bool:
        return self.file.relative_to(ROOT / PACKAGE).parts[:2] == OVER_TOPICS

    @property
    def is_ros(self) -> bool:
        return self.root in ROS_MODULES or self.root.endswith("_msgs")


def imports_of(file: Path, source: str) -> Iterator[Import]:
    yield from _imports_below(file, ast.parse(source), in_function=False)


def _imports_below(file: Path, node: ast.AST, in_function: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(file, child.lineno, alias.name, in_function)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, f"{file}:{child.lineno}: write the import absolute"
            for alias in child.names:
                # `from package import room` reaches as far as `import package.room`.
                module = f"{child.module}.{alias.name}"
                yield Import(file, child.lineno, module, in_function)
        is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from _imports_below(file, child, in_function or is_function)


def rank(room: str) -> int:
    """Height of a room in the house; modules at the package's top are the ground."""
    if room in DOORS:
        return len(ROOMS)
    return ROOMS.index(room) if room else -1


def upward(found: Import) -> bool:
    if found.to_room is None or found.to_room == found.from_room:
        return False
    if found.from_room == "cli" and found.to_room == "nodes":
        return not found.in_function
    if found.over_topics:
        return found.to_room == "cli"
    return rank(found.to_room) >= rank(found.from_room)


def misplaced_ros(found: Import) -> bool:
    return found.is_ros and found.from_room != "nodes" and not found.over_topics


def misplaced_torch(found: Import) -> bool:
    reaches_torch = found.root in TORCH_FAMILY or found.module.startswith("safetensors.torch")
    return reaches_torch and not may_import_torch(found.file.relative_to(ROOT / PACKAGE))


def may_import_torch(file: Path) -> bool:
    room, *rest = file.parts
    if room == "systems":
        return len(rest) == 2 and file.stem.removeprefix(AS_PUBLISHED) in TRAINING_FILES_OF_A_SYSTEM
    return room in TRAINING_ROOMS or (room, *rest[:-1]) == TORCH_ENGINE


def package_files() -> list[Path]:
    return sorted((ROOT / PACKAGE).rglob("*.py"))


def package_imports() -> list[Import]:
    return [found for file in package_files() for found in imports_of(file, file.read_text())]


def test_every_room_has_its_place() -> None:
    rooms = {path.parent.name for path in (ROOT / PACKAGE).glob("*/__init__.py")}
    assert rooms == set(ROOMS)


@pytest.mark.parametrize("fault", [upward, misplaced_ros, misplaced_torch])
def test_imports_keep_the_rules(fault: object) -> None:
    assert callable(fault)
    found = package_imports()
    assert len(found) > 100
    assert [str(each) for each in found if fault(each)] == []


@pytest.mark.parametrize(
    ("room", "statement", "faults"),
    [
        ("geometry", "from local_inn_ros.errors import LocalInnError", set()),
        ("world", "from local_inn_ros.geometry.pose import Pose2", set()),
        ("geometry", "from local_inn_ros.world import ray_casting", {upward}),
        ("sensing", "from local_inn_ros import world", {upward}),
        ("world", "def f():\n    import local_inn_ros.filtering.pose_filter", {upward}),
        ("nodes", "from local_inn_ros.cli.main import main", {upward}),
        ("cli", "from local_inn_ros.nodes.filter.ekf import main", {upward}),
        ("cli", "def f():\n    from local_inn_ros.nodes.filter.ekf import main", set()),
        ("nodes", "import rclpy.node\nfrom nav_msgs.msg import Odometry", set()),
        ("localization", "from rclpy.time import Time", {misplaced_ros}),
        ("evaluation", "def f():\n    from nav_msgs.msg import Odometry", {misplaced_ros}),
        ("training", "import torch.nn\nimport onnx", set()),
        ("localization", "import torch", {misplaced_torch}),
        ("cli", "def f():\n    import FrEIA.framework", {misplaced_torch}),
    ],
)
def test_rules_tell_right_from_wrong(room: str, statement: str, faults: set[object]) -> None:
    found = list(imports_of(ROOT / PACKAGE / room / "example.py", statement))
    rules = (upward, misplaced_ros, misplaced_torch)
    assert {rule for rule in rules for each in found if rule(each)} == faults


BLOCKED_IMPORTS = """
import importlib, sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in BLOCKED:
            raise ImportError(f"{name} must not be imported here")

BLOCKED, modules = sys.argv[1].split(","), sys.argv[2].split(",")
sys.meta_path.insert(0, Blocker())
for module in modules:
    try:
        importlib.import_module(module)
    except ImportError as error:
        print(f"{module}: {error}")
"""


def failing_imports(blocked: set[str], modules: Iterable[str]) -> list[str]:
    """Import modules in a process of their own without ``blocked``; return what failed."""
    command = [sys.executable, "-c", BLOCKED_IMPORTS, ",".join(blocked), ",".join(sorted(modules))]
    # The working directory of the tests is the checkout, also where the package is not installed.
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def modules_outside(rooms: tuple[str, ...]) -> list[str]:
    names = []
    for file in package_files():
        parts = file.relative_to(ROOT).with_suffix("").parts
        if parts[1] not in rooms and parts[-1] != "__main__":
            names.append(".".join(part for part in parts if part != "__init__"))
    return names


def test_what_runs_without_training_and_ros_imports_neither() -> None:
    modules = [
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for file in package_files()
        if not may_import_torch(file.relative_to(ROOT / PACKAGE))
        and file.relative_to(ROOT / PACKAGE).parts[0] != "nodes"
        and file.relative_to(ROOT / PACKAGE).parts[:2] != OVER_TOPICS
    ]
    assert failing_imports(TORCH_FAMILY | {"rclpy"}, modules) == []


def test_nodes_import_no_torch() -> None:
    pytest.importorskip("rclpy", reason="ROS 2 is not installed")
    modules = [name for name in modules_outside(()) if name.startswith(f"{PACKAGE}.nodes")]
    if importlib.util.find_spec("launch_ros") is None:
        # What launch files share needs ROS 2's launch, which PyPI does not have.
        modules.remove(f"{PACKAGE}.nodes.launching")
    assert failing_imports(TORCH_FAMILY, modules) == []


def test_blocking_an_import_is_seen() -> None:
    assert len(failing_imports({"numpy"}, [f"{PACKAGE}.geometry.pose"])) == 1
