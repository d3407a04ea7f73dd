# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which files a bag is made of, and what its metadata.yaml says of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from local_inn_ros.errors import BagError

METADATA = "metadata.yaml"
PACKED = (".zstd", ".zst")
FORMATS = (".mcap", ".db3", ".bag")


@dataclass(frozen=True, slots=True)
class BagFiles:
    """The files of a bag.

    Attributes:
        files: in the order of recording.
        counted: how many messages of each topic metadata.yaml says that there are.
        damage: what is missing of the recording, a sentence each.
        notes: what else is odd, and takes nothing away.
        listed: whether metadata.yaml names the files; else one may be a copy of another.
    """

    files: tuple[Path, ...]
    counted: Mapping[str, int] = field(default_factory=dict)
    damage: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    listed: bool = True


def bag_files(path: Path) -> BagFiles:
    """Find the files of a bag.

    Args:
        path: a bag folder, or a single file.

    Raises:
        BagError: there is none.
    """
    if not path.exists():
        raise BagError(f"there is no bag at {path}")
    if not path.is_dir():
        if format_of(path) not in FORMATS:
            raise BagError(
                f"{path} cannot be read: it is not a bag: a folder, or a file that ends in "
                f"{', '.join(FORMATS)}"
            )
        return BagFiles((path,))
    there = sorted((one for one in path.iterdir() if is_storage(one)), key=_in_order)
    told, trouble = _metadata(path / METADATA)
    if told is None:
        if not there:
            raise BagError(
                f"{path} is not a bag: it has no metadata.yaml, and no .mcap or .db3 file; give "
                "the folder that `ros2 bag record` made"
            )
        return BagFiles(tuple(there), notes=(trouble,), listed=False)
    return _named_files(path, told, there)


def format_of(path: Path) -> str:
    """Return what a file is, by its name: ``.mcap``, ``.db3`` or ``.bag`` for those of bags."""
    return Path(path.stem).suffix if path.suffix in PACKED else path.suffix


def is_storage(path: Path) -> bool:
    """Tell whether a file holds messages, by its name."""
    return path.is_file() and format_of(path) in (".mcap", ".db3")


def _named_files(path: Path, told: Mapping[str, Any], there: list[Path]) -> BagFiles:
    files, damage = [], []
    for name in told["relative_file_paths"]:
        # Early versions wrote the folder's own name before that of the file.
        choices = (path / PurePosixPath(name).name, path / name)
        found = next((one for one in choices if one.is_file()), None)
        if found is None:
            damage.append(f"{path / name} is missing, which its metadata.yaml names")
        else:
            files.append(found)
    if not files and there:
        damage.append(f"read instead: {', '.join(one.name for one in there)}")
        files = there
    if not files:
        raise BagError(f"{path} is not a bag any more: {'; '.join(damage) or 'it has no files'}")
    notes = [
        f"{one} is not read: its metadata.yaml does not name it"
        for one in there
        if one not in files
    ]
    listed = len(files) <= len(told["relative_file_paths"])
    return BagFiles(tuple(files), _counted(told), tuple(damage), tuple(notes), listed)


def _counted(told: Mapping[str, Any]) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for one in told.get("topics_with_message_count") or ():
        try:
            counted[str(one["topic_metadata"]["name"])] += int(one["message_count"])
        except (KeyError, TypeError, ValueError):
            continue
    return dict(counted)


def _metadata(path: Path) -> tuple[Mapping[str, Any] | None, str]:
    """Read what metadata.yaml tells; None with the reason where that is of no use."""
    if not path.is_file():
        return None, f"{path} is missing: all files beside it are read"
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))["rosbag2_bagfile_information"]
        if isinstance(told["relative_file_paths"], list):
            return told, ""
    except OSError as error:
        raise BagError(f"{path} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError):
        pass
    return None, f"{path} is broken: all files beside it are read"


def _in_order(path: Path) -> list[tuple[int, str]]:
    """Sort run_2 before run_10."""
    return [
        (int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", path.name)
    ]
