# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tests know the package by its public names alone, so that they outlive a redesign."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
OWN = ("self", "cls")
# Functions that take an object and the name of an attribute of it.
BY_NAME = ("getattr", "hasattr", "setattr", "delattr")
# Accesses that are right all the same, by file and text, each with its reason.
ALLOWED: dict[tuple[str, str], str] = {}


def is_private(name: str) -> bool:
    return name.startswith("_") and not (name.startswith("__") and name.endswith("__"))


def own_names(tree: ast.Module) -> set[str]:
    """Return the private names that the classes of a file define, which it may use from outside."""
    found: set[str] = set()
    for kind in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
        for node in ast.walk(kind):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.add(node.name)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                found |= {node.attr} if is_own(node.value) else set()
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                found.add(node.target.id)
    return found


def is_own(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in OWN


def named(call: ast.Call) -> Iterator[str]:
    """Yield the attributes that a call reads or sets by their names."""
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name in BY_NAME:
        for word in call.args[:2]:
            if isinstance(word, ast.Constant) and isinstance(word.value, str):
                yield word.value.rpartition(".")[2]


def private_accesses(source: str) -> Iterator[str]:
    """Yield what a file of tests takes that is not its own and not public."""
    tree = ast.parse(source)
    own = own_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            if is_private(node.attr) and not is_own(node.value) and node.attr not in own:
                yield ast.unparse(node)
        elif isinstance(node, ast.ImportFrom):
            yield from (
                f"from {node.module} import {one.name}"
                for one in node.names
                if is_private(one.name)
            )
        elif isinstance(node, ast.Call):
            yield from (ast.unparse(node) for name in named(node) if is_private(name))


def test_tests_use_public_names_alone() -> None:
    found = {
        (str(file.relative_to(TESTS)), access)
        for file in sorted(TESTS.rglob("*.py"))
        for access in private_accesses(file.read_text(encoding="utf-8"))
    }
    assert sorted(found - ALLOWED.keys()) == []
    assert sorted(ALLOWED.keys() - found) == [], "allowed, and not there any more"


@pytest.mark.parametrize(
    "source",
    [
        "node.work._tally.totals()",
        "def test():\n    robot.node._queue = []",
        "from local_inn_ros.filtering.step import Belief, _whitening",
        "monkeypatch.setattr(store, '_write', fail)",
        "monkeypatch.setattr('local_inn_ros.engines.store._write', fail)",
        "getattr(node, '_work')",
        "class Bench:\n    def total(self):\n        return self.node._tally",
    ],
)
def test_what_is_private_is_found(source: str) -> None:
    assert len(list(private_accesses(source))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "node.work.statistics()",
        "class Fake:\n    def __init__(self):\n        self._told = 1\n\nFake()._told",
        "class Fake:\n    def _write(self): ...\n\nFake()._write()",
        "object.__setattr__(told, 'name', 1)",
        "monkeypatch.setattr(Path, 'replace', fail)",
        "arrays['encoder._scan.2.bias']",
    ],
)
def test_what_is_public_or_the_tests_own_is_not(source: str) -> None:
    assert list(private_accesses(source)) == []
