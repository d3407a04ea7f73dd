# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How a sensor of any kind sits on the robot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from local_inn_ros.errors import SensorError
from local_inn_ros.geometry.pose import Pose2
from local_inn_ros.geometry.pose3 import Pose3

# No robot is so large: it is not in metres, or not a mount.
_FARTHEST_M = 1000.0


@dataclass(frozen=True, slots=True, eq=False)
class Mount:
    """Where a sensor is on the base, and which way it looks: any way, unless its kind objects.

    Two that say the same are equal.

    Attributes:
        base_from_sensor: the sensor frame in the base frame.
        base: name of the base frame, for people.
        sensor: name of the sensor frame, for people.
    """

    base_from_sensor: Pose3
    base: str
    sensor: str

    def __post_init__(self) -> None:
        """Check that it is on a robot.

        Raises:
            SensorError: it is farther off than a robot is long, or not finite.
        """
        position = self.base_from_sensor.translation
        # Written so that NaN counts as far off too.
        if not (self.base_from_sensor.is_finite() and np.all(np.abs(position) < _FARTHEST_M)):
            raise SensorError(
                f"the sensor frame '{self.sensor}' is mounted at {position.tolist()} m from "
                f"'{self.base}': that is on no robot; correct the transform"
            )

    @staticmethod
    def level(pose: Pose2, base: str = "base_link", sensor: str = "sensor") -> Mount:
        """Return the mount of a sensor that lies level, by its pose as seen from above."""
        return Mount(Pose3.from_pose2(pose), base, sensor)

    def seen_from_above(self) -> Pose2:
        """Return x, y and the yaw of the sensor frame's x axis, in the base frame."""
        return self.base_from_sensor.to_pose2()

    def __eq__(self, other: object) -> bool:
        """Tell whether another says the same of the same frames, to the bit."""
        return isinstance(other, Mount) and self._key() == other._key()

    def __hash__(self) -> int:
        """Return a hash that goes with equality."""
        return hash(self._key())

    def _key(self) -> tuple[str, str, bytes, bytes]:
        pose = self.base_from_sensor
        return self.base, self.sensor, pose.rotation.tobytes(), pose.translation.tobytes()
