# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""CARMEN logs: the text format of most public 2D laser recordings before ROS.

One message a line: name, contents, time of measurement, host, time of logging
(carmen.sourceforge.net, "Logging Data and Playing It Back").
"""

from __future__ import annotations

import gzip
import math
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.errors import BagError
from local_inn_ros.geometry import Pose2, wrap_angle
from local_inn_ros.places import reason
from local_inn_ros.sensing import Odometry, Scan
from local_inn_ros.text_files import lfs_pointer_note

_FLASER, _ROBOTLASER, _ODOM = "FLASER", "ROBOTLASER1", "ODOM"
# What every message ends with: time of measurement, host, time of logging.
_TAIL = 3
# FLASER does not say its geometry. CARMEN takes it for a SICK LMS with these steps; it leaves out
# the last beam where their number is even.
_SICK_STEPS_DEG = {180: 1.0, 181: 1.0, 360: 0.5, 361: 0.5, 400: 0.25, 401: 0.25}
_FLASER_RANGE_MAX_M = 80.0
# Ranges under this are the zeros that a SICK reports when dazzled.
_RANGE_MIN_M = 0.05
# The mount of the front laser: ahead, to the left, turned.
_MOUNT_PARAMETERS = (
    "robot_frontlaser_offset",
    "robot_frontlaser_side_offset",
    "robot_frontlaser_angular_offset",
)
# The laser's pose and the robot's are logged apart; the mount between them may wobble by rounding.
_MOUNT_WOBBLE_M, _MOUNT_WOBBLE_RAD = 0.02, math.radians(1.0)


@dataclass(frozen=True, slots=True, eq=False)
class CarmenLog:
    """What a CARMEN log holds for localization, by stamp.

    Attributes:
        scans: sweeps of the front laser; ranges at or beyond its limit are +inf (REP-117).
        odometry: the ODOM messages, and the odometry that CARMEN paired with each scan.
        mount: pose of the front laser in the robot's frame.
    """

    scans: tuple[Scan, ...]
    odometry: tuple[Odometry, ...]
    mount: Pose2


@dataclass(frozen=True, slots=True, eq=False)
class _LaserMessage:
    kind: str
    scan: Scan
    robot: Odometry
    laser: Pose2


def read_carmen_log(path: Path, mount: Pose2 | None = None) -> CarmenLog:
    """Read a CARMEN log, gzipped or not.

    FLASER, ROBOTLASER1, ODOM and PARAM messages are read; where a log has both kinds of scan, the
    ROBOTLASER1 ones are taken. All other messages are passed over.

    Args:
        path: the log.
        mount: pose of the front laser in the robot's frame. Where left out, the log's PARAM
            messages say it (robot_frontlaser_offset and its like), or else the poses of laser and
            robot in its scans.

    Raises:
        BagError: the file is missing or unreadable, a line cannot be understood (named by its
            number), there is no scan, or the mount is neither given nor in the log.
    """
    parser = _Parser()
    for number, line in enumerate(_lines_of(path), start=1):
        try:
            parser.read(line.split())
        except (ValueError, IndexError) as error:
            raise BagError(
                f"line {number} of {path}: {error}; if the log was cut off there, remove the line"
            ) from None
    return parser.finish(path, mount)


def _lines_of(path: Path) -> Iterator[str]:
    try:
        with Path(path).open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        opener = gzip.open if packed else open
        # Latin-1 reads any byte; what is not a number is found where a number is wanted.
        with opener(path, "rt", encoding="latin-1") as lines:
            yield from lines
    except FileNotFoundError:
        raise BagError(f"there is no log at {path}") from None
    except (OSError, EOFError, zlib.error) as error:
        why = reason(error) if isinstance(error, OSError) else error
        raise BagError(f"the log {path} cannot be read: {why}") from error


class _Parser:
    """Collects messages line by line."""

    def __init__(self) -> None:
        self._lasers: list[_LaserMessage] = []
        self._odometry: list[Odometry] = []
        self._parameters: dict[str, float] = {}
        self._seen: Counter[str] = Counter()

    def read(self, words: Sequence[str]) -> None:
        """Take one line, split into words.

        Raises:
            ValueError: it has too few or too many words, or a word is not the number it should be.
        """
        if not words or words[0].startswith("#"):
            return
        kind = words[0]
        self._seen[kind] += 1
        if kind == _FLASER:
            self._lasers.append(self._flaser(words))
        elif kind == _ROBOTLASER:
            self._lasers.append(_robotlaser(words))
        elif kind == _ODOM:
            _expect(words, 1 + 6 + _TAIL)
            self._odometry.append(_odometry(_stamp(words), _numbers(words, 1, 5)))
        elif kind == "PARAM" and len(words) > 2 and words[1] in _MOUNT_PARAMETERS:
            self._parameters[words[1]] = _number(words[2])

    def finish(self, path: Path, mount: Pose2 | None) -> CarmenLog:
        """Put together what was read.

        Raises:
            BagError: there is no scan, or no mount.
        """
        if not self._lasers:
            if note := lfs_pointer_note(path):
                raise BagError(f"the log {path} {note}")
            found = ", ".join(f"{n} {kind}" for kind, n in self._seen.most_common(8)) or "nothing"
            raise BagError(
                f"{path} holds no FLASER or ROBOTLASER1 message (it holds {found}): "
                "is it a CARMEN log with a front laser?"
            )
        kind = _ROBOTLASER if self._seen[_ROBOTLASER] else _FLASER
        lasers = [message for message in self._lasers if message.kind == kind]
        # Of two readings with one stamp, that which CARMEN paired with the scan is kept.
        readings = {odometry.stamp_s: odometry for odometry in self._odometry}
        readings.update({message.robot.stamp_s: message.robot for message in lasers})
        return CarmenLog(
            scans=tuple(sorted((m.scan for m in lasers), key=lambda scan: scan.stamp_s)),
            odometry=tuple(readings[stamp] for stamp in sorted(readings)),
            mount=mount or self._parameter_mount() or _logged_mount(path, lasers),
        )

    def _flaser(self, words: Sequence[str]) -> _LaserMessage:
        """FLASER n [ranges] laser x y theta, robot x y theta."""
        count = _count(words, 1)
        _expect(words, 2 + count + 6 + _TAIL)
        stamp_s = _stamp(words)
        step_deg = _SICK_STEPS_DEG.get(count, 180.0 / max(count - 1, 1))
        # An even number of beams has lost its last one, and is centred as if it had not.
        first_deg = -0.5 * step_deg * (count - 1 + (count in (180, 360, 400)))
        scan = _scan(
            stamp_s,
            _ranges(words, 2, count),
            math.radians(first_deg),
            math.radians(step_deg),
            _FLASER_RANGE_MAX_M,
        )
        poses = _numbers(words, 2 + count, 6)
        robot = _odometry(stamp_s, np.concatenate([poses[3:], [0.0, 0.0]]))
        if self._odometry:
            # FLASER has no speed of its own.
            last = self._odometry[-1]
            robot = replace(robot, speed_mps=last.speed_mps, yaw_rate_radps=last.yaw_rate_radps)
        return _LaserMessage(_FLASER, scan, robot, Pose2.from_array(poses[:3]))

    def _parameter_mount(self) -> Pose2 | None:
        if not self._parameters:
            return None
        return Pose2.from_array([self._parameters.get(name, 0.0) for name in _MOUNT_PARAMETERS])


def _robotlaser(words: Sequence[str]) -> _LaserMessage:
    """ROBOTLASER1 type start fov step max accuracy mode n [ranges] m [remissions] poses speeds."""
    count = _count(words, 8)
    remissions = _count(words, 9 + count)
    after = 10 + count + remissions
    # Logs of early versions lack the last of the five numbers after the poses, the turn axis.
    _expect(words, after + 6 + 4 + _TAIL, after + 6 + 5 + _TAIL)
    first, _, step, range_max = _numbers(words, 2, 4)
    stamp_s = _stamp(words)
    scan = _scan(stamp_s, _ranges(words, 9, count), first, step, range_max)
    numbers = _numbers(words, after, 8)
    return _LaserMessage(
        _ROBOTLASER, scan, _odometry(stamp_s, numbers[3:]), Pose2.from_array(numbers[:3])
    )


def _logged_mount(path: Path, lasers: Sequence[_LaserMessage]) -> Pose2:
    """Return the pose of the laser against the robot, where it stays the same."""
    mounts = [message.robot.pose.between(message.laser) for message in lasers]
    first = mounts[0]
    for mount in mounts:
        turned_rad = abs(wrap_angle(mount.yaw - first.yaw))
        if mount.distance_to(first) > _MOUNT_WOBBLE_M or turned_rad > _MOUNT_WOBBLE_RAD:
            raise BagError(
                f"{path} does not say where the laser is mounted: it has no PARAM "
                "robot_frontlaser_offset, and its laser poses were corrected against its odometry; "
                "give the mount by hand with --mount x,y,yaw"
            )
    return first


def _scan(
    stamp_s: float, ranges: NDArray[np.float64], first: float, step: float, range_max: float
) -> Scan:
    if step == 0.0 or range_max <= 0.0:
        raise ValueError(f"a scan with steps of {step:g} rad and ranges up to {range_max:g} m")
    known = np.where(ranges >= range_max, np.inf, ranges).astype(np.float32)
    return Scan(stamp_s, known, first, step, _RANGE_MIN_M, range_max)


def _odometry(stamp_s: float, numbers: NDArray[np.float64]) -> Odometry:
    x, y, yaw, speed, yaw_rate = numbers.tolist()
    return Odometry(stamp_s, Pose2.from_array([x, y, yaw]), speed, 0.0, yaw_rate)


def _expect(words: Sequence[str], *lengths: int) -> None:
    if len(words) not in lengths:
        wanted = " or ".join(str(length) for length in lengths)
        raise ValueError(f"{words[0]} has {len(words)} words where {wanted} are needed")


def _count(words: Sequence[str], place: int) -> int:
    if place >= len(words):
        raise ValueError(f"{words[0]} ends after {len(words)} words")
    word = words[place]
    if not word.isdecimal():
        raise ValueError(f"{words[0]} says {word!r} where it should say how many readings follow")
    return int(word)


def _stamp(words: Sequence[str]) -> float:
    stamp_s = _number(words[-_TAIL])
    if stamp_s < 0.0:
        raise ValueError(f"{words[0]} has the stamp {words[-_TAIL]}")
    return stamp_s


def _numbers(words: Sequence[str], place: int, count: int) -> NDArray[np.float64]:
    return np.array([_number(word) for word in words[place : place + count]])


def _ranges(words: Sequence[str], place: int, count: int) -> NDArray[np.float64]:
    """Read ranges, which may be NaN or infinite."""
    try:
        return np.array([float(word) for word in words[place : place + count]])
    except ValueError as error:
        raise ValueError(f"{words[0]} holds a range that is not a number ({error})") from None


def _number(word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        raise ValueError(f"{word!r} is not a number") from None
    if not math.isfinite(value):
        raise ValueError(f"{word!r} is not a finite number")
    return value
