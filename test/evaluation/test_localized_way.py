# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where a laser says that the robot was: between scans too, and nowhere where it was lost."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from local_inn_ros.evaluation.localized_way import LocalizedWay
from local_inn_ros.evaluation.replay import Replay
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.recordings.base_way import LeftOut
from local_inn_ros.recordings.trajectory import Trajectory

# A robot goes round a circle of 2 m at 1 m/s, its laser turns once in 0.2 s, and its odometry tells
# 50 times a second that it is a twentieth faster.
_SCANS_S = np.arange(10.0, 15.0, 0.2)


def _circle(stamps_s: np.ndarray, speed_mps: float = 1.0) -> np.ndarray:
    turn = 0.5 * speed_mps * (np.asarray(stamps_s) - 10.0)
    return np.column_stack([2.0 * np.sin(turn), 2.0 - 2.0 * np.cos(turn), turn])


def _run() -> Replay:
    count = len(_SCANS_S)
    spread = np.tile(np.diag([1e-4, 1e-4, 1e-5]), (count, 1, 1))
    poses = _circle(_SCANS_S)
    return Replay(
        _SCANS_S, poses, spread, poses, spread, poses,
        np.ones(count, bool), np.ones(count), np.zeros(count), ({},) * count, {},
    )  # fmt: skip


def _odometry() -> Trajectory:
    stamps_s = np.arange(9.0, 16.0, 0.02)
    return Trajectory(stamps_s, _circle(stamps_s, 1.05))


def _known(found: GaussianPose2 | LeftOut) -> Pose2:
    assert isinstance(found, GaussianPose2)
    return found.mean


def test_between_scans_the_odometry_tells_the_way() -> None:
    way = LocalizedWay.of(_run(), _odometry())
    for stamp_s in (10.0, 10.07, 10.1, 11.19, 14.79):
        pose = _known(way.at(stamp_s))
        truth = Pose2.from_array(_circle(np.array([stamp_s]))[0])
        # Along the chord from scan to scan it would be up to 2.5 mm off, and 10 mm by one alone.
        assert pose.distance_to(truth) < 6e-4
        assert pose.between(truth).yaw == pytest.approx(0.0, abs=1e-3)


def test_there_is_no_pose_before_the_first_scan_and_none_long_after_the_last() -> None:
    way = LocalizedWay.of(_run(), _odometry())
    assert way.at(9.99) is LeftOut.NOT_FOUND
    assert way.at(14.9) is LeftOut.AWAY
    short = Trajectory(np.array([9.0, 12.0]), np.zeros((2, 3)))
    assert LocalizedWay.of(_run(), short).at(11.1) is LeftOut.AWAY


@pytest.mark.parametrize("doubt", ["refused", "quality"])
def test_while_it_is_lost_there_is_no_pose(doubt: str) -> None:
    run = _run()
    lost = (_SCANS_S > 11.9) & (_SCANS_S < 13.1)
    wrong = np.where(lost[:, None], run.fused + np.array([0.5, 0.0, 0.0]), run.fused)
    changed = {"accepted": ~lost} if doubt == "refused" else {"quality": np.where(lost, 0.3, 1.0)}
    way = LocalizedWay.of(replace(run, fused=wrong, **changed), _odometry())
    assert way.at(12.5) is LeftOut.LOST
    assert way.at(12.0) is LeftOut.LOST
    for stamp_s in (11.5, 13.5):
        truth = Pose2.from_array(_circle(np.array([stamp_s]))[0])
        assert _known(way.at(stamp_s)).distance_to(truth) < 1e-3


def test_a_single_scan_in_doubt_is_bridged() -> None:
    run = _run()
    quality = np.where(np.arange(len(_SCANS_S)) == 7, 0.1, 1.0)
    wrong = np.where((quality < 0.5)[:, None], run.fused + np.array([0.0, 0.5, 0.0]), run.fused)
    way = LocalizedWay.of(replace(run, fused=wrong, quality=quality), _odometry())
    truth = Pose2.from_array(_circle(_SCANS_S[7:8])[0])
    assert _known(way.at(float(_SCANS_S[7]))).distance_to(truth) < 2e-3


def test_where_the_robot_was_carried_or_its_odometry_jumped_there_is_no_pose() -> None:
    run = _run()
    moved = np.where((_SCANS_S > 12.5)[:, None], run.fused + np.array([3.0, 0.0, 0.0]), run.fused)
    way = LocalizedWay.of(replace(run, fused=moved), _odometry())
    assert way.at(12.5) is LeftOut.UNCERTAIN
    assert _known(way.at(12.7)).x == pytest.approx(3.0 + _circle(np.array([12.7]))[0, 0], abs=2e-3)
    told = _odometry()
    jumped = np.where(
        (told.stamps_s > 12.5)[:, None], told.poses + np.array([0.0, 0.4, 0.0]), told.poses
    )
    way = LocalizedWay.of(run, Trajectory(told.stamps_s, jumped))
    assert way.at(12.45) is LeftOut.UNCERTAIN
    assert isinstance(way.at(13.05), GaussianPose2)


def test_covariance_is_that_of_the_nearer_scan() -> None:
    run = _run()
    spread = run.covariances.copy()
    spread[5:] *= 9.0
    way = LocalizedWay.of(replace(run, covariances=spread), _odometry())
    for stamp_s, deviation_m in ((10.85, 0.01), (10.95, 0.03)):
        found = way.at(stamp_s)
        assert isinstance(found, GaussianPose2)
        assert math.sqrt(found.covariance[0, 0]) == pytest.approx(deviation_m)
