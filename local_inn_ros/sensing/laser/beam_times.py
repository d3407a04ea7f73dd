# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""When each range of a scan was measured, as message and sensor description tell."""

from __future__ import annotations

import math

from local_inn_ros.sensing.laser.laser_spec import LaserSpec

# No laser takes so long over a scan: the header says something else.
_LONGEST_S = 10.0
# Times that are this near each other are the same; no scan takes longer than the time to the next
# by more than this.
SAME_TIME = 1.25
LONGER = 1.05
_TURN = 2.0 * math.pi


def first_beam_s(stamp_s: float, laser: LaserSpec | None) -> float:
    """Return when the first range of a scan was measured.

    Args:
        stamp_s: of the message; 0 where it has none, and stays so.
        laser: description of the sensor, where there is one: it may say how late stamps are.
    """
    if laser is None or stamp_s == 0.0:
        return stamp_s
    return stamp_s + laser.time_offset_s


def longest_sweep_s(scan_time_s: float, period_s: float = math.nan) -> float:
    """Return the longest that a scan can take from its first range to its last.

    The time from scan to scan, where it was measured: a laser does not begin one scan before the
    last is over. Else what the header says of it, if it does; else what no laser takes.

    Args:
        scan_time_s: the header's ``scan_time``.
        period_s: time from the stamp of one scan to that of the next; NaN where it is not known.
    """
    if period_s > 0.0:
        return min(LONGER * SAME_TIME * period_s, _LONGEST_S)
    if 0.0 < scan_time_s <= _LONGEST_S:
        return min(LONGER * scan_time_s, _LONGEST_S)
    return _LONGEST_S


def time_increment_of(
    time_increment_s: float,
    scan_time_s: float,
    angle_increment_rad: float,
    count: int,
    laser: LaserSpec | None,
    period_s: float = math.nan,
) -> float:
    """Return the time from one range of a sensor_msgs/LaserScan to the next.

    What the header says of it counts. Where it is silent, the sensor's description may say how long
    a scan takes; where that is silent too, ``scan_time`` is the time of a whole turn, of which the
    beams take their share. Values that no laser has, or that make a scan longer than it can be
    (``longest_sweep_s``), count as silence.

    Args:
        time_increment_s: the header's ``time_increment``.
        scan_time_s: the header's ``scan_time``.
        angle_increment_rad: the header's ``angle_increment``.
        count: how many ranges there are.
        laser: description of the sensor, where there is one.
        period_s: time from the stamp of one scan to that of the next; NaN where it is not known.

    Returns:
        The time in seconds; 0 where all ranges are of one instant.
    """
    steps = max(count - 1, 1)
    longest_s = longest_sweep_s(scan_time_s, period_s)
    if time_increment_s != 0.0 and abs(time_increment_s) * steps <= longest_s:
        return time_increment_s
    if laser is not None and laser.scan_duration_s is not None:
        return laser.scan_duration_s / steps
    if 0.0 < scan_time_s <= longest_s and 0.0 < abs(angle_increment_rad) * steps <= 1.1 * _TURN:
        return min(scan_time_s * abs(angle_increment_rad) / _TURN, scan_time_s / steps)
    return 0.0
