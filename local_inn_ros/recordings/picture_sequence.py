# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Folders with a `sequence.json`: pictures, depths and the poses of the camera."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local_inn_ros.errors import BagError
from local_inn_ros.recordings.picture_files import (
    USUAL_RATE_HZ,
    camera_of,
    file_of,
    frames_of,
    number,
    pose,
    read_json,
)
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.sensing.camera.posed_pictures import DepthFile, PosedPicture, PosedPictures

FILE = "sequence.json"
_AXES = "x right, y down, z forward"


def read_sequence(folder: Path) -> PosedPictures:
    """Read a folder with a ``sequence.json``.

    It tells ``width``, ``height``, ``fx``, ``fy``, ``cx``, ``cy`` (the centre of the first pixel
    is 0), and of each of its ``frames`` the ``image`` and ``world_from_camera`` (4, 4); where there
    are depths, ``depth`` of a frame, ``depth_scale_m`` and, if the depths' intrinsics differ,
    ``depth_fx`` and so on, in pixels of the picture's size. ``stamp_s`` of a frame may be left out:
    pictures are ``1 / rate_hz`` apart then.

    Raises:
        BagError: something is missing or makes no sense; the message says where.
    """
    file = folder / FILE
    told = read_json(file)
    axes = told.get("camera_axes", _AXES)
    if axes != _AXES:
        raise BagError(f"{file}: camera_axes must be {_AXES!r}, got {axes!r}")
    rate_hz = number(told, "rate_hz", str(file), USUAL_RATE_HZ)
    numbers = {name: number(told, name, str(file)) for name in ("fx", "fy", "cx", "cy")}
    size = {name: number(told, name, str(file)) for name in ("width", "height")}
    camera = camera_of({**numbers, **size, "rate_hz": rate_hz}, str(file))
    pictures = []
    for index, frame in enumerate(frames_of(told, file)):
        where = f"frame {index} of {file}"
        pictures.append(
            PosedPicture(
                number(frame, "stamp_s", where, index / rate_hz),
                pose(frame, "world_from_camera", where),
                file_of(frame, "image", folder, where),
                _depth(told, frame, camera, folder, where),
            )
        )
    return PosedPictures(camera, tuple(sorted(pictures, key=lambda one: one.stamp_s)))


def _depth(
    told: Mapping[str, Any],
    frame: Mapping[str, Any],
    camera: CameraSpec,
    folder: Path,
    where: str,
) -> DepthFile | None:
    if frame.get("depth") is None:
        return None
    fx, fy, cx, cy = (
        number(told, f"depth_{name}", where, getattr(camera, name))
        for name in ("fx", "fy", "cx", "cy")
    )
    metres = number(told, "depth_scale_m", where)
    file = file_of(frame, "depth", folder, where)
    return DepthFile(file, metres, fx, fy, cx, cy, camera.width, camera.height)
