# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Odometry beside reference poses, whichever is told less often."""

from __future__ import annotations

import numpy as np
import pytest

from local_inn_ros.errors import BagError
from local_inn_ros.geometry import Pose2
from local_inn_ros.recordings.posed_odometry import posed_odometry
from local_inn_ros.recordings.trajectory import Trajectory
from local_inn_ros.sensing import Odometry


def way(stamps: np.ndarray, speed_mps: float = 1.0) -> np.ndarray:
    return np.column_stack([speed_mps * stamps, np.zeros_like(stamps), np.zeros_like(stamps)])


def readings(stamps: np.ndarray) -> list[Odometry]:
    return [
        Odometry(float(stamp), Pose2.from_array(row))
        for stamp, row in zip(stamps, way(stamps), strict=True)
    ]


def test_a_reference_that_is_told_often_is_read_at_the_odometrys_stamps() -> None:
    slow, fast = np.arange(10) * 0.1, 0.05 + np.arange(30) * 0.02
    found = posed_odometry(readings(slow), Trajectory(fast, way(fast, 2.0)))
    assert found.stamps_s == pytest.approx(slow)
    covered = (slow >= fast[0]) & (slow <= fast[-1])
    assert np.array_equal(np.isfinite(found.truth).all(axis=1), covered)
    assert found.truth[covered] == pytest.approx(way(slow[covered], 2.0))


def test_odometry_that_is_told_often_is_read_at_the_references_stamps_too() -> None:
    fast, slow = np.arange(60) * 0.02, 0.013 + np.arange(4) * 0.3
    found = posed_odometry(readings(fast), Trajectory(slow, way(slow, 2.0)))
    assert len(found.stamps_s) == 64
    assert found.odometry == pytest.approx(way(found.stamps_s))
    known = np.isfinite(found.truth).all(axis=1)
    assert found.stamps_s[known] == pytest.approx(slow)
    assert found.truth[known] == pytest.approx(way(slow, 2.0))


def test_one_reading_tells_nothing() -> None:
    stamps = np.arange(5) * 0.1
    with pytest.raises(BagError, match="longer recording"):
        posed_odometry(readings(stamps)[:1], Trajectory(stamps, way(stamps)))
