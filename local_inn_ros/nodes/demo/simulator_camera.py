# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The camera of the simulated robot: its parameters, and what it publishes."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from local_inn_ros.errors import SensorError
from local_inn_ros.nodes.common.parameters import ParameterInfo, parameter
from local_inn_ros.nodes.common.picture_messages import (
    camera_info_message,
    compressed_message,
    image_message,
)
from local_inn_ros.nodes.common.qos import SENSOR
from local_inn_ros.sensing.sensor_kinds import load_camera_spec
from local_inn_ros.simulation.simulated_picture import SimulatedPicture
from local_inn_ros.simulation.worlds.driven_world import DrivenWorld

if TYPE_CHECKING:
    from builtin_interfaces.msg import Time

    from local_inn_ros.geometry import Pose3


@dataclass(frozen=True)
class SimulatorCameraParameters:
    """What the simulator can be told of its camera."""

    camera: str = parameter(
        "",
        ParameterInfo(
            "File that describes the robot's camera, as config/sensors/camera_320.yaml does; it "
            "has none where empty."
        ),
    )
    camera_frame_id: str = parameter(
        "camera_optical_frame", ParameterInfo("Optical frame of the camera.")
    )
    camera_x_m: float = parameter(
        0.2, ParameterInfo("How far ahead of the base the camera is.", low=-10.0, high=10.0)
    )
    camera_y_m: float = parameter(
        0.0, ParameterInfo("How far to the left of the base it is.", low=-10.0, high=10.0)
    )
    camera_z_m: float = parameter(
        0.25, ParameterInfo("How high above the ground it is.", low=0.02, high=2.5)
    )
    camera_pitch_rad: float = parameter(
        0.0, ParameterInfo("How far down it looks.", low=-1.5, high=1.5)
    )
    camera_yaw_rad: float = parameter(
        0.0, ParameterInfo("How far to the left it looks.", low=-3.15, high=3.15)
    )
    compressed: bool = parameter(
        False, ParameterInfo("Publish pictures as JPEG too, on `image_raw/compressed`.")
    )
    light: str = parameter(
        "office",
        ParameterInfo(
            "Light in the pictures: office (nearly all lamps on), day (from one side) or evening "
            "(dim and warm); drawn by the seed.",
            choices=("office", "day", "evening"),
        ),
    )
    appearance: int = parameter(
        0,
        ParameterInfo(
            "Seed of what walls, floor and furniture are made of.", low=0, high=2**31 - 1
        ),
    )
    people: int = parameter(
        0, ParameterInfo("How many people walk about in the pictures.", low=0, high=1000)
    )


class SimulatorCamera:
    """Publishes what a simulated camera takes.

    Attributes:
        camera: takes the pictures.
    """

    def __init__(
        self, node: Node, told: SimulatorCameraParameters, world: DrivenWorld, seed: int
    ) -> None:
        """Give the robot a camera.

        Args:
            node: publishes.
            told: its parameters.
            world: what is driven in.
            seed: of light, people and noise.

        Raises:
            SensorError: the file does not describe a camera, or it cannot compress pictures.
        """
        if told.compressed and find_spec("cv2") is None:
            raise SensorError(
                "pictures are compressed by OpenCV, which is not installed: install the package "
                "with its extra `camera`, or python3-opencv, or leave the parameter `compressed` "
                "out"
            )
        # Imported here: what renders takes time to load, and most robots have no camera.
        from local_inn_ros.simulation.camera import CameraModel, LightKind
        from local_inn_ros.simulation.camera.fitting import Looks, fitted_cameras, looking_ahead

        self._frame = told.camera_frame_id
        mount = looking_ahead(
            [told.camera_x_m, told.camera_y_m, told.camera_z_m],
            told.camera_pitch_rad,
            told.camera_yaw_rad,
        )
        model = CameraModel(load_camera_spec(Path(told.camera)), mount)
        looks = Looks(told.appearance, LightKind(told.light), told.people)
        (self.camera,) = fitted_cameras(world, looks, [model], np.random.default_rng([seed, 1]))
        self._images = node.create_publisher(Image, "image_raw", SENSOR)
        self._infos = node.create_publisher(CameraInfo, "camera_info", SENSOR)
        self._packed = (
            node.create_publisher(CompressedImage, "image_raw/compressed", SENSOR)
            if told.compressed
            else None
        )

    @property
    def mount(self) -> Pose3:
        """Its optical frame in the base frame."""
        return self.camera.model.base_from_camera

    def publish(self, picture: SimulatedPicture, stamp: Time) -> None:
        """Publish a picture and its calibration."""
        self._infos.publish(camera_info_message(self.camera.model.spec, stamp, self._frame))
        self._images.publish(image_message(picture.pixels, stamp, self._frame))
        if self._packed is not None:
            self._packed.publish(compressed_message(picture.pixels, stamp, self._frame))
