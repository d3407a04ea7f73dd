# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A bundle of PoseINN whose networks know the room: what stands round it needs no training.

The backbone looks nothing up: the engine is told where the camera is, and answers with the places
that its patches show from there, with noise of the deviation that it says.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from textured_room import FOCAL, HEIGHT, WIDTH, TexturedRoom

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.description import SCHEMA, BundleDescription, FileReference
from local_inn_ros.geometry import Pose2
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.sensing import CameraSpec
from local_inn_ros.sensing.mount import Mount
from local_inn_ros.systems.pose_inn.config import (
    BACKBONE,
    FAMILIARITY,
    FEATURES,
    PLACES,
    POOLED,
    POSTERIOR,
    STRIDE,
    VIEW,
    VIEW_SHRINK,
    NetworkSettings,
    PoseInnConfig,
)
from local_inn_ros.systems.pose_inn.familiarity import Familiarity
from local_inn_ros.systems.pose_inn.runtime import PoseInnModel
from local_inn_ros.systems.protocol import RunSettings

if TYPE_CHECKING:
    from local_inn_ros.nodes.localizer.model import RunnableModel

CAMERA = CameraSpec(
    name="camera",
    rate_hz=30.0,
    width=WIDTH,
    height=HEIGHT,
    fx=FOCAL,
    fy=FOCAL,
    cx=(WIDTH - 1) / 2,
    cy=(HEIGHT - 1) / 2,
    colour="mono",
)
# Ahead of the base and above it, looking a little down and to the left.
MOUNT = Mount(
    Pose3.from_roll_pitch_yaw([0.2, 0.05, 0.9], 0.0, 0.1, 0.15)
    @ Pose3(np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]), np.zeros(3)),
    "base_link",
    "camera_optical_frame",
)
BASE = Pose2(1.2, 1.1, 0.4)
_FAMILIARITY = "familiarity.npz"
# Of the places' images, in pixels.
_NOISE_PX = 1.5


class OracleEngine:
    """See ``Engine``: runs the graphs of a PoseINN that knows a room.

    Attributes:
        camera: where it is; the next picture is taken for one from there. None where the picture
            shows another room, of which the patches say anything.
    """

    name = "oracle"

    def __init__(self, room: TexturedRoom) -> None:
        self.camera: Pose3 | None = None
        self._room = room
        self._rng = np.random.default_rng(7)
        self._seen: tuple[Pose3, np.ndarray] | None = None

    def run(self, graphs: tuple[str, ...], tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        if graphs == (BACKBONE,):
            patches = (HEIGHT // STRIDE) * (WIDTH // STRIDE)
            return {"features": np.zeros((1, patches, FEATURES), np.float32)}
        if PLACES in graphs:
            return self._places()
        if POSTERIOR in graphs:
            offsets = tensors["latents"]
            return {"offsets": np.repeat(offsets[None], len(tensors["outcomes"]), axis=0)}
        assert VIEW in graphs
        return {"views": np.stack([self._view(row) for row in tensors["poses"]])}

    def _places(self) -> dict[str, np.ndarray]:
        half = STRIDE / 2 - 0.5
        down, across = np.mgrid[half:HEIGHT:STRIDE, half:WIDTH:STRIDE]
        count = down.size
        if self.camera is None:
            places = self._rng.uniform(0.0, [4.0, 3.0, 2.4], (count, 3))
        else:
            depths = self._depths(self.camera)
            depth = depths[down.astype(int), across.astype(int)].ravel()
            off = _NOISE_PX * self._rng.standard_normal((count, 2))
            pixels = np.column_stack([across.ravel(), down.ravel()]) + off
            rays = (pixels - [CAMERA.cx, CAMERA.cy]) / [CAMERA.fx, CAMERA.fy]
            seen = np.column_stack([rays, np.ones(count)]) * depth[:, None]
            places = seen @ self.camera.rotation.T + self.camera.translation
        logs = np.full((1, count), np.log(_NOISE_PX), np.float32)
        return {"places": places[None].astype(np.float32), "log_deviations": logs}

    def _depths(self, camera: Pose3) -> np.ndarray:
        if self._seen is None or self._seen[0] is not camera:
            self._seen = (camera, self._room.seen(camera)[1])
        return self._seen[1]

    def _view(self, row: np.ndarray) -> np.ndarray:
        pose = Pose3(row[3:].reshape(3, 3).astype(float), row[:3].astype(float))
        shape = (HEIGHT // VIEW_SHRINK, VIEW_SHRINK, WIDTH // VIEW_SHRINK, VIEW_SHRINK)
        inside = np.clip(pose.translation, 0.05, [3.95, 2.95, 2.35])
        small = self._room.seen(Pose3(pose.rotation, inside))[0].reshape(shape).mean(axis=(1, 3))
        return ((small - small.mean()) / small.std()).astype(np.float32)


def camera_model(room: TexturedRoom) -> tuple[PoseInnModel, OracleEngine]:
    """Return a model of a room, and the engine that is to be told where the camera is."""
    config = PoseInnConfig(
        network=NetworkSettings(),
        least_deviation_px=0.5,
        quality=(-3.0, 2.0, 6.0),
        view_deviation=0.5,
        bounds=((0.0, 0.0, 0.0), (4.0, 3.0, 2.4)),
    )
    description = BundleDescription(
        schema_name=SCHEMA,
        system="pose_inn",
        created_by="test",
        pose_space="se3",
        sensors={"camera": CAMERA},
        maps=(),
        files={FAMILIARITY: FileReference(file=_FAMILIARITY, sha256="0" * 64)},
        block=config.model_dump(mode="json"),
    )
    engine = OracleEngine(room)
    return PoseInnModel(Bundle(_folder(), description, None), engine), engine


@cache
def _folder() -> Path:
    """A folder with the one file that such a bundle is read from."""
    folder = Path(tempfile.mkdtemp()) / "oracle_camera"
    folder.mkdir()
    pictures = np.random.default_rng(0).standard_normal((20, POOLED)).astype(np.float32)
    Familiarity.of(pictures).write(folder / _FAMILIARITY)
    atexit.register(shutil.rmtree, folder.parent, ignore_errors=True)
    return folder


def runnable(model: PoseInnModel) -> RunnableModel:
    """Return such a model as a node takes it; where ROS is installed."""
    pytest.importorskip("rclpy", reason="ROS 2 is not installed")
    from local_inn_ros.nodes.localizer.model import RunnableModel

    return RunnableModel(model, RunSettings(samples=64))
