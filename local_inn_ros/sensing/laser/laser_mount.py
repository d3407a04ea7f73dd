# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a planar laser makes of how it is mounted."""

from __future__ import annotations

import math
from dataclasses import dataclass

from local_inn_ros.errors import SensorError
from local_inn_ros.geometry import Pose2
from local_inn_ros.sensing.laser.scan import Scan
from local_inn_ros.sensing.mount import Mount

# A laser that leans further sees floor and ceiling, and walls at wrong distances.
_MOST_LEAN_RAD = math.radians(5.0)


@dataclass(frozen=True, slots=True)
class LaserMount:
    """How a planar laser sits on the base: level.

    Attributes:
        pose: the sensor frame in the base frame, seen from above; its x axis gives the yaw.
        upside_down: whether the sensor frame's z axis points down, so that its angles run
            clockwise as seen from above.
    """

    pose: Pose2
    upside_down: bool = False

    @staticmethod
    def of(mount: Mount) -> LaserMount:
        """See a mount from above.

        Raises:
            SensorError: the sensor leans out of the plane by more than 5 degrees.
        """
        up = float(mount.base_from_sensor.rotation[2, 2])
        lean_rad = math.acos(min(abs(up), 1.0))
        if lean_rad > _MOST_LEAN_RAD:
            raise SensorError(
                f"the sensor frame '{mount.sensor}' leans by {math.degrees(lean_rad):.1f} degrees "
                f"against '{mount.base}': only a laser that scans level, to "
                f"{math.degrees(_MOST_LEAN_RAD):.0f} degrees, can be used; it may hang upside down"
            )
        return LaserMount(mount.base_from_sensor.to_pose2(), up < 0.0)

    @property
    def mount(self) -> Mount:
        """The mount of the frame that ``righted`` scans are in: level, and upright."""
        return Mount.level(self.pose)

    def in_words(self) -> str:
        """Say where it is, for people."""
        pose, how = self.pose, ", upside down" if self.upside_down else ""
        return f"x {pose.x:.3f} m, y {pose.y:.3f} m, yaw {pose.yaw:.3f} rad{how}"

    def righted(self, scan: Scan) -> Scan:
        """Return a scan of the sensor frame in that of ``pose``, which looks up.

        The two differ by half a turn about their x axis, if at all: this takes a scan of the frame
        that looks up back into the sensor's own, too.
        """
        return scan.mirrored() if self.upside_down else scan
