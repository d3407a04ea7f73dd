# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The order in which a robot can use what its sensors say."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence

from local_inn_ros.filtering.motion_scales import MotionScales
from local_inn_ros.filtering.odometry_buffer import OdometryBuffer
from local_inn_ros.filtering.steadying import steadied
from local_inn_ros.geometry import Pose2
from local_inn_ros.sensing import Odometry, Scan


def in_order_of_use(
    scans: Iterable[Scan], odometry: Sequence[Odometry]
) -> Iterator[Scan | Odometry]:
    """Yield scans and odometry, each by its stamps.

    Each scan waits for the first odometry that is not older than its last beam, as a robot waits
    for the transform at a scan's stamp.

    Args:
        scans: by their stamps.
        odometry: by their stamps.
    """
    place, reached_s = 0, -math.inf
    for scan in scans:
        while place < len(odometry) and reached_s < scan.end_s:
            reached_s = odometry[place].stamp_s
            yield odometry[place]
            place += 1
        yield scan
    yield from odometry[place:]


def at_one_instant_each(
    readings: Iterable[Scan | Odometry], mount_of: Callable[[Scan], Pose2]
) -> Iterator[Scan | Odometry]:
    """Yield readings with the beams of every scan moved to one instant by the odometry.

    A scan that the odometry does not span is left as it came.

    Args:
        readings: as ``in_order_of_use`` yields them.
        mount_of: gives the pose of a scan's laser in the base frame, as seen from above.
    """
    motion = OdometryBuffer()
    for reading in readings:
        if isinstance(reading, Odometry):
            motion.add(reading)
            yield reading
        else:
            yield steadied(reading, motion, mount_of(reading), MotionScales()) or reading
