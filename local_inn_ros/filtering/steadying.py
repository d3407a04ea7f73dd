# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Readings that take time, as if taken at one instant, by the odometry."""

from __future__ import annotations

from typing import TypeVar

from local_inn_ros.filtering.motion_model import scaled_motion
from local_inn_ros.filtering.motion_scales import MotionScales
from local_inn_ros.filtering.odometry_buffer import MotionBuffer
from local_inn_ros.geometry import Pose2
from local_inn_ros.sensing import Observation, Scan

ObservationT = TypeVar("ObservationT", bound=Observation)


def steadied(
    scan: ObservationT, odometry: MotionBuffer[Pose2], mount: Pose2, scales: MotionScales
) -> ObservationT | None:
    """Return a scan as it would be if all of it had been measured half way through.

    Args:
        scan: the reading, as seen from above; others than scans are of one instant.
        odometry: reaches from the first beam to the last.
        mount: pose of the sensor in the base frame, as seen from above.
        scales: how far the odometry's scales are off.

    Returns:
        The scan at one instant; None where the odometry does not say how the robot moved meanwhile.
    """
    if scan.sweep_s == 0.0 or not isinstance(scan, Scan):
        return scan
    # Compiled: the filter's node, which reads no scans, does without a compiler.
    from local_inn_ros.sensing.laser.sweep import at_one_instant

    middle = odometry.pose_at(scan.middle_s)
    if middle is None:
        return None
    start, off = middle, (scales.distance, scales.turn)

    def base_at(stamp_s: float) -> Pose2 | None:
        pose = odometry.pose_at(stamp_s)
        return None if pose is None else scaled_motion(start.between(pose), off)

    deviations = (scales.distance_deviation, scales.turn_deviation)
    return at_one_instant(scan, base_at, mount, deviations)  # type: ignore[return-value]
