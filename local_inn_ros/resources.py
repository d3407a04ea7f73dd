# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The folders that come with the package: launch files, configuration, shipped models."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from local_inn_ros.errors import LocalInnError

PACKAGE = "local_inn_ros"


def resource_directory(kind: str, package_directory: Path | None = None) -> Path:
    """Return the folder ``kind`` of this package, from the checkout or from the installation.

    A source checkout (also an editable or symlinked installation) comes first, then
    ``share/local_inn_ros`` of the prefix that the package is installed in, then that of each
    prefix in ``AMENT_PREFIX_PATH``.

    Args:
        kind: ``"config"``, ``"launch"`` or ``"models"``.
        package_directory: where the Python package lies; its own place unless given.

    Raises:
        LocalInnError: the folder is in none of these places; the message lists them.
    """
    candidates = list(_candidates(kind, package_directory or Path(__file__).resolve().parent))
    for candidate in candidates:
        if candidate.is_dir():
            return candidate
    places = ", ".join(map(str, candidates)) or "nowhere: this is neither checkout nor installation"
    raise LocalInnError(
        f"the folder '{kind}' of {PACKAGE} is missing (looked in {places}); "
        f"install the package again, or run it from a complete checkout"
    )


def _candidates(kind: str, package_directory: Path) -> Iterator[Path]:
    checkout = package_directory.parent
    if (checkout / "package.xml").is_file():
        yield checkout / kind
    # Packages lie at different depths below a prefix: lib/python3.x/site-packages under pip and
    # colcon, local/lib/python3.x/dist-packages under colcon on Ubuntu 22.04.
    prefixes = list(package_directory.parents)
    prefixes += [
        Path(entry) for entry in os.environ.get("AMENT_PREFIX_PATH", "").split(":") if entry
    ]
    for prefix in prefixes:
        share = prefix / "share" / PACKAGE
        if share.is_dir():
            yield share / kind
