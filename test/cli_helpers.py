# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Runs `local-inn` as a user would."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from local_inn_ros.cli.main import app, main

F1TENTH = Path(__file__).parents[1] / "config" / "sensors" / "f1tenth.yaml"


def invoke(*words: object, exit_code: int = 0) -> str:
    """Run a command that should succeed, or end with another code, and return what it prints."""
    result = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert result.exit_code == exit_code, result.output
    return result.output


def refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: object
) -> str:
    """Run a command that should fail on its input; return the one line that it prints."""
    monkeypatch.setattr(sys, "argv", ["local-inn", *(str(word) for word in words)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    assert shown.err.startswith("error: ")
    assert shown.err.count("\n") == 1
    return shown.err
