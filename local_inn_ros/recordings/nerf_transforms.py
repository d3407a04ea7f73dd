# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Folders with a `transforms.json`, as nerfstudio and instant-ngp read and write them.

Their cameras look along -z with y up, and their pixels are counted from the corner of the first
one (docs.nerf.studio, "Data conventions").
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from local_inn_ros.errors import BagError
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.places import new_file
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

FILE = "transforms.json"
_ENDINGS = (".png", ".jpg", ".jpeg")
_DISTORTIONS = ("k1", "k2", "k3", "k4", "p1", "p2")
_MODELS = ("PINHOLE", "SIMPLE_PINHOLE", "OPENCV")
_INTRINSICS = ("fl_x", "fl_y", "cx", "cy", "w", "h", "camera_angle_x", "camera_angle_y")
# nerfstudio's own where nothing is told.
_MILLIMETRES = 1e-3
# Between its optical frame and that of REP-103: half a turn about x.
_NERF_FROM_OPTICAL = Pose3.from_matrix(np.diag([1.0, -1.0, -1.0, 1.0]))


def read_transforms(folder: Path) -> PosedPictures:
    """Read a folder with a ``transforms.json``.

    Pictures must be free of distortion and of one camera. ``stamp_s`` of a frame is read where it
    is told; otherwise pictures follow each other by 1 / 30 s. Lengths are taken for metres.

    Raises:
        BagError: something is missing or makes no sense; the message says where.
    """
    file = folder / FILE
    told = read_json(file)
    frames = frames_of(told, file)
    camera = _camera(told, frames, file)
    world_from_frames = _undoing(told, file)
    pictures = []
    for index, frame in enumerate(frames):
        where = f"frame {index} of {file}"
        written = pose(frame, "transform_matrix", where)
        pictures.append(
            PosedPicture(
                number(frame, "stamp_s", where, index / USUAL_RATE_HZ),
                world_from_frames @ written @ _NERF_FROM_OPTICAL,
                file_of(frame, "file_path", folder, where, _ENDINGS),
                _depth(told, frame, camera, folder, where),
            )
        )
    return PosedPictures(camera, tuple(sorted(pictures, key=lambda one: one.stamp_s)))


def write_transforms(folder: Path, posed: PosedPictures) -> None:
    """Write a ``transforms.json`` that names pictures where they are; whole or not at all.

    Depths are named where they share the pictures' intrinsics, since the format has no others.

    Args:
        folder: where it is written; the pictures are named relative to it.
        posed: the pictures.

    Raises:
        PlaceError: it cannot be written.
    """
    camera = posed.camera
    content = {
        "camera_model": "PINHOLE",
        "w": camera.width,
        "h": camera.height,
        "fl_x": camera.fx,
        "fl_y": camera.fy,
        "cx": camera.cx + 0.5,
        "cy": camera.cy + 0.5,
        "depth_unit_scale_factor": _depth_scale(posed),
        "frames": [_frame(one, posed, folder) for one in posed],
    }
    with new_file(folder / FILE) as file:
        file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _frame(one: PosedPicture, posed: PosedPictures, folder: Path) -> dict[str, object]:
    matrix = (one.map_from_camera @ _NERF_FROM_OPTICAL).to_matrix()
    frame: dict[str, object] = {
        "file_path": os.path.relpath(one.file, folder),
        "stamp_s": one.stamp_s,
        "transform_matrix": matrix.tolist(),
    }
    if one.depth is not None and _is_written(one.depth, posed):
        frame["depth_file_path"] = os.path.relpath(one.depth.file, folder)
    return frame


def _depth_scale(posed: PosedPictures) -> float:
    scales = [one.depth.metres for one in posed if one.depth is not None]
    return scales[0] if scales else _MILLIMETRES


def _is_written(depth: DepthFile, posed: PosedPictures) -> bool:
    camera = posed.camera
    same = (camera.fx, camera.fy, camera.cx, camera.cy, camera.width, camera.height)
    own = (depth.fx, depth.fy, depth.cx, depth.cy, depth.width, depth.height)
    return own == same and depth.metres == _depth_scale(posed)


def _camera(told: Mapping[str, Any], frames: list[Mapping[str, Any]], file: Path) -> CameraSpec:
    """Read the camera, told for all pictures or for each."""
    cameras: list[CameraSpec] = []
    for index, frame in enumerate(frames):
        own = {name: frame[name] for name in _INTRINSICS if name in frame}
        if own or not cameras:
            where = f"frame {index} of {file}" if own else str(file)
            cameras.append(_one_camera({**told, **frame}, where))
    other = next((one for one in cameras if one != cameras[0]), None)
    if other is not None:
        raise BagError(
            f"{file} has pictures of several cameras ({cameras[0].in_words()}; "
            f"{other.in_words()}): give those of one"
        )
    return cameras[0]


def _one_camera(told: Mapping[str, Any], where: str) -> CameraSpec:
    model = told.get("camera_model", "OPENCV")
    bent = [name for name in _DISTORTIONS if number(told, name, where, 0.0) != 0.0]
    if model not in _MODELS or bent:
        what = f"distortion ({', '.join(bent)})" if bent else f"a camera of model {model!r}"
        raise BagError(
            f"{where} tells of {what}: take the distortion out of the pictures first, as by "
            "nerfstudio's or COLMAP's image undistorter"
        )
    width, height = number(told, "w", where), number(told, "h", where)
    angle = told.get("camera_angle_x")
    usual = None
    if angle is not None:
        usual = 0.5 * width / math.tan(0.5 * number(told, "camera_angle_x", where))
    fx = number(told, "fl_x", where, usual)
    numbers = {
        "width": width,
        "height": height,
        "fx": fx,
        "fy": number(told, "fl_y", where, fx),
        "cx": number(told, "cx", where, 0.5 * width) - 0.5,
        "cy": number(told, "cy", where, 0.5 * height) - 0.5,
        "rate_hz": USUAL_RATE_HZ,
    }
    return camera_of(numbers, where)


def _undoing(told: Mapping[str, Any], file: Path) -> Pose3:
    """Return what takes poses back to the world before nerfstudio moved it."""
    if told.get("applied_scale", 1.0) != 1.0:
        raise BagError(f"{file}: poses are scaled (applied_scale), a robot's map is in metres")
    if told.get("applied_transform") is None:
        return Pose3.identity()
    try:
        matrix = np.eye(4)
        matrix[:3] = np.asarray(told["applied_transform"], dtype=np.float64)[:3]
        return Pose3.from_matrix(matrix).inverse()
    except (ValueError, TypeError) as error:
        raise BagError(f"{file}: applied_transform is no rigid motion: {error}") from None


def _depth(
    told: Mapping[str, Any],
    frame: Mapping[str, Any],
    camera: CameraSpec,
    folder: Path,
    where: str,
) -> DepthFile | None:
    if frame.get("depth_file_path") is None:
        return None
    metres = number(told, "depth_unit_scale_factor", where, _MILLIMETRES)
    file = file_of(frame, "depth_file_path", folder, where)
    return DepthFile(
        file,
        metres,
        camera.fx,
        camera.fy,
        camera.cx,
        camera.cy,
        camera.width,
        camera.height,
    )
