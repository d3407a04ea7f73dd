# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The pose that a robot had when it was switched off, for when it is switched on again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, FiniteFloat, ValidationError

from local_inn_ros.errors import LocalInnError
from local_inn_ros.filtering.motion_model import MotionNoise, ScaleNoise, carried
from local_inn_ros.geometry import GaussianPose2, Pose2, wrap_angle
from local_inn_ros.localization.search.hypotheses import SearchResult
from local_inn_ros.places import PlaceError, new_file

# A place found so near to where the robot was left is the same place.
_SAME_PLACE_M = 1.0
_SAME_PLACE_RAD = 0.5
# After a crash a program is back within so long, and its robot has driven no faster meanwhile.
_LATELY_S, _FASTEST_MPS = 60.0, 10.0
# Between places that explain the scans about as well, the one where the robot was left is right.
_ABOUT_AS_WELL = 0.2


class SavedPoseError(LocalInnError):
    """A saved pose that cannot be written or read, or belongs to another map."""


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    x_m: FiniteFloat
    y_m: FiniteFloat
    yaw_rad: FiniteFloat


class _File(BaseModel):
    """What the file says; ``covariance`` is of (x, y, yaw) in the map's axes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_name: Literal["local_inn_ros/saved_pose/1", "local_inn_ros/saved_pose/2"]
    map_sha256: str
    time_s: FiniteFloat
    pose: _Row
    covariance: tuple[_Row, _Row, _Row]
    # Since the second schema.
    odometry: _Row | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SavedPose:
    """Where the robot was when it was last known.

    Attributes:
        pose: the base in the map frame.
        map_sha256: hash of the map's cells.
        time_s: when that was, by the wall clock, in seconds since 1970.
        odometry: the base in the odometry frame then; None where not known.
    """

    pose: GaussianPose2
    map_sha256: str
    time_s: float
    odometry: Pose2 | None = None

    def places(self, odometry: Pose2 | None, now_s: float) -> tuple[GaussianPose2, ...]:
        """Return where the base may be, the likelier place first.

        A program that crashed while the robot drove finds the odometry gone on: it tells the way
        since then. After a robot was switched off it begins anew, and the robot is where it was.

        Args:
            odometry: the base in the odometry frame now; None where not known.
            now_s: the time, as ``time_s`` has it.
        """
        if self.odometry is None or odometry is None:
            return (self.pose,)
        way, noise = self.odometry.between(odometry), MotionNoise()
        age_s = min(max(now_s - self.time_s, 0.0), _LATELY_S)
        return (carried(self.pose, way, age_s, noise, ScaleNoise().covariance()), self.pose)

    def reach_m(self, now_s: float) -> float:
        """Return how far the robot may be from there, if it went on while the program was down.

        Some metres for each second after a crash; where more time has passed, the program was
        switched off, and the robot with it.
        """
        age_s = now_s - self.time_s
        return _SAME_PLACE_M + (_FASTEST_MPS * age_s if 0.0 <= age_s <= _LATELY_S else 0.0)

    def save(self, path: Path) -> None:
        """Write it; the file appears whole or not at all, its folder is made where needed.

        Raises:
            SavedPoseError: it cannot be written.
        """
        first, second, third = map(_row, self.pose.covariance.tolist())
        content = _File(
            schema_name="local_inn_ros/saved_pose/2",
            map_sha256=self.map_sha256,
            time_s=self.time_s,
            pose=_row(self.pose.mean.to_array().tolist()),
            covariance=(first, second, third),
            odometry=None if self.odometry is None else _row(self.odometry.to_array().tolist()),
        )
        try:
            # Not durable: who saves has scans to answer, and a disk can take a second.
            with new_file(path, durable=False) as file:
                file.write_text(content.model_dump_json(indent=2) + "\n", encoding="utf-8")
        except PlaceError as error:
            raise SavedPoseError(f"the pose is not saved: {error}") from error

    @staticmethod
    def load(path: Path, map_sha256: str) -> SavedPose | None:
        """Read it.

        Args:
            path: the file.
            map_sha256: hash of the map that the pose has to be in.

        Returns:
            The pose; None where there is no file.

        Raises:
            SavedPoseError: the file cannot be read, is damaged, or belongs to another map.
        """
        try:
            content = _File.model_validate_json(path.read_bytes())
            covariance = np.array([[row.x_m, row.y_m, row.yaw_rad] for row in content.covariance])
            pose = GaussianPose2(_pose(content.pose), covariance)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise SavedPoseError(f"cannot read the saved pose {path}: {error.strerror}") from error
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise SavedPoseError(
                f"{path} is no saved pose: {where + ': ' if where else ''}{first['msg']}"
            ) from error
        except ValueError as error:
            raise SavedPoseError(f"{path} is no saved pose: {error}") from error
        if content.map_sha256 != map_sha256:
            raise SavedPoseError(
                f"the pose saved in {path} is in another map (hash {content.map_sha256[:12]}, "
                f"not {map_sha256[:12]})"
            )
        odometry = None if content.odometry is None else _pose(content.odometry)
        return SavedPose(pose, content.map_sha256, content.time_s, odometry)


def place_left(
    result: SearchResult, left: Sequence[Pose2], reach_m: float = _SAME_PLACE_M
) -> GaussianPose2 | None:
    """Return the place of a search's answer where a robot was left.

    The scans have to agree: it is the place that was found, or one of those that explain the
    scans about as well; between such, where the robot was left decides.

    Args:
        result: the answer of a search that was offered the place.
        left: where the base may have been left, the likelier place first, carried by the odometry
            to the instant of the answer.
        reach_m: a place that is found beyond doubt is taken so far from any of those, too.

    Returns:
        The base in the map frame; None where the scans say that it is elsewhere.
    """
    if not result.found and not result.reason.startswith("ambiguous"):
        return None
    likely = [one for one in result.hypotheses if one.weight >= _ABOUT_AS_WELL * _best(result)]
    for place in left:
        for one in likely:
            apart = place.between(one.pose.mean)
            near = math.hypot(apart.x, apart.y) < _SAME_PLACE_M
            if near and abs(apart.yaw) < _SAME_PLACE_RAD:
                return one.pose
    found = result.pose
    if found is None or reach_m <= _SAME_PLACE_M:
        return None
    reached = any(place.distance_to(found.mean) < reach_m for place in left)
    return found if reached else None


def _best(result: SearchResult) -> float:
    return max(one.weight for one in result.hypotheses)


def _pose(row: _Row) -> Pose2:
    return Pose2(row.x_m, row.y_m, wrap_angle(row.yaw_rad))


def _row(values: list[float]) -> _Row:
    x_m, y_m, yaw_rad = values
    return _Row(x_m=x_m, y_m=y_m, yaw_rad=yaw_rad)
