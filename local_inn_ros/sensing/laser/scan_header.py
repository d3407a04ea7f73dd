# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Fields of a scan's header that say the same twice, and whether they agree.

``sensor_msgs/LaserScan`` tells the angle of the last beam as such and by step and count, and the
time of a scan as such, by its beams and by the stamps. Drivers fill them in one by one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from local_inn_ros.sensing.laser.beam_times import LONGER, SAME_TIME, longest_sweep_s

# So many steps the last angle may be off: one beam more or less than the angles say is common.
_STEPS_OFF = 1.5
_ROUNDED_RAD = 0.002
# Lasers that leave out scans measure their beams in a small part of the time from scan to scan.
_LEAST_PART = 0.05


class ScanMessage(Protocol):
    """What is looked at of a ``sensor_msgs/LaserScan``, of ROS or of a recording."""

    angle_min: Any
    angle_max: Any
    angle_increment: Any
    time_increment: Any
    scan_time: Any
    range_min: Any
    range_max: Any
    ranges: Any
    intensities: Any


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two fields of a message that cannot both be right.

    Attributes:
        fields: what they are, in short; the same for the same fault.
        text: both with their numbers, and what of it is used.
        extent: by how much they disagree: an angle or a ratio.
    """

    fields: str
    text: str
    extent: float = 0.0


@dataclass(frozen=True, slots=True)
class ScanHeader:
    """The numbers of a scan's header, with how many ranges and intensities it has.

    Units are those of the message: radians, seconds, metres.
    """

    angle_min: float
    angle_max: float
    angle_increment: float
    time_increment: float
    scan_time: float
    range_min: float
    range_max: float
    ranges: int
    intensities: int

    @staticmethod
    def of(message: ScanMessage) -> ScanHeader:
        """Take the header out of a message."""
        return ScanHeader(
            float(message.angle_min),
            float(message.angle_max),
            float(message.angle_increment),
            float(message.time_increment),
            float(message.scan_time),
            float(message.range_min),
            float(message.range_max),
            len(message.ranges),
            len(message.intensities),
        )

    @property
    def steps(self) -> int:
        """How many steps lead from the first range to the last."""
        return max(self.ranges - 1, 0)

    @property
    def sweep_s(self) -> float:
        """Time from the first range to the last, by the time from one to the next."""
        return self.steps * self.time_increment


def contradictions(header: ScanHeader, period_s: float = math.nan) -> tuple[Contradiction, ...]:
    """Return what in a scan's header does not agree.

    Args:
        header: of a scan.
        period_s: time from the stamp of one scan to that of the next; NaN where it is not known.
    """
    return (
        *_of_angles(header),
        *_of_times(header, period_s),
        *_of_period(header, period_s),
        *_of_ranges(header),
    )


def _of_angles(header: ScanHeader) -> Iterator[Contradiction]:
    if not header.steps:
        return
    step = header.angle_increment
    last = header.angle_min + header.steps * step
    tolerated = _STEPS_OFF * abs(step) + _ROUNDED_RAD
    # Numbers that are not finite agree with nothing.
    if step != 0.0 and abs(last - header.angle_max) <= tolerated:
        return
    apart = math.degrees(abs(last - header.angle_max))
    yield Contradiction(
        "angle_max",
        f"{header.ranges} ranges with angle_increment {step:.6g} rad from angle_min "
        f"{header.angle_min:.4g} rad end at {last:.4g} rad, and angle_max says "
        f"{header.angle_max:.4g} rad ({apart:.1f} degrees apart): angle_increment is gone by",
        apart,
    )


def _of_times(header: ScanHeader, period_s: float) -> Iterator[Contradiction]:
    for name in ("time_increment", "scan_time"):
        value = getattr(header, name)
        if not (math.isfinite(value) and (value >= 0.0 or name == "time_increment")):
            yield Contradiction(name, f"{name} is {value:g} s, which is no time")
            return
    sweep_s, scan_s = abs(header.sweep_s), header.scan_time
    if not (sweep_s and scan_s):
        return
    if sweep_s > LONGER * scan_s or sweep_s < _LEAST_PART * scan_s:
        right = sweep_s <= longest_sweep_s(scan_s, period_s)
        yield Contradiction(
            "scan_time",
            f"time_increment {header.time_increment:.4g} s times {header.steps} steps makes "
            f"{sweep_s:.4g} s for a scan, and scan_time says {scan_s:.4g} s: "
            f"{'time_increment' if right else 'scan_time'} is gone by",
            sweep_s / scan_s,
        )


def _of_period(header: ScanHeader, period_s: float) -> Iterator[Contradiction]:
    if not period_s > 0.0:
        return
    scan_s, sweep_s = header.scan_time, abs(header.sweep_s)
    if scan_s > 0.0 and not 1.0 / SAME_TIME <= period_s / scan_s <= SAME_TIME:
        yield Contradiction(
            "period",
            f"scan_time says {scan_s:.4g} s from scan to scan, and their stamps are "
            f"{period_s:.4g} s apart: scans are left out, or one of the two is wrong",
            period_s / scan_s,
        )
    if sweep_s > longest_sweep_s(scan_s, period_s):
        yield Contradiction(
            "time_increment",
            f"time_increment {header.time_increment:.4g} s times {header.steps} steps makes "
            f"{sweep_s:.4g} s for a scan, and their stamps are {period_s:.4g} s apart: it is not "
            "gone by; scan_duration_s of the sensor file can say how long a scan takes",
            sweep_s / period_s,
        )


def _of_ranges(header: ScanHeader) -> Iterator[Contradiction]:
    if not header.range_min < header.range_max:
        yield Contradiction(
            "range_max",
            f"range_min says {header.range_min:g} m and range_max {header.range_max:g} m: no "
            "range lies between them, and none is used",
        )
    if header.intensities not in (0, header.ranges):
        yield Contradiction(
            "intensities",
            f"{header.ranges} ranges came with {header.intensities} intensities: some are missing",
        )
