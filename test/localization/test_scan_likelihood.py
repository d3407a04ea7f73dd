# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from localization_helpers import SENSOR, ranges_on, room, scan_at

from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.quality.scan_likelihood import log_likelihoods, weights_of
from local_inn_ros.sensing import BeamPicker, Beams, BeamState
from local_inn_ros.world import RayCaster

GRID = room()
CASTER = RayCaster(GRID, threads=1)
REACH = SENSOR.range_max_m
DEVIATION_M = 0.02
FLAT = np.full(60, 3.0)


def reading_of(ranges, states=None) -> Beams:
    values = np.asarray(ranges, dtype=np.float32)
    kinds = np.zeros(len(values), np.uint8) if states is None else np.asarray(states, np.uint8)
    return Beams(0.0, np.linspace(-1.0, 1.0, len(values)), values, kinds)


def log_likelihood(expected, ranges, states=None) -> float:
    rows = np.asarray(expected)[None]
    return float(log_likelihoods(rows, reading_of(ranges, states), DEVIATION_M, REACH)[0])


def test_what_is_expected_is_most_likely():
    right = log_likelihood(FLAT, FLAT)
    for off in (-2.0, -0.1, 0.1, 2.0):
        assert log_likelihood(FLAT, FLAT + off) < right - 5.0


def test_people_cost_less_than_missing_walls():
    short, through = FLAT.copy(), FLAT.copy()
    short[:20] -= 1.5
    through[:20] += 1.5
    assert log_likelihood(FLAT, through) < log_likelihood(FLAT, short) < log_likelihood(FLAT, FLAT)


def test_a_corner_may_be_met_on_either_side_but_tells_less():
    corner = np.where(np.arange(60) < 30, 3.0, 5.0)
    beside = corner.copy()
    beside[29] = 4.0
    assert log_likelihood(corner, beside) > log_likelihood(FLAT, beside)
    assert log_likelihood(corner, corner) < log_likelihood(FLAT, FLAT)


def test_beams_that_know_nothing_change_nothing():
    states = np.full(60, BeamState.INVALID, np.uint8)
    assert log_likelihood(FLAT, np.zeros(60), states) == 0.0
    assert log_likelihood(FLAT, np.zeros(60), np.full(60, BeamState.TOO_CLOSE, np.uint8)) == 0.0


def test_nothing_within_reach_speaks_for_the_open():
    silent = np.full(60, BeamState.NO_RETURN, np.uint8)
    open_space = np.full(60, REACH)
    assert log_likelihood(open_space, np.zeros(60), silent) > log_likelihood(
        FLAT, np.zeros(60), silent
    )


def test_twice_the_beams_are_not_twice_the_knowledge():
    def lead(count: int) -> float:
        near, far = np.full(count, 3.0), np.full(count, 3.4)
        return log_likelihood(near, near) - log_likelihood(far, near)

    assert lead(480) == pytest.approx(lead(60), rel=1e-6)
    assert lead(4) < lead(60)


@given(
    st.lists(st.floats(0.0, 15.0), min_size=12, max_size=12),
    st.lists(st.floats(0.05, 14.9), min_size=12, max_size=12),
)
def test_it_is_always_a_number(expected, measured):
    assert math.isfinite(log_likelihood(expected, measured))


def test_the_true_pose_outweighs_others_though_a_third_is_blocked():
    rng = np.random.default_rng(3)
    truth = Pose2(0.6, 0.4, 2.9)
    scan = scan_at(GRID, truth, rng)
    ranges = scan.ranges_m.copy()
    ranges[100:280] *= 0.5
    angles = SENSOR.network_angles_rad()
    reading = BeamPicker(angles, REACH).pick(
        type(scan)(0.0, ranges, scan.angle_min_rad, scan.angle_increment_rad, 0.05, REACH)
    )
    others = rng.uniform([-2.0, -1.0, -3.0], [4.0, 3.0, 3.0], (200, 3))
    poses = np.vstack([truth.to_array(), others])
    expected = ranges_on(CASTER, poses, angles, SENSOR)
    weights = weights_of(log_likelihoods(expected, reading, DEVIATION_M, REACH))
    assert weights[0] > 0.95


def test_weights_sum_to_one_and_follow_the_likelihood():
    weights = weights_of(np.array([-1000.0, -1000.0 + math.log(3.0), -2000.0]))
    assert weights == pytest.approx([0.25, 0.75, 0.0], abs=1e-12)
    assert weights_of(np.zeros(0)).shape == (0,)
