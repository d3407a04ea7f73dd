# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Trajectories: interpolation, gaps, TUM files."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from local_inn_ros.errors import BagError
from local_inn_ros.recordings.trajectory import Trajectory
from local_inn_ros.recordings.trajectory_file import read_trajectory, write_trajectory


def arc(stamps: np.ndarray, radius_m: float = 2.0, rate_radps: float = 0.7) -> np.ndarray:
    """Poses of something that drives a circle at a constant speed."""
    turn = rate_radps * stamps
    return np.column_stack(
        [
            radius_m * np.sin(turn),
            radius_m * (1.0 - np.cos(turn)),
            np.mod(turn + np.pi, 2 * np.pi) - np.pi,
        ]
    )


def test_constant_twist_is_interpolated_exactly() -> None:
    known = np.arange(0.0, 20.0, 0.4)
    asked = np.linspace(0.0, 19.0, 333)
    poses = Trajectory(known, arc(known)).at(asked)
    np.testing.assert_allclose(poses[:, :2], arc(asked)[:, :2], atol=1e-9)
    turn = poses[:, 2] - arc(asked)[:, 2]
    np.testing.assert_allclose(np.cos(turn), 1.0, atol=1e-12)


def test_nothing_is_said_outside_and_across_gaps() -> None:
    way = Trajectory(np.array([1.0, 1.4, 3.0]), np.array([[0, 0, 0], [1, 0, 0], [2, 0, 0.0]]))
    poses = way.at([0.9, 1.0, 1.2, 1.4, 2.0, 3.0, 3.1], max_gap_s=0.5)
    known = np.isfinite(poses).all(axis=1)
    assert known.tolist() == [False, True, True, True, False, True, False]
    np.testing.assert_allclose(poses[[1, 2, 3, 5], 0], [0.0, 0.5, 1.0, 2.0])


def test_stamps_are_sorted_and_repeated_ones_dropped() -> None:
    way = Trajectory.from_unordered([2.0, 1.0, 2.0], [[2, 0, 0], [1, 0, 0], [9, 9, 9]])
    assert way.stamps_s.tolist() == [1.0, 2.0]
    assert way.poses[:, 0].tolist() == [1.0, 2.0]
    assert way.path_m() == pytest.approx(1.0)


def test_stamps_that_do_not_increase_are_refused() -> None:
    with pytest.raises(ValueError, match="increase"):
        Trajectory(np.array([1.0, 1.0]), np.zeros((2, 3)))


def test_tum_file_keeps_the_poses(tmp_path: Path) -> None:
    stamps = np.linspace(976053257.0, 976053267.0, 50)
    way = Trajectory(stamps, arc(stamps - stamps[0]))
    write_trajectory(tmp_path / "fused.tum", way)
    again = read_trajectory(tmp_path / "fused.tum")
    np.testing.assert_allclose(again.stamps_s, way.stamps_s, atol=2e-7)
    np.testing.assert_allclose(again.poses, way.poses, atol=1e-6)
    assert [path.name for path in tmp_path.iterdir()] == ["fused.tum"]


def test_tum_file_gives_the_full_turn(tmp_path: Path) -> None:
    path = tmp_path / "a.tum"
    path.write_text("# note\n\n1.5 1 2 3 0 0 1 0\n")
    way = read_trajectory(path)
    assert abs(way.poses[0, 2]) == pytest.approx(math.pi)


@pytest.mark.parametrize(
    ("text", "message"),
    [("1 2 3\n", "line 1 .* eight numbers"), ("# only\n", "holds no pose")],
)
def test_bad_tum_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.tum"
    path.write_text(text)
    with pytest.raises(BagError, match=message):
        read_trajectory(path)


def test_missing_tum_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BagError, match="no trajectory at"):
        read_trajectory(tmp_path / "none.tum")
