# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where in the odometry a filter begins that is told a pose of some instant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic

from local_inn_ros.filtering.odometry_buffer import MotionBuffer
from local_inn_ros.filtering.state_space import PoseT

# A start this little before the first reading is nearer to that than to now.
_JUST_BEFORE_S = 1.0
# The odometry will reach a start that is this little ahead of it.
_JUST_AHEAD_S = 1.0


@dataclass(frozen=True, slots=True)
class Start(Generic[PoseT]):
    """An instant that the odometry knows.

    Attributes:
        stamp_s: the instant asked for, or the one that is taken in its place.
        odometry: the base in the odometry frame then.
        reached: whether the odometry reaches the instant asked for, if only just.
    """

    stamp_s: float
    odometry: PoseT
    reached: bool


def start_at(odometry: MotionBuffer[PoseT], stamp_s: float) -> Start[PoseT] | None:
    """Return where to begin with a pose of an instant; None where no odometry has come.

    An instant just before the oldest reading is taken as that one; any other that the odometry
    does not reach, as the newest one that it does.
    """
    oldest_s, newest_s = odometry.oldest_stamp_s, odometry.newest_stamp_s
    if oldest_s is None or newest_s is None:
        return None
    pose, reached = odometry.pose_at(stamp_s), True
    if pose is None:
        reached = oldest_s - _JUST_BEFORE_S <= stamp_s < oldest_s
        stamp_s = oldest_s if reached else newest_s
        pose = odometry.pose_at(stamp_s)
    assert pose is not None
    return Start(stamp_s, pose, reached)


def is_just_ahead(odometry: MotionBuffer[PoseT], stamp_s: float) -> bool:
    """Tell whether the odometry does not reach an instant, and soon will."""
    newest_s = odometry.newest_stamp_s
    return newest_s is not None and 0.0 < stamp_s - newest_s <= _JUST_AHEAD_S
