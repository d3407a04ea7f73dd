# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of what the odometry says: by itself, and beside the scans."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.diagnosis.facts import Facts
from local_inn_ros.diagnosis.findings import Finding, error, warning
from local_inn_ros.diagnosis.streams import ScanStream
from local_inn_ros.filtering.odometry_restart import RestartWatch
from local_inn_ros.filtering.twist_agreement import motion, twist_faults
from local_inn_ros.geometry import wrap_angle
from local_inn_ros.sensing import Odometry, Scan

# Scans and poses are compared over so long.
_SPELL_S = 1.0
# Beams of a robot that stands differ by the laser's noise; half of them differ by more than this
# only where it moves, and where all but a few differ by less it stands.
_MOVED_M, _STOOD_M = 0.08, 0.04
_STOOD_SHARE = 95
_LEAST_WAY_M, _LEAST_TURN_RAD = 0.3, 0.3
_NO_WAY_M, _NO_TURN_RAD = 0.02, 0.02


def check_odometry(seen: Facts) -> Iterator[Finding]:
    """Look whether the odometry can be read, is smooth, and agrees with its own speeds."""
    stream = seen.odometry
    if stream.trouble:
        yield error(
            "odom.unusable",
            f"odometry on {stream.topic} cannot be used",
            stream.trouble,
            "Mend the node that publishes it",
        )
    yield from _check_jumps(stream.topic, stream.readings)
    yield from _check_speeds(stream.topic, stream.readings)


def _check_jumps(topic: str, readings: Sequence[Odometry]) -> Iterator[Finding]:
    largest_m, largest_rad, count = 0.0, 0.0, 0
    watch = RestartWatch()
    for before, after in itertools.pairwise(readings):
        if watch.begins_again(before, after):
            way_m, turn_rad = before.apart(after)
            count += 1
            largest_m, largest_rad = max(largest_m, way_m), max(largest_rad, turn_rad)
    if count:
        yield error(
            "odom.jumps",
            f"the pose on {topic} jumped {count} times, by up to {largest_m:.2f} m and "
            f"{math.degrees(largest_rad):.0f} degrees",
            "odometry must be continuous (REP-105): at each jump the filter keeps its pose and "
            "begins anew with the odometry, and what the robot did in between is not known",
            "Look why the odometry's driver starts again, take out of the odometry what corrects "
            "its position (GPS, markers, another localization), and look whether two nodes "
            "publish it",
        )


def _check_speeds(topic: str, readings: Sequence[Odometry]) -> Iterator[Finding]:
    for fault in twist_faults(motion(readings)):
        what = f"{fault.what} on {topic} {fault.said}"
        if fault.other_frame:
            yield warning("odom.twist_frame", what, fault.why, fault.mend)
        else:
            yield warning("odom.twist", what, fault.why, fault.mend)


def scan_change_m(before: Scan, after: Scan) -> NDArray[np.float64]:
    """Return how much each beam changed that both scans measured; empty where none did."""
    if before.ranges_m.size != after.ranges_m.size:
        return np.zeros(0)
    both = np.isfinite(before.ranges_m) & np.isfinite(after.ranges_m)
    for one in (before, after):
        with np.errstate(invalid="ignore"):
            both &= (one.ranges_m > one.range_min_m) & (one.ranges_m < one.range_max_m)
    return np.abs(before.ranges_m[both].astype(np.float64) - after.ranges_m[both])


def check_motion(seen: Facts) -> Iterator[Finding]:
    """Look whether scans and odometry agree on whether the robot moves."""
    readings = seen.odometry.readings
    stamps_s = np.array([one.stamp_s for one in readings])
    if not stamps_s.size or (np.diff(stamps_s) < 0.0).any():
        return
    for stream in seen.scans:
        yield from _check_together(stream, readings, stamps_s, seen.odometry.topic)


def _check_together(
    stream: ScanStream,
    readings: Sequence[Odometry],
    stamps_s: NDArray[np.float64],
    odometry_topic: str,
) -> Iterator[Finding]:
    blind = idle = compared = 0
    for before, after in _pairs(stream.scans):
        change_m = scan_change_m(before, after)
        within = slice(*np.searchsorted(stamps_s, (before.stamp_s, after.stamp_s)))
        if change_m.size < 8 or len(readings[within]) < 2:
            continue
        way_m, turn_rad = _way(readings[within])
        compared += 1
        if np.median(change_m) > _MOVED_M:
            blind += way_m < _NO_WAY_M and turn_rad < _NO_TURN_RAD
        if np.percentile(change_m, _STOOD_SHARE) < _STOOD_M:
            idle += way_m > _LEAST_WAY_M or turn_rad > _LEAST_TURN_RAD
    if 2 * blind > compared:
        yield error(
            "odom.stands",
            f"scans on {stream.topic} change as they do when a robot moves, and the pose on "
            f"{odometry_topic} stands",
            "between scans the robot is taken to stand; moving fast, it is lost",
            "Look at the wheel encoders and at the node that makes the odometry",
        )
    if 2 * idle > compared:
        yield error(
            "odom.slides",
            f"the pose on {odometry_topic} moves, and scans on {stream.topic} do not change",
            "wheels turn on the spot, or the scans are old ones or those of another robot",
            "Look whether the robot is jacked up or stuck, and where the scans come from",
        )


def _pairs(scans: Sequence[Scan]) -> Iterator[tuple[Scan, Scan]]:
    """Yield scans that are a spell apart, none in two pairs."""
    before: Scan | None = None
    for scan in scans:
        if before is None or scan.stamp_s < before.stamp_s:
            before = scan
        elif scan.stamp_s - before.stamp_s >= _SPELL_S:
            yield before, scan
            before = scan


def _way(readings: Sequence[Odometry]) -> tuple[float, float]:
    """Return how far the base was from where it began, and turned, at most (m, rad)."""
    away = [readings[0].pose.between(one.pose) for one in readings[1:]]
    return (
        max(math.hypot(one.x, one.y) for one in away),
        max(abs(wrap_angle(one.yaw)) for one in away),
    )
