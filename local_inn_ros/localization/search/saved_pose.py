# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The pose that a robot had when it was switched off, for when it is switched on again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, FiniteFloat, ValidationError

from local_inn_ros.errors import LocalInnError
from local_inn_ros.geometry import GaussianPose2, Pose2, wrap_angle
from local_inn_ros.localization.search.hypotheses import SearchResult
from local_inn_ros.places import PlaceError, new_file

# A place found so near to where the robot was left is the same place.
_SAME_PLACE_M = 1.0
_SAME_PLACE_RAD = 0.5
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

    schema_name: Literal["local_inn_ros/saved_pose/1"]
    map_sha256: str
    time_s: FiniteFloat
    pose: _Row
    covariance: tuple[_Row, _Row, _Row]


@dataclass(frozen=True, slots=True, eq=False)
class SavedPose:
    """Where the robot was when it was last known.

    Attributes:
        pose: the base in the map frame.
        map_sha256: hash of the map's cells.
        time_s: when that was, by the wall clock, in seconds since 1970.
    """

    pose: GaussianPose2
    map_sha256: str
    time_s: float

    def save(self, path: Path) -> None:
        """Write it; the file appears whole or not at all, its folder is made where needed.

        Raises:
            SavedPoseError: it cannot be written.
        """
        first, second, third = map(_row, self.pose.covariance.tolist())
        content = _File(
            schema_name="local_inn_ros/saved_pose/1",
            map_sha256=self.map_sha256,
            time_s=self.time_s,
            pose=_row(self.pose.mean.to_array().tolist()),
            covariance=(first, second, third),
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
            place = content.pose
            mean = Pose2(place.x_m, place.y_m, wrap_angle(place.yaw_rad))
            pose = GaussianPose2(mean, covariance)
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
        return SavedPose(pose, content.map_sha256, content.time_s)


def place_left(result: SearchResult, left: Pose2) -> GaussianPose2 | None:
    """Return the place of a search's answer where a robot was left.

    The scans have to agree: it is the place that was found, or one of those that explain the
    scans about as well; between such, where the robot was left decides.

    Args:
        result: the answer of a search that was offered the place.
        left: where the base was left, carried by the odometry to the instant of the answer.

    Returns:
        The base in the map frame; None where the scans say that it is elsewhere.
    """
    if not result.found and not result.reason.startswith("ambiguous"):
        return None
    likely = [one for one in result.hypotheses if one.weight >= _ABOUT_AS_WELL * _best(result)]
    for one in likely:
        apart = left.between(one.pose.mean)
        if left.distance_to(one.pose.mean) < _SAME_PLACE_M and abs(apart.yaw) < _SAME_PLACE_RAD:
            return one.pose
    return None


def _best(result: SearchResult) -> float:
    return max(one.weight for one in result.hypotheses)


def _row(values: list[float]) -> _Row:
    x_m, y_m, yaw_rad = values
    return _Row(x_m=x_m, y_m=y_m, yaw_rad=yaw_rad)
