# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Commands run as another user would, and on places that are full or cannot be written."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NOBODY = 65534
# So that the interpreter can be read wherever it lies; nothing can be written by it.
AS_NOBODY = (
    *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
    *("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"),
)
_DEADLINE_S = 300.0


@dataclass(frozen=True)
class Ended:
    """What a process came to."""

    code: int
    out: str
    err: str

    def refusal(self) -> str:
        """Return the one sentence that a verb has refused with."""
        assert self.code not in (0, None), self.out + self.err
        assert "Traceback" not in self.err + self.out, self.err
        lines = [line for line in self.err.splitlines() if line.startswith("error: ")]
        assert len(lines) == 1, self.err
        return lines[0]


def _can(*command: str) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def needs_nobody() -> None:
    """Skip where no process can be run as another user."""
    if os.geteuid() != 0 or not _can(*AS_NOBODY, "true"):
        pytest.skip("only root can run a process as another user (setpriv of util-linux)")


def needs_mounts() -> None:
    """Skip where nothing can be mounted for one process alone."""
    if os.geteuid() != 0 or not _can("unshare", "--mount", "true"):
        pytest.skip("only root can mount something for one process alone (unshare of util-linux)")


def run(
    command: Sequence[object],
    environment: Mapping[str, str] | None = None,
    before: Sequence[str] = (),
    folder: Path | None = None,
) -> Ended:
    """Run the package's Python with some words.

    Args:
        command: the words after the interpreter.
        environment: on top of this process's own.
        before: words before the interpreter.
        folder: that the process runs in.
    """
    words = [*before, sys.executable, *map(str, command)]
    kept = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    ended = subprocess.run(
        words,
        env={**kept, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", **(environment or {})},
        capture_output=True,
        text=True,
        timeout=_DEADLINE_S,
        check=False,
        cwd=folder,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def local_inn(
    *words: object,
    as_nobody: bool = False,
    mounts: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Ended:
    """Run `local-inn` as a user would.

    Args:
        words: of the command.
        as_nobody: by a user without a home who may write nowhere but where all may.
        mounts: shell commands that mount something for this process alone.
        environment: on top of this process's own.
    """
    before: list[str] = []
    if mounts:
        script = " && ".join([*mounts, 'exec "$@"'])
        before += ["unshare", "--mount", "sh", "-c", script, "sh"]
    told = dict(environment or {})
    if as_nobody:
        before += AS_NOBODY
        told = {"HOME": "/nonexistent", **told}
    return run(["-m", "local_inn_ros.cli.main", *words], told, before)


def tiny_disk(folder: Path, size_kb: int = 64) -> str:
    """Return the shell command that mounts a small disk at a folder."""
    return f"mount -t tmpfs -o size={size_kb}k none {folder}"
