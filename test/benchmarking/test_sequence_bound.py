# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The least error of a whole drive."""

from __future__ import annotations

import numpy as np
import pytest

from local_inn_ros.benchmarking.sequence_bound import (
    mapped_information,
    scan_information,
    sequence_bound,
)
from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.sensing import LaserSpec, Odometry
from local_inn_ros.simulation.worlds.segment_caster import SegmentCaster
from local_inn_ros.world import LikelihoodField, OccupancyGrid

LASER = LaserSpec(
    name="laser",
    rate_hz=10.0,
    beam_count=91,
    angle_min_rad=-0.5,
    angle_max_rad=0.5,
    range_min_m=0.05,
    range_max_m=20.0,
    noise_std_m=0.02,
    network_beams=45,
)
START = np.diag([0.01, 0.02, 0.003])
STAMPS = 0.1 * np.arange(20)
POSES = np.column_stack([0.3 * np.arange(20), np.zeros(20), np.zeros(20)])


def test_a_flat_wall_tells_the_distance_and_the_turn() -> None:
    caster = SegmentCaster(np.array([[4.0, -50.0, 4.0, 50.0]]))
    (found,) = scan_information(caster, np.array([[1.0, 0.0, 0.0]]), LASER)
    angles = LASER.beam_angles_rad()
    ahead = np.sum(np.cos(angles) ** -2.0) / 0.02**2
    turn = np.sum((3.0 / np.cos(angles) * np.tan(angles)) ** 2) / 0.02**2
    assert found[0, 0] == pytest.approx(ahead, rel=1e-3)
    assert found[2, 2] == pytest.approx(turn, rel=1e-3)
    assert found[1, 1] < 1e-6 * ahead


def test_a_corridor_tells_nothing_of_the_way_along_it() -> None:
    walls = np.array([[-90.0, 1.5, 90.0, 1.5], [-90.0, -1.5, 90.0, -1.5]])
    wide = LASER.model_copy(update={"angle_min_rad": -2.3, "angle_max_rad": 2.3})
    (found,) = scan_information(SegmentCaster(walls), np.array([[0.0, 0.4, 0.0]]), wide)
    assert found[0, 0] < 1e-6 * found[1, 1]


def wall_of_cells(face_m: float) -> LikelihoodField:
    """A map of cells whose flat wall begins at an x."""
    x = 0.05 * (np.arange(120) + 0.5)
    cells = np.tile(np.where(x > face_m, 100, 0), (400, 1)).astype(np.int8)
    return LikelihoodField(OccupancyGrid(cells, 0.05, Pose2(0.0, -10.0, 0.0)))


def test_an_exact_map_allows_what_its_walls_do() -> None:
    caster, pose = SegmentCaster(np.array([[4.0, -9.0, 4.0, 9.0]])), np.array([[1.0, 0.0, 0.0]])
    told = mapped_information(caster, pose, LASER, wall_of_cells(4.0))
    assert told == pytest.approx(scan_information(caster, pose, LASER), rel=1e-2, abs=1e-3)


def test_beams_of_one_cell_share_its_error() -> None:
    """However many beams: no more is told than by walls that are off by so much in each cell."""
    caster, pose = SegmentCaster(np.array([[3.94, -9.0, 4.06, 9.0]])), np.array([[1.0, 0.0, 0.0]])
    field = wall_of_cells(4.0)
    angles = LASER.beam_angles_rad()
    ranges = caster.cast(pose, angles, LASER.range_max_m)[0].astype(float)
    ends = pose[0, :2] + ranges[:, None] * np.column_stack([np.cos(angles), np.sin(angles)])
    cells = len(np.unique(field.grid.world_to_cell(ends), axis=0))
    variance = np.var(field.evaluate(ends).distances_m)
    quiet = LASER.model_copy(update={"noise_std_m": 1e-5})
    (told,) = mapped_information(caster, pose, quiet, field)
    assert told[0, 0] == pytest.approx(cells / variance, rel=0.02)


def test_without_scans_it_is_what_the_filter_says_of_its_odometry() -> None:
    pose_filter = PoseFilter()
    pose_filter.predict(Odometry(0.0, Pose2.identity()))
    pose_filter.reset(GaussianPose2(Pose2.identity(), START), 0.0)
    for stamp_s, pose in zip(STAMPS[1:], POSES[1:], strict=True):
        pose_filter.predict(Odometry(float(stamp_s), Pose2.from_array(pose)))
    bounds = sequence_bound(STAMPS, POSES, np.zeros((20, 3, 3)), START)
    assert bounds[-1] == pytest.approx(pose_filter.estimate().pose.covariance, rel=1e-6, abs=1e-12)


def test_scans_bring_it_down() -> None:
    information = np.tile(np.diag([0.0, 1e4, 1e5]), (20, 1, 1))
    bounds = sequence_bound(STAMPS, POSES, information, START)
    assert bounds[-1, 1, 1] < 1.0e-4
    assert bounds[-1, 0, 0] > START[0, 0]
