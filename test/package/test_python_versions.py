# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Every source can be read by Python 3.10, the oldest that the package is for.

Names of the standard library that came later are found by mypy; what newer versions allow within
f-strings and indices, which Python's own parser lets pass, by ruff. Both are told the same version,
and `make lint` runs them.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OLDEST = (3, 10)
FOLDERS = ("local_inn_ros", "launch", "benchmarks", "scripts", "test", "typings")


def sources() -> list[Path]:
    files = [file for name in FOLDERS for file in sorted((ROOT / name).rglob("*.py*"))]
    kept = [file for file in files if file.suffix in {".py", ".pyi"}]
    assert len(kept) > 200
    return [ROOT / "setup.py", *kept]


def read_by_oldest(source: str) -> None:
    ast.parse(source, feature_version=OLDEST)


def test_every_source_is_read_by_the_oldest_python() -> None:
    faults = []
    for file in sources():
        try:
            read_by_oldest(file.read_text(encoding="utf-8"))
        except SyntaxError as error:
            faults.append(f"{file.relative_to(ROOT)}:{error.lineno}: {error.msg}")
    assert faults == []


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    pass\nexcept* ValueError:\n    pass",
        "def first[T](words: list[T]) -> T: ...",
        "type Words = list[str]",
    ],
)
def test_what_came_later_is_refused(source: str) -> None:
    with pytest.raises(SyntaxError):
        read_by_oldest(source)


def test_the_tools_are_told_the_same_version() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    dotted = ".".join(map(str, OLDEST))
    assert re.findall(r'^python_version = "(.*)"$', text, re.MULTILINE) == [dotted]
    assert re.findall(r'^target-version = "py(.*)"$', text, re.MULTILINE) == [
        dotted.replace(".", "")
    ]
    assert f'python_requires=">={dotted}"' in (ROOT / "setup.py").read_text()
