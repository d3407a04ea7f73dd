# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One sweep of a planar laser, free of ROS types."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.sensing.laser.laser_spec import LaserSpec
from local_inn_ros.sensing.observation import Observation


@dataclass(frozen=True, slots=True, eq=False)
class Scan(Observation):
    """One sweep of a planar laser, as sensor_msgs/LaserScan carries it.

    How many ranges there are and how far apart they lie is all that is known of its last angle: the
    message's ``angle_max``, which drivers round or leave out, is not looked at.

    Beams are measured one after the other: the stamp is when the first of ``ranges_m`` was taken.

    Attributes:
        ranges_m: (n,) float32, raw: NaN, infinities, zeros and negatives as they came.
        angle_min_rad: angle of the first range in the sensor frame, counter-clockwise from x.
        angle_increment_rad: step to the next range; negative where the laser turns clockwise.
        range_min_m: nearer than this is not a measurement.
        range_max_m: this far or farther is not a measurement.
        time_increment_s: from one range to the next; 0 where all are of one instant.
        sway: (3, 3) covariance that a pose (x, y, yaw) of the sensor told by this scan has, in the
            sensor's own axes, since its beams were moved to one instant by a motion that is not
            known exactly; None where it is.
    """

    ranges_m: NDArray[np.float32]
    angle_min_rad: float
    angle_increment_rad: float
    range_min_m: float
    range_max_m: float
    time_increment_s: float = 0.0
    sway: NDArray[np.float64] | None = None

    @property
    def sweep_s(self) -> float:
        """Time from the first range to the last."""
        return self.time_increment_s * max(self.ranges_m.size - 1, 0)

    @property
    def middle_s(self) -> float:
        """The instant half way from the first range to the last, in seconds."""
        return self.stamp_s + 0.5 * self.sweep_s

    @property
    def end_s(self) -> float:
        """When the last range was taken, in seconds."""
        return self.stamp_s + self.sweep_s

    def angles_rad(self) -> NDArray[np.float64]:
        """Return the angle of each range (n,), in the sensor frame."""
        steps = np.arange(self.ranges_m.size, dtype=np.float64)
        return self.angle_min_rad + self.angle_increment_rad * steps

    def mirrored(self) -> Scan:
        """Return the scan with every angle on the other side of the x axis.

        What a laser that hangs upside down tells in its own frame is so told in the frame that has
        the same x axis and looks up; and the other way round.
        """
        return replace(
            self,
            angle_min_rad=-self.angle_min_rad,
            angle_increment_rad=-self.angle_increment_rad,
        )

    def turning_as(self, other: Scan) -> Scan:
        """Return the same beams in the order in which ``other`` has its own."""
        if self.angle_increment_rad * other.angle_increment_rad >= 0.0:
            return self
        last = self.angle_min_rad + self.angle_increment_rad * max(self.ranges_m.size - 1, 0)
        return replace(
            self,
            stamp_s=self.end_s,
            ranges_m=self.ranges_m[::-1],
            angle_min_rad=last,
            angle_increment_rad=-self.angle_increment_rad,
            time_increment_s=-self.time_increment_s,
        )


def network_scan(ranges_m: NDArray[np.float32], laser: LaserSpec, stamp_s: float) -> Scan:
    """Return ranges (n,) of the beams that a network sees as a scan of its laser."""
    first, last = laser.angle_min_rad, laser.angle_max_rad
    step = (last - first) / (laser.network_beams - 1)
    return Scan(stamp_s, ranges_m, first, step, laser.range_min_m, laser.range_max_m)
