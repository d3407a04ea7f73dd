# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a robot is found by a single picture of its camera, nothing being believed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from local_inn_ros.geometry import GaussianPose2, Pose2
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
    """Search by each picture alone.

    Args:
        dataset: name for the row.
        system: of the search.
        search: is asked.
        trials: pictures, and where the base was; None where it was on no part of the map, so that
            nothing may be found.
    """
    said, took_s = list[tuple[bool, bool]](), list[float]()
    for picture, truth in trials:
        result = search.search(picture)
        took_s.append(result.seconds)
        said.append((result.found, _is_right(result.pose, truth)))
    found, right = (np.array([one[k] for one in said]) for k in (0, 1))
    return CameraKidnapRow(
        dataset,
        system,
        len(said),
        float(np.mean(right)),
        float(np.mean(found & ~right)),
        1e3 * float(np.median(took_s)),
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
