# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Scenes and cameras for tests of simulated pictures."""

from __future__ import annotations

import numpy as np

from local_inn_ros.geometry import Pose2, Pose3
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.simulation.camera import LightKind, Renderer, draw_light, textured_scene
from local_inn_ros.simulation.camera.scene import Scene
from local_inn_ros.simulation.worlds import WorldKind, driven_world
from local_inn_ros.simulation.worlds.wall_outlines import WallOutlines
from local_inn_ros.world import OccupancyGrid

CAMERA = CameraSpec(
    name="camera", rate_hz=30.0, width=160, height=120, fx=110.0, fy=108.0, cx=78.7, cy=60.4
)
# x right, y down, z into the picture (REP-103), looking along x of the base.
OPTICAL = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
HEIGHT_M = 0.9


def looking(x: float, y: float, yaw: float, pitch: float = 0.0, z: float = HEIGHT_M) -> Pose3:
    """Pose of a camera at a place that looks along a yaw, down by a pitch."""
    base = Pose3.from_roll_pitch_yaw([x, y, z], 0.0, pitch, yaw)
    return base @ Pose3(OPTICAL, np.zeros(3))


def hall() -> OccupancyGrid:
    """A hall of 8 x 6 m with a wall all round; its corner is the origin of the map frame."""
    cells = np.full((62, 82), 100, np.int8)
    cells[1:-1, 1:-1] = 0
    return OccupancyGrid(cells, 0.1, Pose2(-0.1, -0.1, 0.0))


def box_outline(x: float, y: float, side: float) -> WallOutlines:
    """A square thing about a place, its sides along x and y."""
    corners = 0.5 * side * np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    return WallOutlines.of_polygon(corners + np.array([x, y]))


def scene_of(grid: OccupancyGrid, more: list[WallOutlines] | None = None, seed: int = 1) -> Scene:
    world = driven_world(WorldKind.OWN, grid, np.zeros((4, 2)), None)
    outlines = WallOutlines.joined([world.outlines(), *(more or [])])
    return textured_scene(world.grid, outlines, np.random.default_rng(seed))


def renderer(scene: Scene, camera: CameraSpec = CAMERA, seed: int = 2) -> Renderer:
    light = draw_light(scene, LightKind.OFFICE, np.random.default_rng(seed))
    return Renderer(scene, light, camera, threads=1)


HALL = scene_of(hall())
