# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Names of a room that are imported when they are first asked for (PEP 562)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module


def late_names(room: str, names: Mapping[str, tuple[str, ...]]) -> Callable[[str], object]:
    """Return what a room takes for its ``__getattr__``.

    Args:
        room: the package, as its ``__name__`` has it.
        names: by the file within the room that they are in.
    """
    files = {name: file for file, listed in names.items() for name in listed}

    def find(name: str) -> object:
        if name not in files:
            raise AttributeError(f"module {room!r} has no attribute {name!r}")
        value: object = getattr(import_module(f"{room}.{files[name]}"), name)
        setattr(sys.modules[room], name, value)
        return value

    return find
