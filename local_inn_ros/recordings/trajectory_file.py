# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""TUM trajectory files: one pose a line, ``stamp x y z qx qy qz qw``, as `evo` reads them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from local_inn_ros.errors import BagError
from local_inn_ros.places import new_file
from local_inn_ros.recordings.trajectory import Trajectory


def write_trajectory(path: Path, trajectory: Trajectory) -> None:
    """Write a TUM file; it appears whole or not at all.

    Args:
        path: the file; its folder is made where needed.
        trajectory: planar poses; z is written as 0.

    Raises:
        PlaceError: it cannot be written.
    """
    lines = ["# stamp x y z qx qy qz qw"]
    for stamp, (x, y, yaw) in zip(trajectory.stamps_s, trajectory.poses, strict=True):
        sine, cosine = math.sin(0.5 * yaw), math.cos(0.5 * yaw)
        lines.append(f"{stamp:.9f} {x:.6f} {y:.6f} 0 0 0 {sine:.9f} {cosine:.9f}")
    with new_file(path) as file:
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_trajectory(path: Path) -> Trajectory:
    """Read a TUM file; its poses are projected onto the plane.

    Raises:
        BagError: the file is missing, or a line (named by its number) is not eight numbers.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise BagError(f"there is no trajectory at {path}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BagError(f"the trajectory {path} cannot be read: {error}") from error
    stamps, poses = [], []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            stamp, x, y, _, qx, qy, qz, qw = map(float, line.split())
        except ValueError:
            raise BagError(
                f"line {number} of {path} must hold eight numbers: stamp x y z qx qy qz qw"
            ) from None
        stamps.append(stamp)
        poses.append([x, y, math.atan2(2 * (qw * qz + qx * qy), 1 - 2 * (qy * qy + qz * qz))])
    if not stamps:
        raise BagError(f"the trajectory {path} holds no pose")
    return Trajectory.from_unordered(stamps, np.array(poses))
