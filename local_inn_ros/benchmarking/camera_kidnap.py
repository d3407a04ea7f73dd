# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a robot is found by a single picture of its camera, nothing being believed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.localization.protocols import CandidateSearch
from local_inn_ros.sensing.camera.picture import Picture

# Nearer than this a place is right.
_RIGHT_M, _RIGHT_RAD = 0.25, math.radians(10.0)


@dataclass(frozen=True, slots=True)
class CameraKidnapRow:
    """How searches by one picture each went (see the design page, ``bench-camera-kidnap``).

    Attributes:
        dataset: name of the data, and of the drive.
        system: the method.
        trials: pictures.
        success: share of them by which the robot is said to be found, and is there.
        false_confirm: share by which it is said to be found, and is not there.
        median_search_ms: that a search took.
    """

    dataset: str
    system: str
    trials: int
    success: float
    false_confirm: float
    median_search_ms: float


def kidnap_row(
    dataset: str,
    system: str,
    search: CandidateSearch[Picture],
    trials: Iterable[tuple[Picture, Pose2 | None]],
) -> CameraKidnapRow:
    """Search for a base in the plane by each picture alone.

    Args:
        dataset: name for the row.
        system: of the search.
        search: is asked.
        trials: pictures, and where the base was; None where it was on no part of the map, so that
            nothing may be found.
    """
    said = list[_Said]()
    for picture, truth in trials:
        result = search.search(picture)
        said.append(_Said(result.found, _is_right(result.pose, truth), result.seconds))
    return _row(dataset, system, said)


def kidnap_row_in_space(
    dataset: str,
    system: str,
    locate: Callable[[Picture], Pose3 | None],
    trials: Iterable[tuple[Picture, Pose3]],
) -> CameraKidnapRow:
    """Search for a camera in space by each picture alone.

    Args:
        dataset: name for the row.
        system: of the search.
        locate: says where a camera is; None where it is not sure.
        trials: pictures, and where the camera was.
    """
    said = list[_Said]()
    for picture, truth in trials:
        began = time.perf_counter()
        pose = locate(picture)
        seconds = time.perf_counter() - began
        right = pose is not None and (
            pose.distance_to(truth) < _RIGHT_M and pose.angle_to(truth) < _RIGHT_RAD
        )
        said.append(_Said(pose is not None, right, seconds))
    return _row(dataset, system, said)


@dataclass(frozen=True, slots=True)
class _Said:
    found: bool
    right: bool
    seconds: float


def _row(dataset: str, system: str, said: Sequence[_Said]) -> CameraKidnapRow:
    return CameraKidnapRow(
        dataset,
        system,
        len(said),
        float(np.mean([one.right for one in said])),
        float(np.mean([one.found and not one.right for one in said])),
        1e3 * float(np.median([one.seconds for one in said])),
    )


def _is_right(found: GaussianPose2 | None, truth: Pose2 | None) -> bool:
    if truth is None or found is None:
        return False
    off = truth.between(found.mean)
    return math.hypot(off.x, off.y) < _RIGHT_M and abs(off.yaw) < _RIGHT_RAD


def kidnap_markdown(rows: Sequence[CameraKidnapRow]) -> str:
    """Return the rows as a Markdown table."""
    lines = [
        "| data | system | pictures | found, right | found, wrong | a search [ms] |",
        "| --- | --- | --: | --: | --: | --: |",
    ]
    lines += [
        f"| {row.dataset} | {row.system} | {row.trials} | {row.success:.1%} "
        f"| {row.false_confirm:.1%} | {row.median_search_ms:.0f} |"
        for row in rows
    ]
    return "\n".join(lines)
