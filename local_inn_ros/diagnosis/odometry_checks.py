# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of what the odometry says: by itself, and beside the scans."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.diagnosis.facts import Facts, ScanStream
from local_inn_ros.diagnosis.findings import Finding, error, warning
from local_inn_ros.filtering.odometry_restart import RestartWatch
from local_inn_ros.geometry import wrap_angle
from local_inn_ros.geometry.turning import turned_by
from local_inn_ros.sensing import Odometry, Scan

# Scans and poses are compared over so long.
_SPELL_S = 1.0
# Beams of a robot that stands differ by the laser's noise; half of them differ by more than this
# only where it moves, and where all but a few differ by less it stands.
_MOVED_M, _STOOD_M = 0.08, 0.04
_STOOD_SHARE = 95
_LEAST_WAY_M, _LEAST_TURN_RAD = 0.3, 0.3
_NO_WAY_M, _NO_TURN_RAD = 0.02, 0.02
# Twist and poses are compared where the robot went so far, or turned so much.
_COMPARED_M, _COMPARED_RAD = 0.5, 0.5
_COMPARED_SPELL_S = 0.2
_LEAST_RATIO, _MOST_RATIO = 0.75, 1.33


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """What an odometry says of short spells, by its poses and by its speeds.

    Attributes:
        by_pose: (n, 3) ahead, left and turn from the poses, in the base frame at the start of
            each spell (m, m, rad).
        by_speed: (n, 3) the same from the mean speeds, taken to be in the base frame.
        by_world_speed: (n, 3) the same, with speeds taken to be in the odometry frame.
    """

    by_pose: NDArray[np.float64]
    by_speed: NDArray[np.float64]
    by_world_speed: NDArray[np.float64]


def motion(readings: Sequence[Odometry]) -> Motion:
    """Cut readings into spells and say how the robot moved in each."""
    rows: list[tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]] = []
    spell: list[Odometry] = []
    for reading in readings:
        if spell and not reading.stamp_s > spell[-1].stamp_s:
            spell = []
        spell.append(reading)
        if spell[-1].stamp_s - spell[0].stamp_s >= _COMPARED_SPELL_S:
            rows.append(_spell_motion(spell))
            spell = [reading]
    stacked = np.array(rows).reshape(-1, 3, 3)
    return Motion(stacked[:, 0], stacked[:, 1], stacked[:, 2])


def _spell_motion(
    spell: Sequence[Odometry],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    poses = np.array([one.pose.to_array() for one in spell])
    speeds = np.array([(one.speed_mps, one.lateral_speed_mps, one.yaw_rate_radps) for one in spell])
    times = np.diff([one.stamp_s for one in spell])[:, None]
    middle = 0.5 * (speeds[1:] + speeds[:-1]) * times
    yaws = poses[1:, 2] - poses[0, 2]
    turned = _rotated(middle, yaws).sum(axis=0)
    world = _rotated(middle, np.full(len(middle), -poses[0, 2])).sum(axis=0)
    return spell[0].pose.between(spell[-1].pose).to_array(), turned, world


def _rotated(steps: NDArray[np.float64], angles: NDArray[np.float64]) -> NDArray[np.float64]:
    x, y = turned_by(np.cos(angles), np.sin(angles), steps[:, 0], steps[:, 1])
    return np.column_stack([x, y, steps[:, 2]])


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
    yield from _check_speeds(stream.topic, motion(stream.readings))


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


def _check_speeds(topic: str, moved: Motion) -> Iterator[Finding]:
    """Compare speeds with the differences of poses: units, signs, frame."""
    way_m = float(np.abs(moved.by_pose[:, :2]).sum())
    turn_rad = float(np.abs(moved.by_pose[:, 2]).sum())
    if way_m > _COMPARED_M:
        off = _misfit(moved.by_speed, moved.by_pose)
        if _misfit(moved.by_world_speed, moved.by_pose) < 0.1 < 0.3 < off:
            yield warning(
                "odom.twist_frame",
                f"twist.linear on {topic} is in the frame of header.frame_id",
                "nav_msgs/Odometry wants it in child_frame_id (the base): x is ahead",
                "Turn it by the heading before it is published",
            )
        else:
            ratio = _ratio(moved.by_speed[:, :2], moved.by_pose[:, :2])
            yield from _check_ratio(topic, "twist.linear", ratio, "m/s")
    if turn_rad > _COMPARED_RAD:
        ratio = _ratio(moved.by_speed[:, 2], moved.by_pose[:, 2])
        yield from _check_ratio(topic, "twist.angular.z", ratio, "rad/s")


def _misfit(said: NDArray[np.float64], posed: NDArray[np.float64]) -> float:
    """Return how far two motions are apart, as a share of the way."""
    off = np.hypot(*(said - posed)[:, :2].T).sum()
    return float(off / max(np.hypot(*posed[:, :2].T).sum(), 1e-9))


def _ratio(said: NDArray[np.float64], posed: NDArray[np.float64]) -> float:
    """Return how many times as large as the motion by poses the one by speeds is."""
    return float(np.sum(said * posed) / np.sum(posed * posed))


def _check_ratio(topic: str, what: str, ratio: float, unit: str) -> Iterator[Finding]:
    if _LEAST_RATIO < ratio < _MOST_RATIO:
        return
    if abs(ratio) < 1e-6:
        said, mend = "zero while the pose moves", f"Fill it in, in {unit} and in the base frame"
    elif ratio < 0.0:
        said = f"{ratio:.3g} times what the poses say: its sign is wrong"
        mend = "x is ahead, turns to the left are positive (REP-103)"
    else:
        said = f"{ratio:.3g} times what the poses say"
        mend = f"Publish it in {unit}{_guess(ratio)}"
    yield warning(
        "odom.twist",
        f"{what} on {topic} is {said}",
        "the pose is carried on with it between readings, and it is passed on in odometry/filtered",
        mend,
    )


def _guess(ratio: float) -> str:
    known = {
        math.degrees(1.0): "degrees instead of radians",
        1000.0: "millimetres instead of metres",
        3.6: "km/h instead of m/s",
        100.0: "centimetres instead of metres",
    }
    for factor, name in known.items():
        if 0.8 < ratio / factor < 1.25:
            return f"; it looks like {name}"
    return "; or the wheels' radius or the track's width is wrong in one of the two"


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
