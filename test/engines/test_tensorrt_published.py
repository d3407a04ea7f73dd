# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The calls of TensorRT that are typed, and those that are faked, against the published bindings.

`scripts/fetch_tensorrt_bindings.sh .venv` fetches them. They need libraries of gigabytes only to do
something: here they are loaded over empty ones, and looked at.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from engine_fixtures import Machine
from fake_cuda import FakeGpu
from fake_tensorrt import VERSIONS, fake_module

from local_inn_ros.engines.tensorrt.library import major_minor

ROOT = Path(__file__).resolve().parents[2]
BINDINGS = ROOT / "build" / "tensorrt_bindings"
# The module's own, a protocol of C, and one that Python makes of two others.
NOT_LISTED = ("__version__", "__buffer__", "__iter__")
LOOK = """
import json, sys
import tensorrt_bindings as trt
told = {}
for name in sys.argv[1:]:
    value = getattr(trt, name, None)
    members = {each: str(getattr(value, each).__doc__) for each in dir(value)}
    told[name] = {"is_there": hasattr(trt, name), "members": members}
print(json.dumps(told))
"""


# What the fakes keep for themselves.
FAKES_OWN = {
    "INetworkDefinition": {"layer", "graph"},
    "ICudaEngine": {"fail"},
    "DataType": {"of"},
}


@dataclass(frozen=True)
class Declared:
    """A name of the stub, in a class or by itself, and the versions that have it."""

    owner: str
    name: str
    parameters: tuple[str, ...]
    first: int
    last: int

    def is_in(self, version: str) -> bool:
        return self.first <= major_minor(version)[0] <= self.last


def declared() -> list[Declared]:
    """Read typings/tensorrt.pyi."""
    text = (ROOT / "typings" / "tensorrt.pyi").read_text()
    lines = text.splitlines()
    found = []

    def versions(node: ast.stmt) -> tuple[int, int]:
        comment = lines[node.lineno - 2].strip()
        if comment.startswith("# Until "):
            return 8, int(comment.split()[2].rstrip("."))
        if comment.startswith("# From "):
            return int(comment.split()[2].rstrip(".")), 11
        return 8, 11

    def visit(owner: str, body: list[ast.stmt]) -> None:
        for node in body:
            if isinstance(node, ast.FunctionDef):
                names = [each.arg for each in node.args.args if each.arg != "self"]
                found.append(Declared(owner, node.name, tuple(names), *versions(node)))
            elif isinstance(node, ast.AnnAssign | ast.Assign):
                target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
                assert isinstance(target, ast.Name)
                found.append(Declared(owner, target.id, (), *versions(node)))
            elif isinstance(node, ast.ClassDef):
                visit(node.name if not owner else f"{owner}.{node.name}", node.body)

    visit("", ast.parse(text).body)
    return found


@pytest.fixture(scope="module", params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    if not (BINDINGS / request.param).is_dir():
        pytest.skip(f"no bindings of TensorRT {request.param}: scripts/fetch_tensorrt_bindings.sh")
    if shutil.which("gcc") is None or shutil.which("nm") is None:
        pytest.skip("empty libraries are made with gcc")
    told: str = request.param
    return told


@pytest.fixture(scope="module")
def published(version: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the bindings have: members of the classes that are declared, with their text."""
    folder = BINDINGS / version
    libraries = tmp_path_factory.mktemp("libraries")
    make_empty_libraries(folder / "tensorrt_bindings" / "tensorrt.so", libraries)
    owners = sorted({each.owner.split(".")[0] or each.name for each in declared()})
    ran = subprocess.run(
        [sys.executable, "-c", LOOK, *owners],
        env={**os.environ, "LD_LIBRARY_PATH": str(libraries), "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


def make_empty_libraries(module: Path, folder: Path) -> None:
    """Make libraries that have what a module asks for, as functions that do nothing."""
    asked = subprocess.run(
        ["nm", "-D", "--undefined-only", str(module)], capture_output=True, text=True, check=True
    ).stdout.split()
    names = {name for name in asked if name.startswith(("get", "create", "init", "_ZN", "_ZGTt"))}
    wanted = {name for name in names if "@" not in name and not name.startswith("_ZNS")}
    source = folder / "empty.c"
    source.write_text("".join(f"int {name}(void) {{ return 0; }}\n" for name in sorted(wanted)))
    needed = subprocess.run(
        ["readelf", "-d", str(module)], capture_output=True, text=True, check=True
    ).stdout
    for line in needed.splitlines():
        if "(NEEDED)" in line and "libnv" in line:
            name = line.split("[")[1].rstrip("]")
            subprocess.run(
                ["gcc", "-shared", "-fPIC", "-w", f"-Wl,-soname,{name}", "-o", str(folder / name),
                 str(source)],
                check=True,
            )  # fmt: skip


def test_every_call_is_in_the_bindings_or_not_as_it_is_declared(
    version: str, published: dict[str, Any]
) -> None:
    checked = 0
    for each in declared():
        if each.name in NOT_LISTED or "." in each.owner:
            continue
        if not each.owner:
            assert published[each.name]["is_there"] == each.is_in(version), each
            continue
        owner = published[each.owner]
        assert owner["is_there"], each
        assert (each.name in owner["members"]) == each.is_in(version), each
        if each.is_in(version) and not each.name.startswith("__"):
            missing = [name for name in each.parameters if name not in owner["members"][each.name]]
            assert missing == [], each
        checked += 1
    assert checked > 50


def test_the_fakes_have_what_the_bindings_have_and_no_more(
    version: str, published: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Machine.of(version, tmp_path, monkeypatch)
    module = fake_module(version, FakeGpu())
    checked = 0
    for each in declared():
        if not each.owner or "." in each.owner or each.name.startswith("__"):
            continue
        if each.owner != "IHostMemory":
            assert hasattr(getattr(module, each.owner), each.name) == each.is_in(version), each
            checked += 1
    assert checked > 50
    for name, value in vars(module).items():
        if isinstance(value, type) and name in published:
            public = {each for each in vars(value) if not each.startswith("_")}
            known = set(published[name]["members"])
            extra = public - known - FAKES_OWN.get(name, set())
            assert extra == set(), name
