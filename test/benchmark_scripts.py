# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Scripts of ``benchmarks/`` as modules, and what they measure."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

from local_inn_ros.resources import resource_directory

_SCRIPTS = Path(__file__).resolve().parents[1] / "benchmarks"


def benchmark_script(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "path", [str(_SCRIPTS), *sys.path])
    return importlib.import_module(name)


def run_script(script: ModuleType, monkeypatch: pytest.MonkeyPatch, *words: object) -> None:
    monkeypatch.setattr(sys, "argv", [f"{script.__name__}.py", *map(str, words)])
    script.main()


def shipped_bundle() -> Path:
    path = resource_directory("models") / "generated_track"
    if not (path / "bundle.yaml").is_file():
        pytest.skip(f"no bundle is shipped at {path}")
    return path
