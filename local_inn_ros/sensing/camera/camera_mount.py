# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How a camera sits on the base: anywhere, looking any way."""

from __future__ import annotations

import math
from dataclasses import dataclass

from local_inn_ros.geometry import Pose2
from local_inn_ros.sensing.camera.picture import Picture
from local_inn_ros.sensing.mount import Mount


@dataclass(frozen=True, slots=True)
class CameraMount:
    """A camera on the base.

    Attributes:
        mount: of its optical frame.
    """

    mount: Mount

    @property
    def pose(self) -> Pose2:
        """Where the camera is and which way it looks, seen from above."""
        seat = self.mount.base_from_sensor
        ahead = seat.rotation[:2, 2]
        x, y = seat.translation[:2].tolist()
        return Pose2(x, y, math.atan2(float(ahead[1]), float(ahead[0])))

    def righted(self, scan: Picture) -> Picture:
        """Return a picture as it is: networks take it in the optical frame."""
        return scan

    def in_words(self) -> str:
        """Say where it is, for people."""
        x, y, z = self.mount.base_from_sensor.translation.tolist()
        down = math.asin(min(1.0, max(-1.0, -float(self.mount.base_from_sensor.rotation[2, 2]))))
        return (
            f"x {x:.3f} m, y {y:.3f} m, z {z:.3f} m, looking {math.degrees(self.pose.yaw):.0f} "
            f"degrees to the left and {math.degrees(down):.0f} degrees down"
        )
