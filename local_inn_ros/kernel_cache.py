# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where numba keeps compiled kernels, on machines whose usual places cannot be written.

numba keeps them beside the sources, else in the user's home, and refuses to work where neither can
be written: a package that another user installed, run by a user without a home. They then go to a
folder for temporary files that is this user's own; where there is none, they are not kept.
"""

from __future__ import annotations

import logging
import os
import stat
import sys
import tempfile
from pathlib import Path

_LOG = logging.getLogger(__name__)
_VARIABLE = "NUMBA_CACHE_DIR"
_SHARED_MEMORY = "/dev/shm"


def settle() -> None:
    """Choose a place before the first kernel is made; say so where it is not a usual one.

    What was chosen is told to numba, and to processes that this one starts, by the variable of the
    environment that numba has for it. Nothing is done where that is set, or not needed.
    """
    if os.environ.get(_VARIABLE) or _fits_beside_sources() or _fits_in_home():
        return
    place = _temporary()
    if place is None:
        _keep_none()
        _LOG.warning(
            "compiled code is not kept, so every start compiles anew: neither the package's folder "
            "nor a home nor a folder for temporary files can be written; set %s to one that can",
            _VARIABLE,
        )
        return
    os.environ[_VARIABLE] = str(place)
    if "numba" in sys.modules:
        from numba.core import config

        config.reload_config()  # type: ignore[no-untyped-call]
    _LOG.warning(
        "compiled code is kept in %s, until that is emptied: neither the package's folder nor a "
        "home can be written; set %s to a folder that lasts",
        place,
        _VARIABLE,
    )


def _fits_beside_sources() -> bool:
    """Tell whether every folder of the package takes what is compiled of its sources."""
    for told, _, _ in os.walk(Path(__file__).parent):
        folder = Path(told)
        if folder.name != "__pycache__" and not _can_be_made(folder / "__pycache__"):
            return False
    return True


def _fits_in_home() -> bool:
    """Tell whether numba's folder in the user's home is there, or can be made."""
    try:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    except RuntimeError:
        return False
    return cache.is_absolute() and _can_be_made(cache / "numba")


def _can_be_made(folder: Path) -> bool:
    """Tell whether a folder can be written, or made where it would lie."""
    # Unlike Path.exists, this takes what cannot be looked into for what is not there.
    there = next(one for one in (folder, *folder.parents) if os.access(one, os.F_OK))
    return _is_writable(there)


def _temporary() -> Path | None:
    """Return a folder of this user alone below those for temporary files; None without any."""
    try:
        usual = [tempfile.gettempdir()]
    except FileNotFoundError:
        usual = []
    for parent in (*usual, _SHARED_MEMORY):
        folder = Path(parent) / f"local_inn_ros-kernels-{os.geteuid()}"
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            found = folder.lstat()
        except OSError:
            continue
        # Compiled code runs when it is read: nobody else may have put it there.
        own = found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) & 0o077 == 0
        if own and stat.S_ISDIR(found.st_mode) and _is_writable(folder):
            return folder
    return None


def _is_writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK)


def _keep_none() -> None:
    """Have numba compile without keeping anything, for which it has no setting."""
    from numba.core.dispatcher import Dispatcher

    def keep_nothing(dispatcher: Dispatcher) -> None:
        """Leave the dispatcher as it begins: without a cache."""

    Dispatcher.enable_caching = keep_nothing  # type: ignore[method-assign, assignment]
