# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Splits of posed pictures, and the figures of a row."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from local_inn_ros.benchmarking.camera_accuracy import (
    CameraAnswer,
    Located,
    blocks_held_out,
    last_held_out,
    markdown,
    row_of,
)
from local_inn_ros.geometry.gaussian3 import GaussianPose3
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.geometry.se3 import exp_twists
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.sensing.camera.posed_pictures import PosedPicture, PosedPictures


def _posed(count: int) -> PosedPictures:
    camera = CameraSpec(
        name="c", rate_hz=30.0, width=32, height=24, fx=30.0, fy=30.0, cx=15.5, cy=11.5
    )
    return PosedPictures(
        camera,
        tuple(PosedPicture(float(i), Pose3.identity(), Path(f"{i}.png")) for i in range(count)),
    )


def _stamps(posed: PosedPictures) -> list[float]:
    return [one.stamp_s for one in posed]


def test_every_fifth_block_is_held_out() -> None:
    split = blocks_held_out(_posed(23), 2)
    assert (split.name, _stamps(split.test)) == ("blocks_of_2", [8.0, 9.0, 18.0, 19.0])
    assert not set(_stamps(split.learned)) & set(_stamps(split.test))
    assert len(split.learned) + len(split.test) == 23


def test_last_pictures_are_held_out() -> None:
    split = last_held_out(_posed(10), 3)
    assert (split.name, _stamps(split.test)) == ("last_3", [7.0, 8.0, 9.0])


def _answer(shift_m: float, turn_deg: float, gaussian: bool = False) -> CameraAnswer:
    said = Pose3.from_roll_pitch_yaw((shift_m, 0.0, 0.0), 0.0, 0.0, math.radians(turn_deg))
    word = GaussianPose3.from_deviations(said, [0.1] * 6) if gaussian else None
    return CameraAnswer(Located(said, 0.01, word), Pose3.identity())


def test_figures_of_a_row() -> None:
    answers = [_answer(0.01, 1.0), _answer(0.04, 6.0), _answer(0.2, 2.0)]
    row = row_of(answers, "hall", "blocks", "", "retrieval", 1.5, 0.0)
    assert row.median_m == pytest.approx(0.04) and row.median_deg == pytest.approx(2.0)
    assert row.mean_m == pytest.approx(0.25 / 3) and row.p90_m == pytest.approx(0.2)
    assert row.share_5cm_5deg == pytest.approx(1 / 3)
    assert (row.anees, row.coverage, row.ms_p50) == (None, None, pytest.approx(10.0))
    assert "| hall, blocks | retrieval | 4.0 cm, 2.00 deg |" in markdown([row])


def test_pictures_without_an_answer_count_as_far_off() -> None:
    nothing = CameraAnswer(Located(None, 0.02), Pose3.identity())
    row = row_of([_answer(0.1, 1.0), nothing, nothing], "hall", "blocks", "", "x", 0.0, 0.0)
    assert math.isinf(row.median_m) and row.found_share == pytest.approx(1 / 3)
    assert row.mean_m == pytest.approx(0.1)


def test_true_covariances_are_told_as_true() -> None:
    rng = np.random.default_rng(0)
    answers = []
    for _ in range(400):
        said = Pose3.from_matrix(exp_twists(rng.normal(0.0, 0.1, 6)))
        word = GaussianPose3.from_deviations(said, [0.1] * 6)
        answers.append(CameraAnswer(Located(said, 0.01, word), Pose3.identity()))
    row = row_of(answers, "hall", "blocks", "pose_inn", "network", 1.0, 1.0)
    assert row.anees == pytest.approx(1.0, abs=0.15)
    assert row.coverage == pytest.approx(0.5, abs=0.08)
