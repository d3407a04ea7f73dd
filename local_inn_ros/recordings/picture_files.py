# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the readers of folders of posed pictures share: JSON, numbers and poses out of it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from local_inn_ros.errors import BagError
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.text_files import lfs_pointer_note

# Of pictures that nobody stamped.
USUAL_RATE_HZ = 30.0


def read_json(file: Path) -> Mapping[str, Any]:
    """Read a JSON file that holds names and values.

    Raises:
        BagError: it is missing, or holds something else.
    """
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BagError(f"there is no file {file}") from None
    except OSError as error:
        raise BagError(f"cannot read {file}: {error}") from error
    except ValueError as error:
        note = lfs_pointer_note(file) or f"is not valid JSON: {error}"
        raise BagError(f"{file} {note}") from None
    if not isinstance(told, dict):
        raise BagError(f"{file} must hold names and values, not a {type(told).__name__}")
    return told


def frames_of(told: Mapping[str, Any], file: Path) -> list[Mapping[str, Any]]:
    """Return the list ``frames``.

    Raises:
        BagError: there is none, it is empty, or what it lists is something else.
    """
    frames = told.get("frames")
    if not isinstance(frames, list) or not all(isinstance(one, dict) for one in frames):
        raise BagError(f"{file} has no list `frames` of pictures")
    if not frames:
        raise BagError(f"{file} lists no picture")
    return frames


def number(told: Mapping[str, Any], name: str, where: str, usual: float | None = None) -> float:
    """Return a finite number by its name.

    Args:
        told: names and values.
        name: of the number.
        where: it is, for the error.
        usual: what it is where it is left out.

    Raises:
        BagError: it is missing, or no finite number.
    """
    value = told.get(name)
    value = usual if value is None else value
    if value is None:
        raise BagError(f"{where} lacks the number `{name}`")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BagError(f"{where}: `{name}` must be a finite number, got {value!r}")
    return float(value)


def pose(told: Mapping[str, Any], name: str, where: str) -> Pose3:
    """Return a pose written as a matrix (4, 4).

    Raises:
        BagError: it is missing, or no rigid motion.
    """
    try:
        found = Pose3.from_matrix(told[name])
    except KeyError:
        raise BagError(f"{where} lacks the pose `{name}`") from None
    except (ValueError, TypeError) as error:
        raise BagError(f"{where}: `{name}` is no pose: {error}") from None
    if not found.is_finite():
        raise BagError(f"{where}: `{name}` is not finite")
    return found


def file_of(
    told: Mapping[str, Any], name: str, folder: Path, where: str, endings: tuple[str, ...] = ()
) -> Path:
    """Return a file that is there, by the name that it is listed under.

    Args:
        told: names and values.
        name: under which it is listed.
        folder: that it is told relative to.
        where: it is listed, for the error.
        endings: tried where the file is listed without one.

    Raises:
        BagError: it is not listed, or not there.
    """
    listed = told.get(name)
    if not isinstance(listed, str) or not listed:
        raise BagError(f"{where} lacks the file `{name}`")
    for ending in ("", *endings):
        file = folder / (listed + ending)
        if file.is_file():
            return file
    raise BagError(f"{where}: there is no file {folder / listed}")


def camera_of(numbers: Mapping[str, object], where: str) -> CameraSpec:
    """Make a camera of its numbers.

    Raises:
        BagError: a number is out of range.
    """
    try:
        return CameraSpec.model_validate({"kind": "camera", "name": "camera", **numbers})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"])) or "the camera"
        raise BagError(f"{where}: {name}: {first['msg']}") from None
