# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ament's linters, each where it is installed; setup.cfg says which rules are off, and why."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("local_inn_ros", "launch", "benchmarks", "test")
SOURCES = [str(ROOT / name) for name in (*FOLDERS, "setup.py")]
# In ament's settings; and what belongs to docstrings that are not Google's, see setup.cfg.
DOCSTRING_RULES_OFF = (
    *("D100", "D101", "D102", "D103", "D104", "D105", "D106", "D107", "D203", "D212", "D404"),
    *("D213", "D402", "D406", "D407", "D413"),
    # It takes properties for functions; flake8 with its docstrings plugin does not.
    "D401",
)


def test_flake8() -> None:
    linter = pytest.importorskip("ament_flake8.main", reason="ament_flake8 is not installed")
    pytest.importorskip("flake8", reason="flake8 is not installed")
    # flake8 takes the paths of `per-file-ignores` from the folder that the settings lie in.
    code, errors = linter.main_with_errors(argv=["--config", str(ROOT / "setup.cfg"), *SOURCES])
    assert code == 0, "\n".join(errors)


def test_pep257(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pydocstyle", reason="pydocstyle is not installed")
    linter = pytest.importorskip("ament_pep257.main", reason="ament_pep257 is not installed")
    # What tests are for, their names say.
    sources = [source for source in SOURCES if not source.endswith("test")]
    code = linter.main(argv=["--ignore", *DOCSTRING_RULES_OFF, "--", *sources])
    assert code == 0, capsys.readouterr().out


def test_copyright(capsys: pytest.CaptureFixture[str]) -> None:
    linter = pytest.importorskip("ament_copyright.main", reason="ament_copyright is not installed")
    licenses = pytest.importorskip("ament_copyright")
    if "apache2_spdx" not in licenses.get_licenses():
        pytest.skip("local_inn_ros is not installed, so its header is not known")
    assert linter.main(argv=[*SOURCES, str(ROOT / "LICENSE")]) == 0, capsys.readouterr().out


def test_xmllint(capsys: pytest.CaptureFixture[str]) -> None:
    linter = pytest.importorskip("ament_xmllint.main", reason="ament_xmllint is not installed")
    if shutil.which("xmllint") is None:
        pytest.skip("xmllint is not installed")
    manifests = [str(path) for path in ROOT.glob("interfaces/*/package.xml")]
    code = linter.main(argv=[str(ROOT / "package.xml"), *manifests])
    assert code == 0, capsys.readouterr().out
