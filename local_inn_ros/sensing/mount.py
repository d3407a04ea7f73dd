# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How a sensor of any kind sits on the robot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from local_inn_ros.errors import SensorError
from local_inn_ros.geometry.pose3 import Pose3

# No robot is so large: it is not in metres, or not a mount.
_FARTHEST_M = 1000.0


@dataclass(frozen=True, slots=True, eq=False)
class Mount:
    """Where a sensor is on the base, and which way it looks: any way, unless its kind objects.

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
