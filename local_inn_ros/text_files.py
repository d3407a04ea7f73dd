# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Files that people write or fetch: what is wrong with them, in words."""

from __future__ import annotations

from pathlib import Path

import yaml

_LFS_BEGINNING = b"version https://git-lfs.github.com/spec/"


def lfs_pointer_note(path: Path) -> str:
    """Return what to say of a file that Git LFS has left as a pointer; empty of any other."""
    try:
        with path.open("rb") as file:
            beginning = file.read(len(_LFS_BEGINNING))
    except OSError:
        return ""
    if beginning != _LFS_BEGINNING:
        return ""
    return "is a Git LFS pointer, not the file itself: run `git lfs pull` where it was cloned"


def yaml_fault(error: yaml.YAMLError | UnicodeDecodeError) -> str:
    """Say in one line what is wrong with a YAML file, and where."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return " ".join(str(error).split())
    told = " ".join(str(part) for part in (error.context, error.problem) if part)
    mark = error.problem_mark
    if "'\\t'" in told:
        told = "a tab stands where YAML wants spaces"
    return told if mark is None else f"{told} (line {mark.line + 1}, column {mark.column + 1})"


def expanded(told: str | Path) -> Path:
    """Return a path with its tilde written out.

    Raises:
        ValueError: it is of a user that this machine does not know, or that has no home.
    """
    try:
        return Path(told).expanduser()
    except RuntimeError:
        user = Path(told).parts[0]
        raise ValueError(f"no user that {user!r} could be has a home on this machine") from None
