# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the documentation names is there: files, tests, modules, pages and their headings."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "local_inn_ros"
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *PACKAGE.rglob("README.md")],
    key=lambda page: page.relative_to(ROOT),
)
# Scripts name files too.
NAMING = [*PAGES, ROOT / "Makefile", *sorted(ROOT.glob("scripts/*.sh"))]
# Folders of the checkout: what lies in them is named from its root.
FOLDERS = ("test", "benchmarks", "config", "interfaces", "launch", "scripts", "typings")
# Files of other packages.
ELSEWHERE = {"localization_launch.py"}
ROOMS = tuple(path.parent.name for path in PACKAGE.glob("*/__init__.py"))

_NOT_BEFORE = r"(?<![\w./$)*-])"
# `room/file.py`, also with a star in place of a part of a name.
_FILE = re.compile(_NOT_BEFORE + r"((?:[\w.-]+/)+[\w*-]+\.pyi?)(?![\w/])")
# `test/room`, `room/`, `config/sensors/`: what lies in a folder that is known by name.
_FOLDER = re.compile(
    _NOT_BEFORE + rf"((?:local_inn_ros/)?(?:{'|'.join((*FOLDERS, *ROOMS))})/[\w./*-]*)"
)
# `file.py` by itself, between backticks.
_NAME = re.compile(r"`([\w*-]+\.py)`")
_MODULE = re.compile(r"(?<![\w./-])local_inn_ros((?:\.[a-z_0-9]+)+)")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def is_there(name: str, page: Path) -> bool:
    """Tell whether a path leads somewhere: from the checkout, the package or the page's folder."""
    return any(any(base.glob(name)) for base in (ROOT, PACKAGE, page.parent))


def paths_in(text: str) -> set[str]:
    """Return the paths that a text names, without what a sentence puts behind them."""
    found = {*_FILE.findall(text), *_FOLDER.findall(text)}
    return {one.rstrip("./") for one in found if "/NAME" not in one}


def missing_paths(text: str, page: Path) -> list[str]:
    """Return the paths and the names of files in a text that lead nowhere."""
    paths = {one for one in paths_in(text) if not is_there(one, page)}
    names = {one for one in _NAME.findall(text) if not is_file_of_ours(one)}
    return sorted(paths | (names - ELSEWHERE))


def is_file_of_ours(name: str) -> bool:
    """Tell whether a file of this name lies anywhere in the checkout, environments aside."""
    folders = [PACKAGE, *(ROOT / folder for folder in FOLDERS)]
    return (ROOT / name).is_file() or any(any(one.rglob(name)) for one in folders)


def missing_modules(text: str) -> list[str]:
    """Return the modules of the package that a text names and that are none."""
    named = _MODULE.findall(text)
    return [f"local_inn_ros{name}" for name in named if not is_module(name[1:].split("."))]


def is_module(parts: list[str]) -> bool:
    """Tell whether names lead from the package to a folder, or into a file."""
    path = PACKAGE
    for part in parts:
        path = path / part
        if path.with_suffix(".py").is_file():
            # What is behind the file's name is something in the file.
            return True
    return path.is_dir()


def headings(page: Path) -> set[str]:
    """Return the anchors of a page, as GitHub makes them of its headings."""
    lines = _CODE.sub("", page.read_text()).splitlines()
    titles = [line.lstrip("#").strip().lower() for line in lines if re.match("#+ ", line)]
    return {re.sub(r"[^\w -]", "", title).replace(" ", "-") for title in titles}


def broken_links(text: str, page: Path) -> list[str]:
    """Return the links within the checkout that lead to no page, or to none of its headings."""
    broken = []
    for target in _LINK.findall(_CODE.sub("", text)):
        if "://" in target or target.startswith("mailto:"):
            continue
        file, _, anchor = target.partition("#")
        there = (page.parent / file).resolve() if file else page
        if not there.exists() or (anchor and anchor not in headings(there)):
            broken.append(target)
    return broken


def missing_imports(text: str) -> list[str]:
    """Return what the Python examples of a text import and cannot have."""
    missing = []
    for example in _PYTHON.findall(text):
        for node in ast.walk(ast.parse(example)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("local_inn_ros"):
                module = importlib.import_module(str(node.module))
                missing += [
                    f"{node.module}.{one.name}"
                    for one in node.names
                    if not hasattr(module, one.name)
                ]
    return missing


def test_the_pages_are_found() -> None:
    names = {str(page.relative_to(ROOT)) for page in PAGES}
    assert {"README.md", "docs/architecture.md"} < names
    assert "local_inn_ros/systems/local_inn_2d/README.md" in names


@pytest.mark.parametrize("page", NAMING, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_names_is_there(page: Path) -> None:
    text = page.read_text()
    assert missing_paths(text, page) == []
    assert missing_modules(text) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_examples_lead_somewhere(page: Path) -> None:
    text = page.read_text()
    assert broken_links(text, page) == []
    assert missing_imports(text) == []


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("`geometry/pose.py`, then `test/geometry/`.", []),
        ("see `geometry/no_pose.py`", ["geometry/no_pose.py"]),
        ("`engines/*/engine.py` and `engines/*_no_kernel.py`", ["engines/*_no_kernel.py"]),
        ("run test/no_room/test_none.py.", ["test/no_room/test_none.py"]),
        ("`no_file_of_ours.py`, `network.py`", ["no_file_of_ours.py"]),
    ],
)
def test_a_path_that_leads_nowhere_is_seen(text: str, missing: list[str]) -> None:
    assert missing_paths(text, ROOT / "README.md") == missing


def test_a_module_a_link_and_an_import_that_lead_nowhere_are_seen() -> None:
    named = "`local_inn_ros.geometry.pose.Pose2`, `local_inn_ros.no_room.file`"
    assert missing_modules(named) == ["local_inn_ros.no_room.file"]
    links = "[a](docs/filter.md) [b](docs/filter.md#no-such) [c](docs/none.md) [d](docs/none.md#e)"
    broken = ["docs/filter.md#no-such", "docs/none.md", "docs/none.md#e"]
    assert broken_links(links, ROOT / "README.md") == broken
    example = "```python\nfrom local_inn_ros.geometry import Pose2, NoPose\n```\n"
    assert missing_imports(example) == ["local_inn_ros.geometry.NoPose"]
