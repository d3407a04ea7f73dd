# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Cameras for a simulated robot: the world gets textures and light, and people if wanted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from local_inn_ros.errors import SensorError
from local_inn_ros.geometry import Pose3
from local_inn_ros.sensing.camera.optical_frame import body_from_optical
from local_inn_ros.simulation.camera.camera import Camera, CameraModel
from local_inn_ros.simulation.camera.light import LightKind, draw_light
from local_inn_ros.simulation.camera.people import draw_people
from local_inn_ros.simulation.camera.renderer import Renderer
from local_inn_ros.simulation.camera.scene import textured_scene
from local_inn_ros.simulation.worlds.driven_world import DrivenWorld


@dataclass(frozen=True, slots=True)
class Looks:
    """How a world looks.

    Attributes:
        appearance: seed of what walls, floor and furniture are made of, and of the posters.
        light: what kind of light there is.
        people: how many walk about.
    """

    appearance: int = 0
    light: LightKind = LightKind.OFFICE
    people: int = 0


def fitted_cameras(
    world: DrivenWorld, looks: Looks, models: list[CameraModel], rng: np.random.Generator
) -> list[Camera]:
    """Return cameras that look at a world, all at the same.

    Args:
        world: what is driven in.
        looks: how it looks.
        models: the cameras.
        rng: draws the light, the people and the noise; not what things are made of.

    Raises:
        SensorError: a camera is not between floor and ceiling.
    """
    scene = textured_scene(world.grid, world.outlines(), np.random.default_rng(looks.appearance))
    for model in models:
        height = float(model.base_from_camera.translation[2])
        if not 0.0 < height < scene.shape.ceiling_m:
            raise SensorError(
                f"the camera '{model.spec.name}' is mounted {height:g} m above the ground, which "
                f"is not between the floor and the ceiling at {scene.shape.ceiling_m:g} m"
            )
    light_rng, people_rng, *noise = rng.spawn(2 + len(models))
    light = draw_light(scene, looks.light, light_rng)
    people = draw_people(scene, looks.people, people_rng)
    return [
        Camera(Renderer(scene, light, model.spec), model, own, people)
        for model, own in zip(models, noise, strict=True)
    ]


def looking_ahead(position_m: ArrayLike, pitch: float = 0.0, yaw: float = 0.0) -> Pose3:
    """Return where the optical frame of a camera is in the base frame.

    Args:
        position_m: (3,) of its lens.
        pitch: how far it looks down, in rad.
        yaw: how far it looks to the left, in rad.
    """
    body = Pose3.from_roll_pitch_yaw(position_m, 0.0, pitch, yaw)
    return body @ Pose3(body_from_optical(), np.zeros(3))
