# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether an odometry's twist says what its poses say: units, signs, frame.

``nav_msgs/Odometry`` tells the motion twice: as poses, and as speeds in the axes of the base.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.filtering.odometry_restart import RestartWatch
from local_inn_ros.geometry.turning import turned_by
from local_inn_ros.sensing import Odometry

# Twist and poses are compared where the robot went so far, or turned so much.
_COMPARED_M, _COMPARED_RAD = 0.5, 0.5
_COMPARED_SPELL_S = 0.2
# Over a longer pause nobody knows how fast the robot went: its speeds at both ends do not say.
_LONGEST_STEP_S = 0.5
_LEAST_RATIO, _MOST_RATIO = 0.75, 1.33
# What is remembered of a drive that goes on: the last half minute.
_SPELLS_KEPT = 150
# A fault whose ratio has changed by so much since it was told is told again.
_CHANGED = 1.5

_Row = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


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


@dataclass(frozen=True, slots=True)
class TwistFault:
    """Something in which a twist and the poses contradict each other.

    Attributes:
        what: which part of the twist.
        said: what is wrong with it, with both numbers.
        why: what comes of it.
        mend: what to do.
        ratio: how many times what the poses say the twist says.
        other_frame: whether it is told in other axes than it should.
    """

    what: str
    said: str
    why: str
    mend: str
    ratio: float
    other_frame: bool = False


class TwistWatch:
    """Compares twist and poses of readings as they come."""

    def __init__(self, spells: int | None = _SPELLS_KEPT) -> None:
        """Begin with nothing seen; of so many spells the last are remembered."""
        self._restarts = RestartWatch()
        self._spell: list[Odometry] = []
        self._rows: deque[_Row] = deque(maxlen=spells)
        self._told: dict[str, float] = {}

    def see(self, reading: Odometry) -> None:
        """Take in a reading."""
        spell = self._spell
        if spell and (
            not reading.stamp_s > spell[-1].stamp_s
            or reading.stamp_s - spell[-1].stamp_s > _LONGEST_STEP_S
            or self._restarts.begins_again(spell[-1], reading)
        ):
            spell.clear()
        spell.append(reading)
        if spell[-1].stamp_s - spell[0].stamp_s >= _COMPARED_SPELL_S:
            self._rows.append(_spell_motion(spell))
            self._spell = [reading]

    def motion(self) -> Motion:
        """Return what was seen."""
        stacked = np.array(self._rows).reshape(-1, 3, 3)
        return Motion(stacked[:, 0], stacked[:, 1], stacked[:, 2])

    def current(self) -> list[str]:
        """Return what contradicts itself, in words."""
        return [_sentence(fault) for fault in twist_faults(self.motion())]

    def news(self) -> list[str]:
        """Return the same, without what was returned before and has not changed since."""
        fresh = []
        for fault in twist_faults(self.motion()):
            key = f"{fault.what} {fault.other_frame}"
            told = self._told.get(key)
            if told is None or not 1.0 / _CHANGED <= _share(fault.ratio, told) <= _CHANGED:
                self._told[key] = fault.ratio
                fresh.append(_sentence(fault))
        return fresh


def _share(ratio: float, told: float) -> float:
    return (ratio + 1e-9) / (told + 1e-9)


def _sentence(fault: TwistFault) -> str:
    return f"the odometry contradicts itself: {fault.what} {fault.said}"


def motion(readings: Iterable[Odometry]) -> Motion:
    """Cut readings into spells and say how the robot moved in each."""
    watch = TwistWatch(None)
    for reading in readings:
        watch.see(reading)
    return watch.motion()


def _spell_motion(spell: Sequence[Odometry]) -> _Row:
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


def twist_faults(moved: Motion) -> Iterator[TwistFault]:
    """Compare speeds with the differences of poses: units, signs, frame."""
    way_m = float(np.abs(moved.by_pose[:, :2]).sum())
    turn_rad = float(np.abs(moved.by_pose[:, 2]).sum())
    if way_m > _COMPARED_M:
        off = _misfit(moved.by_speed, moved.by_pose)
        if _misfit(moved.by_world_speed, moved.by_pose) < 0.1 < 0.3 < off:
            yield TwistFault(
                "twist.linear",
                "is in the frame of header.frame_id",
                "nav_msgs/Odometry wants it in child_frame_id (the base): x is ahead",
                "Turn it by the heading before it is published",
                1.0,
                other_frame=True,
            )
        else:
            said, posed = moved.by_speed[:, :2], moved.by_pose[:, :2]
            yield from _ratio_fault("twist.linear", said, posed, "m/s")
    if turn_rad > _COMPARED_RAD:
        said, posed = moved.by_speed[:, 2], moved.by_pose[:, 2]
        yield from _ratio_fault("twist.angular.z", said, posed, "rad/s")


def _misfit(said: NDArray[np.float64], posed: NDArray[np.float64]) -> float:
    """Return how far two motions are apart, as a share of the way."""
    off = np.hypot(*(said - posed)[:, :2].T).sum()
    return float(off / max(np.hypot(*posed[:, :2].T).sum(), 1e-9))


def _ratio_fault(
    what: str, said: NDArray[np.float64], posed: NDArray[np.float64], unit: str
) -> Iterator[TwistFault]:
    """Compare the motion by speeds with the one by poses, by least squares."""
    ratio = float(np.sum(said * posed) / np.sum(posed * posed))
    if _LEAST_RATIO < ratio < _MOST_RATIO:
        return
    if abs(ratio) < 1e-6:
        told, mend = "is zero while the pose moves", f"Fill it in, in {unit} and in the base frame"
    elif ratio < 0.0:
        told = f"is {ratio:.3g} times what the poses say: its sign is wrong"
        mend = "x is ahead, turns to the left are positive (REP-103)"
    else:
        told = f"is {ratio:.3g} times what the poses say"
        mend = f"Publish it in {unit}{_guess(ratio)}"
    amounts = [float(np.abs(one).sum()) for one in (said, posed)]
    length = unit.partition("/")[0]
    told += f" (by speeds {amounts[0]:.3g} {length} in all, by poses {amounts[1]:.3g} {length})"
    why = (
        "the pose is carried on with it between readings, and it is passed on in odometry/filtered"
    )
    yield TwistFault(what, told, why, mend, ratio)


def _guess(ratio: float) -> str:
    known = {
        math.degrees(1.0): "degrees instead of radians",
        1000.0: "millimetres instead of metres",
        3.6: "km/h instead of m/s",
        100.0: "centimetres instead of metres",
    }
    for factor, name in known.items():
        if 0.8 < ratio / factor < 1.25:
            return f", and it looks like {name}"
    return ", or the wheels' radius or the track's width is wrong in one of the two"
