# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ament's linters, each where it is installed; setup.cfg says which rules are off, and why."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("local_inn_ros", "launch", "benchmarks", "test")
SOURCES = [str(ROOT / name) for name in (*FOLDERS, "setup.py")]
# In ament's settings; and what belongs to docstrings that are not Google's, see setup.cfg.
DOCSTRING_RULES_OFF = (
    *("D100", "D101", "D102", "D103", "D104", "D105", "D106", "D107", "D203", "D212", "D404"),
    *("D213", "D402", "D406", "D407", "D413"),
    # It takes properties for functions; flake8 with its docstrings plugin does not.
    "D401",
)


def run_linter(package: str, *arguments: str) -> None:
    """Run one of ament's linters; in a process of its own, as flake8 forks workers.

    A worker that is forked from a process with DDS's threads in it dies of them.
    """
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    command = [sys.executable, "-m", f"{package}.main", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_flake8() -> None:
    pytest.importorskip("flake8", reason="flake8 is not installed")
    # flake8 takes the paths of `per-file-ignores` from the folder that the settings lie in.
    run_linter("ament_flake8", "--config", str(ROOT / "setup.cfg"), *SOURCES)


def test_pep257() -> None:
    pytest.importorskip("pydocstyle", reason="pydocstyle is not installed")
    # What tests are for, their names say.
    sources = [source for source in SOURCES if not source.endswith("test")]
    run_linter("ament_pep257", "--ignore", *DOCSTRING_RULES_OFF, "--", *sources)


def test_copyright() -> None:
    licenses = pytest.importorskip("ament_copyright", reason="ament_copyright is not installed")
    if "apache2_spdx" not in licenses.get_licenses():
        pytest.skip("local_inn_ros is not installed, so its header is not known")
    run_linter("ament_copyright", *SOURCES, str(ROOT / "LICENSE"))


def test_xmllint() -> None:
    if shutil.which("xmllint") is None:
        pytest.skip("xmllint is not installed")
    manifests = [str(path) for path in ROOT.glob("interfaces/*/package.xml")]
    run_linter("ament_xmllint", str(ROOT / "package.xml"), *manifests)
