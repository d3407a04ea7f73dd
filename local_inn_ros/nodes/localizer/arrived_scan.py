# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A scan as it came in a message, while it waits for the odometry."""

from __future__ import annotations

from dataclasses import dataclass

from builtin_interfaces.msg import Time
from sensor_msgs.msg import LaserScan

from local_inn_ros.nodes.common.conversions import to_scan, to_seconds, to_stamp
from local_inn_ros.sensing import LaserSpec, Scan


@dataclass(frozen=True, slots=True, eq=False)
class ArrivedScan:
    """A scan that came.

    Attributes:
        frame: of the laser.
        stamp: of the message.
        told: what it says, in the laser's own frame.
    """

    frame: str
    stamp: Time
    told: Scan

    @staticmethod
    def of(message: LaserScan, laser: LaserSpec, period_s: float) -> ArrivedScan:
        """Read a message; the laser's description says what it is silent about.

        Args:
            message: the scan.
            laser: description of the laser.
            period_s: time from scan to scan of this frame; NaN where it is not known.
        """
        told = to_scan(message, laser, period_s)
        return ArrivedScan(message.header.frame_id, message.header.stamp, told)

    @property
    def stamped_s(self) -> float:
        """Stamp of the message, in seconds."""
        return to_seconds(self.stamp)

    def stamp_of(self, scan: Scan) -> Time:
        """Return the instant of what was made of the scan, to the nanosecond where none passed."""
        return self.stamp if scan.stamp_s == to_seconds(self.stamp) else to_stamp(scan.stamp_s)
