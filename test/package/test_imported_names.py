# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is imported from the package is there, also where it is imported late or seldom.

A test that is slow, or a benchmark, imports what it needs when it runs: a name that moved would
be missed long after.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "local_inn_ros"
FOLDERS = (PACKAGE, "test", "benchmarks", "launch")


def source_of(module: str) -> Path | None:
    """Return the file of a module, None where there is none."""
    bare = ROOT.joinpath(*module.split("."))
    files = (bare.with_suffix(".py"), bare / "__init__.py")
    return next((file for file in files if file.is_file()), None)


@cache
def names_bound_in(file: Path) -> frozenset[str]:
    """Return the names that a module binds, outside of functions and classes."""
    return frozenset(_bound(ast.parse(file.read_text()).body))


def _bound(body: list[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.If | ast.Try | ast.With):
            for part in ("body", "orelse", "finalbody"):
                yield from _bound(getattr(node, part, []))
            for handler in getattr(node, "handlers", []):
                yield from _bound(handler.body)
        else:
            stored = (one for one in ast.walk(node) if isinstance(one, ast.Name))
            yield from (one.id for one in stored if isinstance(one.ctx, ast.Store))


def missing_in(file: Path) -> Iterator[str]:
    """Say which imports of a file bring in what is not there."""
    for node in ast.walk(ast.parse(file.read_text())):
        if not isinstance(node, ast.ImportFrom) or node.level or node.module is None:
            continue
        if node.module.split(".")[0] != PACKAGE:
            continue
        source = source_of(node.module)
        for alias in node.names:
            if source is not None and alias.name in names_bound_in(source):
                continue
            if source_of(f"{node.module}.{alias.name}") is None:
                yield f"line {node.lineno}: {node.module} has no {alias.name}"


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_is_imported_is_there(folder: str) -> None:
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files
    missing = [f"{file.relative_to(ROOT)}: {one}" for file in files for one in missing_in(file)]
    assert missing == []


def test_a_name_that_moved_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "late.py"
    file.write_text(
        "def later():\n"
        "    from local_inn_ros.geometry import Pose2, Pose9\n"
        "    from local_inn_ros import geometry, alchemy\n"
    )
    assert list(missing_in(file)) == [
        "line 2: local_inn_ros.geometry has no Pose9",
        "line 3: local_inn_ros has no alchemy",
    ]
