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
import sys
from pathlib import Path

from local_inn_ros.places import can_be_made, own_temporary_folder

_LOG = logging.getLogger(__name__)
_VARIABLE = "NUMBA_CACHE_DIR"


def settle() -> None:
    """Choose a place before the first kernel is made; say so where it is not a usual one.

    What was chosen is told to numba, and to processes that this one starts, by the variable of the
    environment that numba has for it. Nothing is done where that is set, or not needed.
    """
    if os.environ.get(_VARIABLE) or _fits_beside_sources() or _fits_in_home():
        return
    # Compiled code runs when it is read: nobody else may have put it there.
    place = own_temporary_folder("kernels")
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
        if folder.name != "__pycache__" and not can_be_made(folder / "__pycache__"):
            return False
    return True


def _fits_in_home() -> bool:
    """Tell whether numba's folder in the user's home is there, or can be made."""
    try:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    except RuntimeError:
        return False
    return cache.is_absolute() and can_be_made(cache / "numba")


def _keep_none() -> None:
    """Have numba compile without keeping anything, for which it has no setting."""
    from numba.core.dispatcher import Dispatcher

    def keep_nothing(dispatcher: Dispatcher) -> None:
        """Leave the dispatcher as it begins: without a cache."""

    Dispatcher.enable_caching = keep_nothing  # type: ignore[method-assign, assignment]
