# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Folders that belong to the user who runs this, to be kept or for a while."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from local_inn_ros.place_errors import PlaceError

_SHARED_MEMORY = "/dev/shm"


def user_folder(variable: str, usual: str) -> Path:
    """Return the folder that a variable of the environment names, or the usual one below home.

    Raises:
        PlaceError: the variable is not set, and the user has no home.
    """
    try:
        return Path(os.environ.get(variable) or usual).expanduser()
    except RuntimeError as error:
        raise PlaceError(f"this user has no home: set {variable} to a folder") from error


def own_temporary_folder(purpose: str) -> Path | None:
    """Return a folder for temporary files of this user alone, the same each time.

    It lasts from one process to the next, until those files are emptied.

    Args:
        purpose: a word for its name.

    Returns:
        The folder; None where none can be made.
    """
    try:
        usual = [tempfile.gettempdir()]
    except FileNotFoundError:
        usual = []
    for parent in (*usual, _SHARED_MEMORY):
        folder = Path(parent) / f"local_inn_ros-{purpose}-{os.geteuid()}"
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            found = folder.lstat()
        except OSError:
            continue
        # Where all may write, others may have made it, to be read by this user.
        own = found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) & 0o077 == 0
        if own and stat.S_ISDIR(found.st_mode) and os.access(folder, os.W_OK | os.X_OK):
            return folder
    return None


def can_be_made(folder: Path) -> bool:
    """Tell whether a folder can be written, or made where it would lie."""
    # Unlike Path.exists, this takes what cannot be looked into for what is not there.
    there = next(one for one in (folder, *folder.parents) if os.access(one, os.F_OK))
    return os.access(there, os.W_OK | os.X_OK)
