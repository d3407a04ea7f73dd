# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From the name of a system to the system, imported when it is asked for.

Other distributions may bring systems of their own: entry points of the group
``local_inn_ros.systems``, each naming an object that is a ``System``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import cast

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.engines.choice import EngineChoice
from local_inn_ros.errors import BundleError
from local_inn_ros.systems.protocol import Model, System

_LOG = logging.getLogger(__name__)
_GROUP = "local_inn_ros.systems"
DEFAULT = "local_inn_2d"
# A new system is one folder and one line here.
_SYSTEMS = {
    DEFAULT: "local_inn_ros.systems.local_inn_2d.system:SYSTEM",
    "pose_inn": "local_inn_ros.systems.pose_inn.system:SYSTEM",
}


def system_named(name: str) -> System:
    """Return a system.

    Raises:
        BundleError: there is none of this name; the message lists those that there are.
    """
    if name in _SYSTEMS:
        module, _, attribute = _SYSTEMS[name].partition(":")
        return cast(System, getattr(import_module(module), attribute))
    for point in entry_points(group=_GROUP):
        if point.name == name:
            return cast(System, point.load())
    raise BundleError(f"no system is called {name!r}; known: {', '.join(system_names())}")


def system_names() -> tuple[str, ...]:
    """Return the names of all systems."""
    return (*_SYSTEMS, *sorted(point.name for point in entry_points(group=_GROUP)))


def load_bundle(path: str | Path) -> Bundle:
    """Load a bundle whose system is known and fits what it holds.

    Raises:
        BundleError: a file is missing or changed, the system is unknown, or it does not fit.
        MapError: the bundle's map cannot be read.
    """
    bundle = Bundle.load(path)
    system_named(bundle.description.system).check(bundle)
    return bundle


def open_model(
    bundle: Bundle,
    choice: EngineChoice = EngineChoice.COMPILED,
    warn: Callable[[str], object] = _LOG.warning,
) -> Model:
    """Open a bundle by its system.

    Args:
        bundle: a bundle; what it holds is checked by its system first.
        choice: the engine asked for.
        warn: told in a sentence why another engine is taken.

    Raises:
        BundleError: the system is unknown or does not fit, or the networks cannot be loaded.
        EngineError: no engine can be had.
    """
    system = system_named(bundle.description.system)
    system.check(bundle)
    return system.open(bundle, choice, warn)
