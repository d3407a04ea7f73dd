# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Keeps what a verb reads from being written over by what it writes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.places import PlaceError
from local_inn_ros.recordings.bag_folder import METADATA, bag_files
from local_inn_ros.world.map_file import read_map_description


def keep_inputs(written: Path | None, read: Iterable[Path]) -> None:
    """Refuse to write a file over one of those that are read.

    Args:
        written: what the verb is to write; None for nothing.
        read: files that it reads.

    Raises:
        PlaceError: it is one of them.
    """
    if written is None or not written.exists():
        return
    if any(one.exists() and written.samefile(one) for one in read):
        raise PlaceError(f"{written} is read here and would be lost: name another file to write")


def files_of_bag(bag: Path) -> list[Path]:
    """Return the files that a recording is made of.

    Raises:
        BagError: it is no bag.
    """
    return [*bag_files(bag).files, bag / METADATA]


def files_of_bundle(bundle: Bundle) -> list[Path]:
    """Return the files that a bundle is made of."""
    told = bundle.description
    named = [*told.graphs.values(), *told.files.values()]
    named += [one.surfaces for one in told.maps if one.surfaces is not None]
    maps = [bundle.path / one.file for one in told.maps]
    images = [read_map_description(one).image_path for one in maps]
    return [bundle.path / "bundle.yaml", *maps, *images, *(bundle.path / one.file for one in named)]
