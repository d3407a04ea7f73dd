# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A drive that a camera localizes: what the filter makes of pictures, set beside the truth."""

from __future__ import annotations

import numpy as np
import pytest

from local_inn_ros.benchmarking.camera_drive import drive_by_camera
from local_inn_ros.errors import SensorError
from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.fix import Fix, Mode
from local_inn_ros.recordings.trajectory import Trajectory
from local_inn_ros.sensing import Odometry
from local_inn_ros.sensing.camera.picture import Picture

_SPEED_MPS = 1.0
_BLACK = np.zeros((8, 8), np.uint8)


class Straying:
    """Sees where a robot that goes straight is, 10 cm off in any direction."""

    def __init__(self) -> None:
        self._rng = np.random.default_rng(4)

    def measure(self, observation: Picture, prior: GaussianPose2) -> Fix:
        return self.locate(observation, prior)

    def locate(self, observation: Picture, prior: GaussianPose2) -> Fix:
        if abs(observation.stamp_s - 3.0) < 1e-6:
            raise SensorError("the picture shows no place that is known")
        off = self._rng.normal(size=3) * [0.1, 0.1, 0.02]
        seen = Pose2(_SPEED_MPS * observation.stamp_s + off[0], off[1], off[2])
        pose = GaussianPose2.from_deviations(seen, 0.1, 0.1, 0.02)
        return Fix(
            observation.stamp_s, pose, pose, (Mode(pose, 1.0),), np.zeros((0, 3)), 0.0, 0.9, {},
            observation, True,
        )  # fmt: skip


def test_a_filter_makes_more_of_pictures_than_each_of_them_tells() -> None:
    stamps_s = np.arange(0.0, 20.0, 0.05)
    pictures = [Picture(float(one), _BLACK) for one in stamps_s[1:-1]]
    odometry = [
        Odometry(float(one), Pose2(_SPEED_MPS * float(one), 0.0, 0.0), _SPEED_MPS, 0.0, 0.0)
        for one in stamps_s
    ]
    truth = Trajectory(
        stamps_s, np.column_stack([_SPEED_MPS * stamps_s, 0 * stamps_s, 0 * stamps_s])
    )
    run = drive_by_camera(Straying(), pictures, odometry, truth, PoseFilter())
    assert (run.unanswered, len(run.stamps_s)) == (1, len(pictures) - 1)
    assert run.fix_errors().ape_mean_m == pytest.approx(0.125, abs=0.02)
    assert run.errors().ape_mean_m < 0.6 * run.fix_errors().ape_mean_m
    assert run.lost().episodes == 0
    assert np.mean(run.squared_lengths()) == pytest.approx(run.calibration().anees)
