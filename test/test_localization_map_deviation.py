# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from localization_helpers import SENSOR, room, scan_at

from local_inn_ros.geometry import Pose2, compose_poses
from local_inn_ros.localization.map_deviation import alignment_errors
from local_inn_ros.localization.refiner import Refiner
from local_inn_ros.localization.scan_points import ScanPoints
from local_inn_ros.world import FreeSpace, LikelihoodField

GRID = room()
REFINER = Refiner(LikelihoodField(GRID), SENSOR.noise_std_m)


def scans_and_poses(count: int):
    rng = np.random.default_rng(0)
    poses = FreeSpace(GRID, 0.4).sample(rng, count)
    points = ScanPoints(SENSOR.range_max_m)
    return [points.of(scan_at(GRID, Pose2.from_array(row), rng)).copy() for row in poses], poses


def test_a_map_and_a_reference_without_error_deviate_by_nothing_much():
    found = alignment_errors(REFINER, *scans_and_poses(100)).deviation()
    assert found.position_m < 0.002
    assert found.yaw_rad < math.radians(0.05)


def test_the_deviation_of_a_reference_is_found():
    end_points, poses = scans_and_poses(300)
    noise = np.random.default_rng(1).normal(0.0, [0.02, 0.02, 0.01], poses.shape)
    found = alignment_errors(REFINER, end_points, poses + noise).deviation()
    assert found.position_m == pytest.approx(0.02, rel=0.15)
    assert found.yaw_rad == pytest.approx(0.01, rel=0.15)


def test_an_error_that_scans_share_counts_for_more():
    end_points, poses = scans_and_poses(300)
    every_third = np.random.default_rng(1).normal(0.0, [0.02, 0.02, 0.01], (100, 3))
    off = compose_poses(poses, np.repeat(every_third, 3, axis=0))
    found = alignment_errors(REFINER, end_points, off)
    # The error lasts for three scans, so that two neighbours in three share it.
    shared = math.sqrt(1.0 + 2.0 / 3.0)
    assert found.deviation().position_m == pytest.approx(0.02 * shared, rel=0.15)
    assert found.deviation().yaw_rad == pytest.approx(0.01 * shared, rel=0.15)


def test_a_few_gross_errors_do_not_count():
    end_points, poses = scans_and_poses(200)
    off = poses + np.random.default_rng(1).normal(0.0, [0.01, 0.01, 0.005], poses.shape)
    off[::20, 0] += 0.4
    found = alignment_errors(REFINER, end_points, off).deviation()
    assert found.position_m == pytest.approx(0.01, rel=0.5)


def test_no_scans_tell_nothing():
    found = alignment_errors(REFINER, [], np.zeros((0, 3))).deviation()
    assert (found.position_m, found.yaw_rad) == (0.0, 0.0)
    assert alignment_errors(REFINER, [], np.zeros((0, 3))).median_m() == np.inf
