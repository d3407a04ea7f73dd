# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from localization_helpers import SENSOR, ranges_on, room, scan_at

from local_inn_ros.benchmarking.quality_score import auroc
from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.quality.scan_quality import match_scan, scan_qualities, scan_quality
from local_inn_ros.sensing import BeamPicker, Beams, BeamState, Scan
from local_inn_ros.simulation.passers_by import PassersBy, beams_from
from local_inn_ros.world import FreeSpace, RayCaster

GRID = room()
CASTER = RayCaster(GRID, threads=1)
REACH = SENSOR.range_max_m
DEVIATION_M = 0.02
ANGLES = np.linspace(-1.5, 1.5, 90)
# A wall ahead at 3 m, walls to the left and the right at 2 m.
BAY = np.minimum(3.0 / np.maximum(np.cos(ANGLES), 0.05), 2.0 / np.abs(np.sin(ANGLES)))
# The same without the wall ahead, as far as the sensor reaches.
CORRIDOR = np.minimum(2.0 / np.abs(np.sin(ANGLES)), REACH)


def reading_of(ranges, states=None) -> Beams:
    values = np.asarray(ranges, dtype=np.float32)
    kinds = np.zeros(len(values), np.uint8) if states is None else np.asarray(states, np.uint8)
    return Beams(0.0, np.linspace(-1.5, 1.5, len(values)), values, kinds)


def quality(expected, ranges, states=None) -> float:
    return scan_quality(np.asarray(expected), reading_of(ranges, states), DEVIATION_M, REACH)


def match(expected, ranges, states=None):
    rows = np.asarray(expected)[None]
    return match_scan(rows, reading_of(ranges, states), DEVIATION_M, REACH)


def silent(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Ranges and states of a bay whose middle beams return nothing."""
    lost = np.abs(np.arange(len(ANGLES)) - 45) <= count / 2
    return np.where(lost, 0.0, BAY), np.where(lost, BeamState.NO_RETURN, BeamState.RETURN)


def test_a_reading_as_expected_is_of_full_quality():
    assert quality(BAY, BAY) > 0.999
    assert quality(BAY, BAY + 0.01) > 0.999


def test_a_reading_that_has_nothing_to_do_with_it_is_of_none():
    assert quality(BAY, BAY + 1.0) < 0.001
    assert quality(BAY, 0.5 * BAY) < 0.05


def test_people_are_forgiven_and_missing_walls_are_not():
    short, through = BAY.copy(), BAY.copy()
    short[20:50] *= 0.5
    through[20:50] += 1.5
    assert quality(BAY, short) > 0.99
    assert quality(BAY, through) < 0.8
    assert quality(BAY, 0.5 * (BAY + through)) < 0.8


def test_the_walls_of_a_corridor_alone_say_less_than_its_end_does():
    # Half the beams are stopped by people: in the one scan those that would have met the end.
    without_end, without_walls = BAY.copy(), BAY.copy()
    ahead = np.abs(ANGLES) < math.atan2(2.0, 3.0)
    without_end[ahead] = 0.7
    without_walls[ANGLES > 0.75] = 0.7
    assert quality(BAY, without_end) < quality(BAY, without_walls)


def test_surfaces_count_as_sideways_where_they_lie_across_the_others():
    # The smaller eigenvalue of the sum of direction tensors, computed the long way.
    points = np.column_stack([BAY * np.cos(ANGLES), BAY * np.sin(ANGLES)])
    along = np.diff(points, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    near = np.abs(np.diff(BAY)) < 0.05 + 0.25 * np.minimum(BAY[1:], BAY[:-1])
    assert near.all()
    least = np.linalg.eigvalsh(along.T @ along)[0]
    assert match(BAY, BAY).sideways[0] == pytest.approx(least / len(ANGLES))


def test_shares_are_of_all_beams_that_say_something():
    found = match(BAY, np.where(np.arange(90) < 30, BAY + 2.0, BAY))
    assert found.agreeing[0] == pytest.approx(60 / 90)
    assert found.through[0] == pytest.approx(30 / 90)
    parallel = match(np.full(90, 2.0) / np.cos(np.linspace(-1.5, 1.5, 90)), np.full(90, 0.1))
    assert parallel.sideways[0] == 0.0


@given(
    st.lists(st.floats(0.2, 10.0), min_size=10, max_size=10),
    st.lists(st.floats(0.2, 10.0), min_size=10, max_size=10),
    st.integers(0, 9),
    st.floats(0.0, 1.0),
)
def test_a_range_nearer_to_what_was_expected_never_lowers_it(expected, measured, beam, share):
    nearer = list(measured)
    nearer[beam] += share * (expected[beam] - measured[beam])
    assert 0.0 <= quality(expected, measured) <= quality(expected, nearer) + 1e-6 <= 1.0 + 2e-6


def test_a_corner_seen_by_a_neighbour_is_no_wall_that_is_gone():
    expected = np.r_[np.full(25, 2.0), np.full(25, 5.0)]
    shifted = np.r_[np.full(26, 2.0), np.full(24, 5.0)]
    assert match(expected, shifted).through[0] == 0.0
    assert match(shifted, expected).through[0] == 0.0


def test_nothing_within_reach_is_right_where_nothing_is_expected():
    nothing = np.full(90, BeamState.NO_RETURN)
    assert quality(np.full(90, REACH), np.zeros(90), nothing) > 0.9
    assert quality(BAY, np.zeros(90), nothing) == 0.0


def test_a_beam_that_a_wall_swallows_says_nothing():
    few, many = quality(BAY, *silent(10)), quality(BAY, *silent(30))
    assert few > 0.999 and many > 0.99
    assert match(BAY, *silent(30)).agreeing[0] == pytest.approx(1.0)


def test_unknown_beams_do_not_count():
    states = np.where(np.arange(90) < 30, BeamState.INVALID, BeamState.RETURN)
    assert quality(BAY, np.where(np.arange(90) < 30, 0.0, BAY), states) > 0.99
    assert quality(BAY, np.zeros(90), np.full(90, BeamState.INVALID)) == 0.0


def test_something_held_against_the_sensor_counts_as_cut_short():
    states = np.where(np.arange(90) < 45, BeamState.TOO_CLOSE, BeamState.RETURN)
    found = match(BAY, np.where(np.arange(90) < 45, 0.0, BAY), states)
    assert found.agreeing[0] == pytest.approx(0.5)
    assert found.through[0] == pytest.approx(0.0)


def test_many_expectations_are_judged_as_one_by_one():
    rng = np.random.default_rng(0)
    poses = FreeSpace(GRID, 0.3).sample(rng, 20)
    angles = SENSOR.network_angles_rad()
    expected = ranges_on(CASTER, poses, angles, SENSOR)
    scan = scan_at(GRID, Pose2.from_array(poses[3]), rng)
    reading = BeamPicker(angles, REACH).pick(scan)
    together = scan_qualities(expected, reading, DEVIATION_M, REACH)
    assert together == pytest.approx(
        [scan_quality(row, reading, DEVIATION_M, REACH) for row in expected]
    )
    assert np.argmax(together) == 3
    assert scan_qualities(expected[:0], reading, DEVIATION_M, REACH).shape == (0,)


def crowded(scan: Scan, pose: Pose2, share: float, rng) -> Scan:
    beams = beams_from(pose, scan.angles_rad())
    ranges = PassersBy(share, rng).shorten(beams, scan.ranges_m, np.zeros(len(beams)))
    return Scan(0.0, ranges, scan.angle_min_rad, scan.angle_increment_rad, scan.range_min_m, REACH)


def test_right_and_wrong_poses_are_told_apart_and_a_probability_is_meant():
    # Of a room that the constants were not fitted on.
    rng = np.random.default_rng(0)
    angles = SENSOR.network_angles_rad()
    picker = BeamPicker(angles, REACH)
    space = FreeSpace(GRID, 0.4)
    right, wrong = [], []
    for truth in space.sample(rng, 150):
        pose = Pose2.from_array(truth)
        scan = crowded(scan_at(GRID, pose, rng), pose, rng.uniform(0.0, 0.4), rng)
        near = truth + rng.normal(0.0, [0.01, 0.01, math.radians(0.2)])
        heading = rng.uniform(-math.pi, math.pi)
        off = truth + np.array([0.5 * math.cos(heading), 0.5 * math.sin(heading), 0.0])
        turned = truth + np.array([0.0, 0.0, math.copysign(math.radians(10.0), heading)])
        elsewhere = space.sample(rng, 1)[0]
        expected = ranges_on(CASTER, [near, off, turned, elsewhere], angles, SENSOR)
        qualities = scan_qualities(expected, picker.pick(scan), DEVIATION_M, REACH)
        right.append(qualities[0])
        wrong.extend(qualities[1:])
    assert auroc(np.array(right), np.array(wrong)) > 0.995
    assert np.mean(np.array(right) > 0.8) > 0.95
    assert np.mean(np.array(wrong) < 0.5) > 0.95
