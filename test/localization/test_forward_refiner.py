# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math
from dataclasses import replace

import numpy as np
import pytest
from localization_helpers import SENSOR, BayesNetworks, ranges_on, room, scan_at

from local_inn_ros.geometry import Pose2, wrap_angle
from local_inn_ros.localization.alignment.forward_linearization import ForwardLinearizer
from local_inn_ros.localization.alignment.forward_refiner import ForwardRefiner
from local_inn_ros.localization.alignment.refiner import Refinement
from local_inn_ros.sensing import BeamPicker, Scan
from local_inn_ros.world import FreeSpace, OccupancyGrid, RayCaster

GRID = room()
PICKER = BeamPicker(SENSOR.network_angles_rad(), SENSOR.range_max_m)


def error_of(found: Pose2, truth: Pose2) -> np.ndarray:
    error = found.to_array() - truth.to_array()
    error[2] = wrap_angle(error[2])
    return error


def refiner_on(grid: OccupancyGrid) -> ForwardRefiner:
    """A refiner whose forward pass casts rays."""
    return ForwardRefiner(BayesNetworks(grid), SENSOR, 0.02)


def aligned(refiner: ForwardRefiner, scan: Scan, *starts: Pose2) -> tuple[Refinement, ...]:
    poses = np.array([start.to_array() for start in starts])
    return refiner.refine_all(scan, PICKER.pick(scan), poses)


def blocked(scan: Scan, rng: np.random.Generator) -> Scan:
    """The same with runs of beams cut short by things that no map holds, 30 % of all."""
    ranges, run = scan.ranges_m.copy(), len(scan.ranges_m) // 20
    for first in rng.choice(20, 6, replace=False) * run:
        ranges[first : first + run] *= rng.uniform(0.3, 0.8)
    return Scan(
        scan.stamp_s,
        ranges,
        scan.angle_min_rad,
        scan.angle_increment_rad,
        scan.range_min_m,
        scan.range_max_m,
    )


def drawn(rng: np.random.Generator, count: int) -> list[tuple[Pose2, Pose2]]:
    """Poses, and starts about 0.1 m and 3 degrees off them."""
    truths = [Pose2.from_array(row) for row in FreeSpace(GRID, 0.4).sample(rng, count)]
    pairs = []
    for truth in truths:
        course, side = rng.uniform(-math.pi, math.pi), rng.choice([-1.0, 1.0])
        aside = [0.1 * math.cos(course), 0.1 * math.sin(course), side * math.radians(3.0)]
        pairs.append((truth, Pose2.from_array(truth.to_array() + aside)))
    return pairs


def test_a_scan_is_brought_back_to_where_it_was_taken_and_knows_how_sure_it_is():
    rng, refiner = np.random.default_rng(2), refiner_on(GRID)
    positions, yaws, squared, settled = [], [], [], []
    for truth, start in drawn(rng, 60):
        (found,) = aligned(refiner, scan_at(GRID, truth, rng), start)
        error = error_of(found.pose, truth)
        positions.append(math.hypot(error[0], error[1]))
        yaws.append(abs(error[2]))
        squared.append(error @ found.information @ error)
        settled.append(found.converged)
        assert found.inlier_share > 0.7
        assert not found.unseen.any()
    assert np.median(positions) < 0.006
    assert np.quantile(positions, 0.9) < 0.015
    assert np.median(yaws) < math.radians(0.1)
    assert np.mean(settled) > 0.9
    assert 1.5 < np.mean(squared) < 4.5


def test_what_is_not_on_the_map_hardly_matters():
    rng, refiner = np.random.default_rng(3), refiner_on(GRID)
    positions, squared = [], []
    for truth, start in drawn(rng, 60):
        (found,) = aligned(refiner, blocked(scan_at(GRID, truth, rng), rng), start)
        error = error_of(found.pose, truth)
        positions.append(math.hypot(error[0], error[1]))
        squared.append(error @ found.information @ error)
        assert found.inlier_share < 0.85
    assert np.median(positions) < 0.01
    assert np.quantile(positions, 0.9) < 0.025
    assert np.median(squared) < 4.0


@pytest.mark.parametrize("degrees", [0.0, 90.0])
def test_nothing_is_invented_along_a_corridor(degrees):
    angle, rng = math.radians(degrees), np.random.default_rng(6)
    centre = (np.arange(1200) + 0.5) * 0.05 - 30.0
    x, y = np.meshgrid(centre, centre)
    across_cells = -math.sin(angle) * x + math.cos(angle) * y
    cells = np.where(np.abs(across_cells) > 1.0, 100, 0).astype(np.int8)
    grid = OccupancyGrid(cells, 0.05, Pose2(-30.0, -30.0, 0.0))
    refiner = refiner_on(grid)
    along = np.array([math.cos(angle), math.sin(angle), 0.0])
    across = np.array([-math.sin(angle), math.cos(angle), 0.0])
    for _ in range(5):
        truth = Pose2.from_array(rng.uniform(-0.5, 0.5) * across + [0, 0, rng.uniform(-3, 3)])
        start = Pose2.from_array(truth.to_array() + 0.1 * along + 0.05 * across + [0, 0, 0.03])
        (found,) = aligned(refiner, scan_at(grid, truth, rng), start)
        moved = error_of(found.pose, start)
        # The directions given up are told step by step, from beams that are weighed anew.
        assert abs(along @ moved) < 0.005
        assert abs(across @ error_of(found.pose, truth)) < 0.01
        assert abs(moved[2] + 0.03) < math.radians(0.3)
        assert along @ found.information @ along < 1e-3 * (across @ found.information @ across)
        assert along @ found.unseen @ along == pytest.approx(1.0, abs=1e-2)


def test_starts_are_aligned_each_by_itself_and_the_best_one_is_told():
    rng, refiner = np.random.default_rng(4), refiner_on(GRID)
    truth = Pose2(0.0, 0.5, 0.3)
    near, far = truth @ Pose2(0.05, -0.05, 0.02), truth @ Pose2(1.5, 0.8, 1.0)
    scan = scan_at(GRID, truth, rng)
    together = aligned(refiner, scan, far, near)
    for one, start in zip(together, (far, near), strict=True):
        (alone,) = aligned(refiner, scan, start)
        assert error_of(one.pose, alone.pose) == pytest.approx(np.zeros(3), abs=1e-6)
    assert together[1].inlier_share > together[0].inlier_share + 0.2


def test_a_scan_that_shows_nothing_moves_nothing():
    scan = scan_at(GRID, Pose2(0.0, 0.5, 0.3), np.random.default_rng(0))
    nothing = np.full(scan.ranges_m.shape, math.inf, dtype=np.float32)
    empty = Scan(0.0, nothing, scan.angle_min_rad, scan.angle_increment_rad, 0.05, 15.0)
    start = Pose2(0.1, 0.5, 0.3)
    (found,) = aligned(refiner_on(GRID), empty, start)
    assert error_of(found.pose, start) == pytest.approx(np.zeros(3), abs=1e-12)
    assert not found.information.any()
    assert np.array_equal(found.unseen, np.eye(3))
    assert found.inlier_share == 0.0


def test_a_forward_pass_that_is_off_makes_it_less_sure():
    rng = np.random.default_rng(8)
    truth = Pose2(0.0, 0.5, 0.3)
    scan = scan_at(GRID, truth, rng)

    class Rippled(BayesNetworks):
        """Draws surfaces with ripples of 5 % of the range."""

        def expected_ranges(self, poses):
            ranges = super().expected_ranges(poses)
            turned = SENSOR.network_angles_rad() + poses[:, 2:]
            return (ranges * (1.0 + 0.05 * np.sin(40.0 * turned))).astype(np.float32)

    (sure,) = aligned(refiner_on(GRID), scan, truth)
    (unsure,) = aligned(ForwardRefiner(Rippled(GRID), SENSOR, 0.02), scan, truth)
    ratio = np.linalg.eigvalsh(unsure.information) / np.linalg.eigvalsh(sure.information)
    assert np.all(ratio < 0.2)
    assert unsure.rms_m > 2.0 * sure.rms_m


def test_derivatives_are_those_of_the_surfaces_that_are_met():
    grid, engine = GRID, BayesNetworks(GRID)
    angles = SENSOR.network_angles_rad()
    pose, small = np.array([0.3, 0.2, 0.4]), 1e-3
    found = ForwardLinearizer(engine, angles, 0.005).at(pose[None])
    caster = RayCaster(grid, threads=1)
    steps = np.concatenate([np.eye(3), -np.eye(3)]) * small
    ranges = ranges_on(caster, pose + steps, angles, SENSOR).astype(np.float64)
    expected = ((ranges[:3] - ranges[3:]) / (2.0 * small)).T
    off = np.abs(found.jacobians[0] - expected).max(axis=1)
    # All but the few beams that pass a corner or meet a wall at a sharp angle.
    assert np.quantile(off, 0.8) < 0.1
    assert np.median(np.abs(found.lapses)) < 0.01


def test_a_scan_of_which_next_to_nothing_fits_is_answered_all_the_same():
    refiner, rng = refiner_on(GRID), np.random.default_rng(0)
    pose = drawn(rng, 1)[0][0]
    scan = scan_at(GRID, pose, rng)
    for share in (0.7, 0.9, 0.99, 1.0):
        for _ in range(5):
            ranges = scan.ranges_m.copy()
            hidden = rng.random(len(ranges)) < share
            ranges[hidden] = rng.uniform(0.06, 14.0, int(hidden.sum()))
            odd = replace(scan, ranges_m=ranges)
            (found,) = aligned(refiner, odd, pose)
            assert np.isfinite(found.pose.to_array()).all()
            assert np.isfinite(found.information).all()
            assert np.linalg.eigvalsh(found.information)[0] > -1e-6
