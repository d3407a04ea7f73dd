# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from localization_helpers import SENSOR, ranges_on, room, scan_at

from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.quality import scan_qualities, scan_quality
from local_inn_ros.sensing import BeamPicker, BeamReading, BeamState
from local_inn_ros.world import FreeSpace, RayCaster

GRID = room()
CASTER = RayCaster(GRID, threads=1)
REACH = SENSOR.range_max_m


def reading_of(ranges, states=None) -> BeamReading:
    values = np.asarray(ranges, dtype=np.float32)
    kinds = np.zeros(len(values), np.uint8) if states is None else np.asarray(states, np.uint8)
    return BeamReading(0.0, np.linspace(-1.0, 1.0, len(values)), values, kinds)


def quality(expected, ranges, states=None) -> float:
    return scan_quality(np.asarray(expected), reading_of(ranges, states), 0.02, REACH)


FLAT = np.full(50, 3.0)


def test_a_reading_as_expected_is_of_full_quality():
    assert quality(FLAT, FLAT) == pytest.approx(1.0)
    assert quality(FLAT, FLAT + 0.01) > 0.95


def test_a_reading_that_has_nothing_to_do_with_it_is_of_none():
    assert quality(FLAT, FLAT + 2.0) < 0.01


def test_people_are_forgiven_more_than_missing_walls():
    short, through = FLAT.copy(), FLAT.copy()
    short[:20] -= 1.5
    through[:20] += 1.5
    assert quality(FLAT, short) > 0.8
    assert quality(FLAT, through) < quality(FLAT, short) - 0.1


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


def test_a_corner_may_be_seen_by_a_neighbour():
    expected = np.r_[np.full(25, 2.0), np.full(25, 5.0)]
    shifted = np.r_[np.full(26, 2.0), np.full(24, 5.0)]
    assert quality(expected, shifted) == pytest.approx(1.0)


def test_nothing_within_reach_is_right_where_nothing_is_expected():
    nothing = np.full(50, BeamState.NO_RETURN)
    assert quality(np.full(50, REACH), np.zeros(50), nothing) == pytest.approx(1.0)
    assert quality(FLAT, np.zeros(50), nothing) == 0.0
    some = np.where(np.arange(50) < 10, BeamState.NO_RETURN, BeamState.RETURN)
    ranges = np.where(np.arange(50) < 10, 0.0, 3.0)
    assert 0.8 < quality(FLAT, ranges, some) < 1.0


def test_unknown_beams_do_not_count():
    states = np.where(np.arange(50) < 25, BeamState.INVALID, BeamState.RETURN)
    assert quality(FLAT, np.where(np.arange(50) < 25, 0.0, 3.0), states) == pytest.approx(1.0)
    assert quality(FLAT, np.zeros(50), np.full(50, BeamState.INVALID)) == 0.0


def test_something_held_against_the_sensor_counts_as_cut_short():
    states = np.where(np.arange(50) < 25, BeamState.TOO_CLOSE, BeamState.RETURN)
    found = quality(FLAT, np.where(np.arange(50) < 25, 0.0, 3.0), states)
    assert found == pytest.approx(25 / (25 + 0.3 * 25))


def test_many_expectations_are_judged_as_one_by_one():
    rng = np.random.default_rng(0)
    poses = FreeSpace(GRID, 0.3).sample(rng, 20)
    angles = SENSOR.network_angles_rad()
    expected = ranges_on(CASTER, poses, angles, SENSOR)
    scan = scan_at(GRID, Pose2.from_array(poses[3]), rng)
    reading = BeamPicker(angles, REACH).pick(scan)
    together = scan_qualities(expected, reading, 0.02, REACH)
    assert together == pytest.approx([scan_quality(row, reading, 0.02, REACH) for row in expected])
    assert np.argmax(together) == 3


def test_right_and_wrong_poses_are_told_apart():
    rng = np.random.default_rng(0)
    angles = SENSOR.network_angles_rad()
    picker = BeamPicker(angles, REACH)
    right, wrong = [], []
    for truth in FreeSpace(GRID, 0.5).sample(rng, 80):
        scan = scan_at(GRID, Pose2.from_array(truth), rng)
        blocked = scan.ranges_m.copy()
        start = rng.integers(0, 380)
        blocked[start : start + 160] *= np.float32(rng.uniform(0.4, 0.9))
        reading = picker.pick(
            type(scan)(0.0, blocked, scan.angle_min_rad, scan.angle_increment_rad, 0.05, REACH)
        )
        near = truth + rng.normal(0.0, [0.01, 0.01, math.radians(0.2)])
        heading = rng.uniform(-math.pi, math.pi)
        off = truth + np.array(
            [0.5 * math.cos(heading), 0.5 * math.sin(heading), math.radians(10.0)]
        )
        expected = ranges_on(CASTER, [near, off], angles, SENSOR)
        for kind, row in zip((right, wrong), expected, strict=True):
            kind.append(scan_quality(row, reading, 0.02, REACH))
    # Area under the ROC curve: the chance that a right pose is rated above a wrong one.
    above = np.mean(np.array(right)[:, None] > np.array(wrong)[None, :])
    assert above > 0.98
