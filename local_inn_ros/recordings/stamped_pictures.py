# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Folders of pictures named by their stamps, beside a TUM file with the camera's poses."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from local_inn_ros.errors import BagError, SensorError
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.sensing.camera.posed_pictures import PosedPicture, PosedPictures
from local_inn_ros.sensing.sensor_kinds import load_sensor_spec

POSES = ("groundtruth.txt", "poses.txt", "poses.tum", "trajectory.txt")
CAMERA = "camera.yaml"
TOLERANCE_S = 0.02
_PICTURES = (".png", ".jpg", ".jpeg")
_FOLDERS = ("", "rgb", "images", "data")
# Larger than any stamp in seconds: nanoseconds, as EuRoC names pictures.
_NANOSECONDS = 1e14


def poses_file(folder: Path) -> Path | None:
    """Return the TUM file of a folder of pictures; None where there is none."""
    return next((folder / name for name in POSES if (folder / name).is_file()), None)


def read_stamped_pictures(folder: Path, tolerance_s: float = TOLERANCE_S) -> PosedPictures:
    """Read a folder of pictures, each with the pose of the nearest stamp.

    It holds ``camera.yaml`` (the description of the camera), the poses of its optical frame in the
    map frame as a TUM file (``groundtruth.txt``, ``poses.txt``, ``poses.tum``, ``trajectory.txt``)
    and the pictures, there or in ``rgb``, ``images`` or ``data``, named by stamps in seconds or
    nanoseconds. Pictures without a pose that near are left out.

    Args:
        folder: that all lie in.
        tolerance_s: between the stamps of a picture and of its pose.

    Raises:
        BagError: something is missing or makes no sense, or no picture has a pose.
    """
    file = poses_file(folder)
    if file is None:
        raise BagError(f"{folder} holds no poses: name them one of {', '.join(POSES)}")
    camera = _camera(folder / CAMERA)
    stamps, poses = _read_poses(file)
    files = _pictures(folder)
    found = []
    for stamp_s, picture in files:
        after = int(np.searchsorted(stamps, stamp_s))
        near = min(
            range(max(after - 1, 0), min(after + 1, len(stamps))),
            key=lambda index: abs(stamps[index] - stamp_s),
        )
        if abs(stamps[near] - stamp_s) <= tolerance_s:
            found.append(PosedPicture(stamp_s, poses[near], picture))
    if not found:
        raise BagError(
            f"none of the {len(files)} pictures in {folder} has a pose within {tolerance_s:g} s: "
            f"they are of {files[0][0]:.3f} to {files[-1][0]:.3f} s, the poses of {file.name} of "
            f"{stamps[0]:.3f} to {stamps[-1]:.3f} s"
        )
    return PosedPictures(camera, tuple(found))


def _camera(file: Path) -> CameraSpec:
    try:
        camera = load_sensor_spec(file)
    except SensorError as error:
        raise BagError(f"{error}; it must describe the camera of the pictures") from error
    if not isinstance(camera, CameraSpec):
        raise BagError(f"{file} describes a {camera.kind}, not the camera of the pictures")
    return camera


def _read_poses(file: Path) -> tuple[list[float], list[Pose3]]:
    """Read stamps, increasing, and poses; of several with one stamp the first stays."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BagError(f"the poses {file} cannot be read: {error}") from error
    found: dict[float, Pose3] = {}
    for line_number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            stamp_s, x, y, z, *quaternion = map(float, line.split())
            pose = Pose3.from_quaternion((x, y, z), quaternion)
            if not (pose.is_finite() and np.isfinite(stamp_s)):
                raise ValueError("a number is not finite")
        except ValueError:
            raise BagError(
                f"line {line_number} of {file} must hold eight numbers that make a pose: "
                "stamp x y z qx qy qz qw"
            ) from None
        found.setdefault(stamp_s, pose)
    if not found:
        raise BagError(f"{file} holds no pose")
    stamps = sorted(found)
    return stamps, [found[stamp] for stamp in stamps]


def _pictures(folder: Path) -> list[tuple[float, Path]]:
    """Return stamps and files of the pictures, in order."""
    for name in _FOLDERS:
        files = [file for file in (folder / name).glob("*") if file.suffix.lower() in _PICTURES]
        if files:
            return sorted((_stamp(file), file) for file in files)
    raise BagError(f"{folder} holds no pictures (png, jpg)")


def _stamp(file: Path) -> float:
    try:
        value = float(file.stem)
    except ValueError:
        raise BagError(
            f"{file} is not named by its stamp: name pictures by seconds or nanoseconds"
        ) from None
    return value * 1e-9 if value > _NANOSECONDS else value
