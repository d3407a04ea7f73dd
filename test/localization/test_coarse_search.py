# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from localization_helpers import SENSOR, bundle_of, room, scan_at

from local_inn_ros.errors import SensorError
from local_inn_ros.geometry import Pose2, wrap_angles
from local_inn_ros.localization.search import coarse_search
from local_inn_ros.localization.search.coarse_search import CoarseSearch, Lattice, apart
from local_inn_ros.sensing import LaserSpec, Scan
from local_inn_ros.world import FreeSpace

GRID = room()
LATTICE = Lattice.of(bundle_of(GRID))
SEARCH = CoarseSearch(LATTICE, SENSOR)


def first_near(poses, truth: Pose2) -> int:
    """The rank of the first pose near the truth; the count where there is none."""
    away = np.hypot(poses[:, 0] - truth.x, poses[:, 1] - truth.y)
    near = (away < 0.4) & (np.abs(wrap_angles(poses[:, 2] - truth.yaw)) < math.radians(12.0))
    return int(np.argmax(near)) if near.any() else len(poses)


def scan_of(ranges, like: Scan) -> Scan:
    return Scan(
        0.0,
        np.asarray(ranges, np.float32),
        like.angle_min_rad,
        like.angle_increment_rad,
        like.range_min_m,
        like.range_max_m,
    )


@pytest.mark.parametrize("blocked", [0.0, 0.35])
def test_the_true_place_is_among_the_first(blocked):
    rng = np.random.default_rng(8)
    for row in FreeSpace(GRID, 0.3).sample(rng, 12):
        truth = Pose2.from_array(row)
        scan = scan_at(GRID, truth, rng)
        ranges = scan.ranges_m.copy()
        # A few people, each in front of neighbouring beams.
        for start in rng.integers(0, 500, int(blocked * 541 / 38)):
            ranges[start : start + 38] *= rng.uniform(0.3, 0.8)
        poses = SEARCH.candidates(scan_of(ranges, scan), 64)
        assert first_near(poses, truth) < 32


def test_candidates_are_apart_in_the_free_space_and_not_too_many():
    scan = scan_at(GRID, Pose2(0.6, 0.4, 2.9), np.random.default_rng(0))
    poses = SEARCH.candidates(scan, 100)
    assert len(poses) == 100
    assert FreeSpace(GRID).contains(poses[:, :2]).all()
    for k in range(len(poses)):
        away = np.hypot(*(poses[k + 1 :, :2] - poses[k, :2]).T)
        turned = np.abs(wrap_angles(poses[k + 1 :, 2] - poses[k, 2]))
        assert np.all((away >= 0.35) | (turned >= math.radians(12.0) - 1e-9))


@pytest.mark.parametrize("turn_rad", [2.0 * math.pi, math.pi])
def test_any_field_of_view_will_do(turn_rad):
    sensor = LaserSpec(
        name="other",
        beam_count=181,
        angle_min_rad=-0.5 * turn_rad,
        angle_max_rad=0.5 * turn_rad,
        range_min_m=0.05,
        range_max_m=15.0,
        noise_std_m=0.01,
        rate_hz=10.0,
        network_beams=61,
    )
    truth = Pose2(0.6, 0.4, 2.9)
    scan = scan_at(GRID, truth, np.random.default_rng(0), sensor=sensor)
    search = CoarseSearch(Lattice.of(bundle_of(GRID, sensor)), sensor)
    assert first_near(search.candidates(scan, 64), truth) < 16


def test_a_laser_that_turns_clockwise_finds_the_same_places():
    scan = scan_at(GRID, Pose2(0.6, 0.4, 2.9), np.random.default_rng(0))
    last = scan.angle_min_rad + scan.angle_increment_rad * (scan.ranges_m.size - 1)
    turned = Scan(0.0, scan.ranges_m[::-1].copy(), last, -scan.angle_increment_rad, 0.05, 15.0)
    np.testing.assert_allclose(SEARCH.candidates(turned, 16), SEARCH.candidates(scan, 16))


def test_large_maps_give_the_same_in_two_threads_and_by_the_best_positions(monkeypatch):
    scan = scan_at(GRID, Pose2(0.6, 0.4, 2.9), np.random.default_rng(0))
    whole = SEARCH.candidates(scan, 40)
    monkeypatch.setattr(coarse_search, "WORTH_A_THREAD", 1)
    np.testing.assert_array_equal(SEARCH.candidates(scan, 40), whole)
    monkeypatch.setattr(coarse_search, "MOST_POSITIONS", 100)
    few = SEARCH.candidates(scan, 40)
    np.testing.assert_array_equal(few[:5], whole[:5])
    assert len(few) == 40


def test_a_scan_that_says_nothing_gives_no_place():
    scan = scan_at(GRID, Pose2(0.6, 0.4, 2.9), np.random.default_rng(0))
    blind = scan_of(np.full(scan.ranges_m.size, math.nan), scan)
    assert SEARCH.candidates(blind, 16).shape == (0, 3)


def test_searches_share_a_lattice_but_not_what_they_know_of_a_scan():
    lattice = Lattice(LATTICE.positions, LATTICE.expected_m.copy())
    first, second = CoarseSearch(lattice, SENSOR), CoarseSearch(lattice, SENSOR)
    scan = scan_at(GRID, Pose2(0.6, 0.4, 2.9), np.random.default_rng(0))
    halved = Scan(0.0, scan.ranges_m[::2].copy(), -0.75 * math.pi, 1.5 * math.pi / 270, 0.05, 15.0)
    wanted = first.candidates(scan, 16)
    second.candidates(halved, 16)
    np.testing.assert_array_equal(first.candidates(scan, 16), wanted)
    # Neither keeps one of its own, which may take many megabytes.
    lattice.expected_m[:] = lattice.expected_m[::-1].copy()
    for search in (first, second):
        assert not np.array_equal(search.candidates(scan, 16), wanted)


def test_an_empty_scan_is_refused():
    with pytest.raises(SensorError, match="empty"):
        SEARCH.candidates(Scan(0.0, np.zeros(0, np.float32), -1.0, 0.1, 0.05, 15.0), 16)


def test_apart_takes_the_first_of_each_place():
    poses = np.array([[0.0, 0.0, 3.1], [0.1, 0.0, -3.1], [0.1, 0.0, 0.0], [1.0, 0.0, 3.1]])
    assert apart(poses, 0.3, 0.5, 10).tolist() == [0, 2, 3]
    assert apart(poses, 0.3, 0.5, 2).tolist() == [0, 2]
    assert apart(poses[:0], 0.3, 0.5, 2).tolist() == []
