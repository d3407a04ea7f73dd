# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A camera on a robot that drives: rows at their own times, blurred by what moves meanwhile."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry import Pose3, Twist3, exp_twists
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.simulation.camera.image_sensor import ImageSensor, SensorModel
from local_inn_ros.simulation.camera.people import Person
from local_inn_ros.simulation.camera.renderer import Renderer
from local_inn_ros.simulation.driven_way import DrivenWay
from local_inn_ros.simulation.simulated_picture import SimulatedPicture

# A picture that moves by less than this is sharp; farther, it is looked at once a pixel or so.
_SHARP_PIXELS = 0.7
_FEW_SAMPLES, _MOST_SAMPLES = 3, 8
# Things are about so far off when it is worked out by how much the picture moves.
_NEAR_M = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class CameraModel:
    """What a camera takes, and how.

    Attributes:
        spec: size, focal lengths and rate of its pictures.
        base_from_camera: its optical frame (x right, y down, z into the picture) on the robot.
        sensor: what its chip does to light.
        sees_depth: whether its pictures come with depth.
    """

    spec: CameraSpec
    base_from_camera: Pose3
    sensor: SensorModel = field(default_factory=SensorModel)
    sees_depth: bool = False

    @property
    def half_shot_s(self) -> float:
        """Time from a picture's stamp to when the last row of it is exposed, at most."""
        return 0.5 * (self.sensor.readout_s + self.sensor.longest_exposure_s)


class Camera:
    """Takes pictures of a scene from a robot on its way."""

    def __init__(
        self,
        renderer: Renderer,
        model: CameraModel,
        rng: np.random.Generator,
        people: Sequence[Person] = (),
    ) -> None:
        """Switch it on.

        Args:
            renderer: renders the scene through the camera of the model.
            model: what it takes.
            rng: source of noise.
            people: who walks about in the scene.
        """
        self.model = model
        self._renderer = renderer
        self._sensor = ImageSensor(model.sensor, rng)
        self._people = tuple(people)

    def take(self, way: DrivenWay, stamp_s: float) -> SimulatedPicture:
        """Take a picture.

        Args:
            way: where the base is in the map frame, all the while; see ``half_shot_s``.
            stamp_s: the middle of the picture's time: of the exposure of its middle row.
        """
        exposure = self._sensor.exposure_s
        ends = way.at(np.array([stamp_s - 0.5 * exposure, stamp_s + 0.5 * exposure]))
        samples = self._samples(ends)
        poses = self._poses(way, stamp_s, exposure, samples)
        radiance = self._renderer.radiance(poses, self._people, stamp_s)
        pixels = self._sensor.develop(radiance, self.model.spec.colour == "rgb")
        depth = self.depth(way, stamp_s) if self.model.sees_depth else None
        return SimulatedPicture(stamp_s, pixels, depth, sensor=self.model.spec.name)

    def depth(self, way: DrivenWay, stamp_s: float) -> NDArray[np.float32]:
        """Return (height, width) the depth of a picture in m along the optical axis, 0 for none."""
        poses = self._poses(way, stamp_s, 0.0, 1)
        return self._renderer.depth(poses, self._people, stamp_s)

    def _samples(self, ends: NDArray[np.float64]) -> int:
        """Return how many looks make a picture that is exposed from one pose (3,) to another."""
        way = math.dist(ends[0, :2], ends[1, :2])
        turn = abs(math.remainder(float(ends[1, 2] - ends[0, 2]), math.tau))
        pixels = self.model.spec.fx * (turn + way / _NEAR_M)
        if pixels < _SHARP_PIXELS:
            return 1
        if pixels <= _FEW_SAMPLES:
            return max(2, math.ceil(pixels))
        return min(4 * math.ceil(pixels / 4.0), _MOST_SAMPLES)

    def _poses(
        self, way: DrivenWay, stamp_s: float, exposure_s: float, samples: int
    ) -> NDArray[np.float64]:
        times = row_times(self.model, exposure_s, samples)
        base = way.at(stamp_s + times.ravel())
        cosine, sine = np.cos(base[:, 2]), np.sin(base[:, 2])
        poses = np.empty((len(base), 3, 4))
        mount = self.model.base_from_camera.to_matrix()[:3]
        poses[:, 0] = cosine[:, None] * mount[0] - sine[:, None] * mount[1]
        poses[:, 1] = sine[:, None] * mount[0] + cosine[:, None] * mount[1]
        poses[:, 2] = mount[2]
        poses[:, :2, 3] += base[:, :2]
        return poses.reshape(*times.shape, 3, 4)


def row_times(model: CameraModel, exposure_s: float, samples: int) -> NDArray[np.float64]:
    """Return (samples, rows or 1) when rows are looked at, in s from the stamp of the picture."""
    rows = model.spec.height if model.sensor.readout_s > 0.0 else 1
    share = (np.arange(samples) + 0.5) / samples - 0.5
    # The middle row, or the gap in the middle, is at the stamp.
    read = (np.arange(rows) - 0.5 * (rows - 1)) / max(rows - 1, 1)
    times: NDArray[np.float64] = exposure_s * share[:, None] + model.sensor.readout_s * read
    return times


def moving_poses(
    map_from_camera: Pose3, velocity: Twist3, times_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the poses (..., 3, 4) of a camera that moves, as ``Renderer.radiance`` takes them.

    Args:
        map_from_camera: its optical frame at time 0.
        velocity: in the axes of the optical frame, m/s and rad/s.
        times_s: (...) as ``row_times`` has them.
    """
    motions = exp_twists(times_s[..., None] * velocity.to_array())
    poses: NDArray[np.float64] = (map_from_camera.to_matrix() @ motions)[..., :3, :]
    return poses
