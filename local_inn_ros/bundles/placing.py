# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How a new bundle takes its place: when all of it is done, or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.errors import BundleError


def check_place(out: Path) -> None:
    """Refuse a place where a bundle would overwrite something that is no bundle.

    Raises:
        BundleError: there is a file, or a folder with other things in it; or nothing can be written
            beside it.
    """
    if out.is_file():
        raise BundleError(f"{out} is a file: name a folder for the bundle")
    if out.is_dir() and any(out.iterdir()) and not (out / "bundle.yaml").is_file():
        raise BundleError(f"{out} holds other files than a bundle: name a new folder")
    # Folders that are to be made lie in one that is there, where something can be made.
    there = next(one for one in out.absolute().parents if one.exists())
    try:
        with tempfile.TemporaryDirectory(dir=there, prefix=".tried."):
            pass
    except OSError as error:
        raise BundleError(f"no bundle can be written to {out}: {error.strerror}") from error


@contextmanager
def placed(out: Path) -> Iterator[Path]:
    """Give a folder to make a bundle in; it is moved to its place when the block ends well.

    Where the block is left by an error, an interrupt included, a bundle that was there before
    stays as it was, and nothing is left of the new one.

    Raises:
        BundleError: what was made does not load, or cannot be written.
    """
    partial = _partial(out)
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        yield partial
        Bundle.load(partial)
        replaced = out.with_name(out.name + ".replaced")
        shutil.rmtree(replaced, ignore_errors=True)
        if out.exists():
            out.rename(replaced)
        partial.rename(out)
        shutil.rmtree(replaced, ignore_errors=True)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise BundleError(f"the bundle cannot be written to {out}: {error.strerror}") from error
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _partial(out: Path) -> Path:
    return out.with_name(out.name + ".partial")
