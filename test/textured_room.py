# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A room with patterns on its walls, seen by a camera: exact, and made in milliseconds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from local_inn_ros.geometry.pose3 import Pose3

WIDTH, HEIGHT, FOCAL = 160, 120, 130.0
_SIZE_M = np.array([4.0, 3.0, 2.4])
# Texels to a metre.
_TEXELS = 24
# From x right, y down, z ahead to x ahead, y left, z up.
_LEVEL_FROM_OPTICAL = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])


def camera_pose(x: float, y: float, z: float, yaw: float, pitch: float = 0.0) -> Pose3:
    """The optical frame of a camera that looks along a yaw, pitched downwards."""
    level = Pose3.from_roll_pitch_yaw((x, y, z), 0.0, pitch, yaw)
    return Pose3(level.rotation @ _LEVEL_FROM_OPTICAL, level.translation)


class TexturedRoom:
    """Six walls with patterns of several sizes."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        side = int(_SIZE_M.max() * _TEXELS) + 2
        walls = np.zeros((6, side, side))
        for blocks in (7, 17, 43):
            coarse = rng.random((6, side // blocks + 2, side // blocks + 2))
            walls += np.kron(coarse, np.ones((1, blocks, blocks)))[:, :side, :side]
        self._walls = (255 * (walls - walls.min()) / np.ptp(walls)).astype(np.uint8)

    def seen(self, pose: Pose3) -> tuple[np.ndarray, np.ndarray]:
        """The picture (h, w) and the depths (h, w) in metres, of a camera inside."""
        down, across = np.mgrid[:HEIGHT, :WIDTH]
        rays = np.stack(
            [
                (across - (WIDTH - 1) / 2) / FOCAL,
                (down - (HEIGHT - 1) / 2) / FOCAL,
                np.ones((HEIGHT, WIDTH)),
            ],
            axis=-1,
        )
        ways = rays @ pose.rotation.T
        ends = np.where(ways > 0, _SIZE_M, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            reach = np.where(ways != 0.0, (ends - pose.translation) / ways, np.inf)
        axis = reach.argmin(axis=-1)
        depth = reach.min(axis=-1)
        points = pose.translation + ways * depth[..., None]
        wall = 2 * axis + (np.take_along_axis(ways, axis[..., None], -1)[..., 0] > 0)
        first, second = np.array([1, 0, 0])[axis], np.array([2, 2, 1])[axis]
        rows = np.take_along_axis(points, first[..., None], -1)[..., 0] * _TEXELS
        cols = np.take_along_axis(points, second[..., None], -1)[..., 0] * _TEXELS
        last = self._walls.shape[1] - 1
        texels = self._walls[
            wall, np.clip(rows, 0, last).astype(int), np.clip(cols, 0, last).astype(int)
        ]
        return texels, depth


def drive_along(count: int, offset: float = 0.0) -> list[Pose3]:
    """Poses on a way along the room, looking at a corner and the walls beside it."""
    poses = []
    for share in (np.arange(count) + offset) / count:
        sway = np.sin(2 * np.pi * 2 * share)
        poses.append(
            camera_pose(
                0.8 + 1.2 * share, 0.9 + 0.2 * sway, 1.1 + 0.1 * sway, 0.5 + 0.4 * sway, 0.1 * sway
            )
        )
    return poses


def write_sequence(folder: Path, room: TexturedRoom, poses: list[Pose3], depth: bool) -> Path:
    """Write a folder with a sequence.json of what a camera sees at poses."""
    (folder / "images").mkdir(parents=True)
    frames = []
    for number, pose in enumerate(poses):
        picture, depths = room.seen(pose)
        name = f"images/{number:04d}.png"
        Image.fromarray(picture).save(folder / name)
        frame = {"image": name, "world_from_camera": pose.to_matrix().tolist()}
        if depth:
            frame["depth"] = f"images/depth_{number:04d}.png"
            millimetres = np.round(1000 * depths).astype(np.uint16)
            Image.fromarray(millimetres).save(folder / frame["depth"])
        frames.append(frame)
    told = {
        "width": WIDTH,
        "height": HEIGHT,
        "fx": FOCAL,
        "fy": FOCAL,
        "cx": (WIDTH - 1) / 2,
        "cy": (HEIGHT - 1) / 2,
        "depth_scale_m": 0.001,
        "frames": frames,
    }
    (folder / "sequence.json").write_text(json.dumps(told))
    return folder
