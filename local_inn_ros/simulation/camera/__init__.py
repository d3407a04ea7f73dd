# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Cameras that look at worlds with textures."""

from local_inn_ros.simulation.camera.camera import Camera, CameraModel, moving_poses, row_times
from local_inn_ros.simulation.camera.image_sensor import SensorModel
from local_inn_ros.simulation.camera.light import Light, LightKind, draw_light
from local_inn_ros.simulation.camera.people import Person, draw_people
from local_inn_ros.simulation.camera.renderer import Renderer, still
from local_inn_ros.simulation.camera.scene import Scene, textured_scene

__all__ = [
    "Camera",
    "CameraModel",
    "Light",
    "LightKind",
    "Person",
    "Renderer",
    "Scene",
    "SensorModel",
    "draw_light",
    "draw_people",
    "moving_poses",
    "row_times",
    "still",
    "textured_scene",
]
