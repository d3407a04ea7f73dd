# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How a new bundle takes its place: when all of it is done, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.errors import BundleError
from local_inn_ros.places import check_new_folder, new_folder, real_path


def check_place(out: Path) -> None:
    """Refuse a place where a bundle would overwrite something that is no bundle.

    Raises:
        BundleError: there is a file, or a folder with other things in it.
        PlaceError: nothing can be written there.
    """
    real = real_path(out)
    if real.is_file():
        raise BundleError(f"{out} is a file: name a folder for the bundle")
    check_new_folder(out)
    if real.is_dir() and any(real.iterdir()) and not (real / "bundle.yaml").is_file():
        raise BundleError(f"{out} holds other files than a bundle: name a new folder")


@contextmanager
def placed(out: Path) -> Iterator[Path]:
    """Give a folder to make a bundle in; it is moved to its place when the block ends well.

    Where the block is left by an error, an interrupt included, a bundle that was there before
    stays as it was, and nothing is left of the new one.

    Raises:
        BundleError: what was made does not load.
        PlaceError: it cannot be written.
    """
    with new_folder(out) as folder:
        yield folder
        Bundle.load(folder)
