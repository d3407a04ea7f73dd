# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of searches by one picture each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from local_inn_ros.benchmarking.camera_kidnap import (
    kidnap_markdown,
    kidnap_row,
    kidnap_row_in_space,
)
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.localization.search.hypotheses import SearchResult
from local_inn_ros.sensing.camera.picture import Picture

HERE = Pose2(1.0, 2.0, 3.1)
FOUND = (HERE, Pose2(1.1, 2.0, -3.1), Pose2(1.0, 2.3, 3.1), Pose2(1.0, 2.0, 2.8), None)


class Told:
    """A search that says what it was told, by the pictures' stamps."""

    def search(self, observation: Picture, offered: Sequence[GaussianPose2] = ()) -> SearchResult:
        pose = FOUND[int(observation.stamp_s)]
        known = None if pose is None else GaussianPose2.from_deviations(pose, 0.1, 0.1, 0.1)
        reason = "" if known else "nothing fits"
        return SearchResult(known is not None, known, (), reason, 0.01 * observation.stamp_s)

    def log_likelihood(self, observation: Picture, base: Pose2) -> float:
        raise NotImplementedError


def pictures(truth: Pose2 | None) -> list[tuple[Picture, Pose2 | None]]:
    grey = np.zeros((2, 2), np.uint8)
    return [(Picture(float(number), grey), truth) for number in range(len(FOUND))]


def test_what_is_found_within_a_quarter_of_a_metre_and_ten_degrees_is_right() -> None:
    row = kidnap_row("floor", "pose_inn", Told(), pictures(HERE))
    assert (row.trials, row.success, row.false_confirm) == (5, 0.4, 0.4)
    assert row.median_search_ms == pytest.approx(20.0)
    assert "| floor | pose_inn | 5 | 40.0% | 40.0% | 20 |" in kidnap_markdown([row])


def test_on_another_floor_whatever_is_found_is_wrong() -> None:
    row = kidnap_row("elsewhere", "pose_inn", Told(), pictures(None))
    assert (row.success, row.false_confirm) == (0.0, 0.8)


def test_in_space_the_same_bounds_hold() -> None:
    truth = Pose3.from_roll_pitch_yaw((1.0, 2.0, 3.0), 0.1, 0.2, 3.1)
    said = (
        truth,
        truth @ Pose3.from_roll_pitch_yaw((0.0, 0.0, 0.2), 0.1, 0.0, 0.0),
        truth @ Pose3.from_roll_pitch_yaw((0.0, 0.0, 0.3), 0.0, 0.0, 0.0),
        truth @ Pose3.from_roll_pitch_yaw((0.0, 0.0, 0.0), 0.0, 0.2, 0.0),
        None,
    )
    grey = np.zeros((2, 2), np.uint8)
    trials = [(Picture(float(number), grey), truth) for number in range(len(said))]
    row = kidnap_row_in_space(
        "room", "pose_inn", lambda picture: said[int(picture.stamp_s)], trials
    )
    assert (row.trials, row.success, row.false_confirm) == (5, 0.4, 0.4)
