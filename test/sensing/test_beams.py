# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_inn_ros.errors import SensorError
from local_inn_ros.sensing import BeamPicker, BeamState, Scan
from local_inn_ros.sensing.laser.beams import classify_ranges

QUARTER = math.pi / 2
INF, NAN = math.inf, math.nan


def scan_of(ranges, angle_min=-QUARTER, increment=None, range_min=0.1, range_max=30.0):
    values = np.asarray(ranges, dtype=np.float32)
    step = math.pi / max(len(values) - 1, 1) if increment is None else increment
    return Scan(12.5, values, angle_min, step, range_min, range_max)


def wall_ranges(angles, distance_m=2.0, normal_rad=0.2):
    """Ranges to one straight wall."""
    return distance_m / np.cos(np.asarray(angles) - normal_rad)


@pytest.mark.parametrize(
    ("value", "state"),
    [
        (1.0, BeamState.RETURN),
        (0.1, BeamState.RETURN),
        (30.0, BeamState.NO_RETURN),
        (80.0, BeamState.NO_RETURN),
        (INF, BeamState.NO_RETURN),
        (0.05, BeamState.TOO_CLOSE),
        (-INF, BeamState.TOO_CLOSE),
        (0.0, BeamState.INVALID),
        (-0.5, BeamState.INVALID),
        (-0.0, BeamState.INVALID),
        (NAN, BeamState.INVALID),
    ],
)
def test_each_kind_of_range_is_kept_apart(value, state):
    ranges = np.array([value], dtype=np.float32)
    assert classify_ranges(ranges, np.float32(0.1), 30.0)[0] == state


@given(st.lists(st.floats(width=32, allow_nan=True, allow_infinity=True), min_size=1, max_size=30))
def test_whatever_comes_only_returns_carry_a_range(values):
    scan = scan_of(values)
    reading = BeamPicker(scan.angles_rad(), 10.0).pick(scan)
    assert np.all(np.isfinite(reading.ranges_m))
    assert np.array_equal(reading.ranges_m > 0.0, reading.returned())
    assert np.all(reading.ranges_m < 10.0)
    assert set(np.unique(reading.network_states())) <= {-1.0, 0.0, 1.0}
    assert len(reading.end_points()) == np.count_nonzero(reading.returned())


def test_the_network_is_told_nothing_within_reach_apart_from_nothing_known():
    scan = scan_of([1.0, INF, -INF, NAN, 0.05, 0.0])
    reading = BeamPicker(scan.angles_rad(), 30.0).pick(scan)
    assert reading.network_states().tolist() == [1.0, -1.0, 0.0, 0.0, 0.0, 0.0]


def test_the_reach_is_the_lesser_of_scan_and_consumer():
    scan = scan_of([5.0, 12.0, 25.0], range_max=20.0)
    near = BeamPicker(scan.angles_rad(), 10.0).pick(scan)
    alike = BeamPicker(scan.angles_rad(), 22.0).pick(scan)
    assert near.states.tolist() == [BeamState.RETURN, BeamState.NO_RETURN, BeamState.NO_RETURN]
    assert alike.states.tolist() == [BeamState.RETURN, BeamState.RETURN, BeamState.NO_RETURN]


def test_what_lies_beyond_the_reach_of_a_short_sighted_scan_is_not_known():
    # Nothing within 8 m does not mean that there is nothing within 30 m.
    picker = BeamPicker(scan_of([1.0] * 4).angles_rad(), 30.0)
    short = picker.pick(scan_of([5.0, 8.0, INF, 25.0], range_max=8.0))
    assert short.states.tolist() == [BeamState.RETURN] + [BeamState.INVALID] * 3
    # The limit may change from scan to scan.
    full = picker.pick(scan_of([5.0, 8.0, INF, 25.0], range_max=30.0))
    assert full.states.tolist() == [0, 0, BeamState.NO_RETURN, 0]


def test_range_limits_that_change_from_scan_to_scan_hold_for_each():
    picker = BeamPicker(scan_of([1.0] * 3).angles_rad(), 30.0)
    for nearest, states in ((0.1, [0, 0, 0]), (1.5, [2, 0, 0]), (2.5, [2, 2, 0])):
        assert picker.pick(scan_of([1.0, 2.0, 3.0], range_min=nearest)).states.tolist() == states


def test_beams_that_are_there_are_taken_as_they_are():
    ranges = np.linspace(1.0, 2.0, 181)
    scan = scan_of(ranges)
    reading = BeamPicker(scan.angles_rad()[::2], 30.0).pick(scan)
    assert reading.ranges_m == pytest.approx(ranges[::2], rel=1e-6)
    assert reading.stamp_s == 12.5


@given(
    count=st.integers(90, 1500),
    wanted=st.integers(8, 90),
    clockwise=st.booleans(),
    turns=st.integers(-1, 1),
)
@settings(max_examples=60)
def test_any_geometry_sees_the_same_wall(count, wanted, clockwise, turns):
    angles = np.linspace(-1.0, 1.0, count)
    if clockwise:
        angles = angles[::-1]
    scan = Scan(
        0.0,
        wall_ranges(angles).astype(np.float32),
        float(angles[0]) + 2 * math.pi * turns,
        float(angles[1] - angles[0]),
        0.1,
        30.0,
    )
    wanted_angles = np.linspace(-0.99, 0.99, wanted)
    reading = BeamPicker(wanted_angles, 30.0).pick(scan)
    # The nearest beam alone would be off by up to half a step times the slope: centimetres.
    assert reading.ranges_m == pytest.approx(wall_ranges(wanted_angles), abs=2e-3)


def test_an_edge_is_not_smeared():
    # A pole before a wall: no range between the two may appear.
    angles = np.linspace(-1.0, 1.0, 101)
    ranges = np.where(np.abs(angles) < 0.1, 1.0, 3.0)
    scan = Scan(0.0, ranges.astype(np.float32), -1.0, 0.02, 0.1, 30.0)
    reading = BeamPicker(np.linspace(-0.995, 0.995, 77), 30.0).pick(scan)
    assert set(np.round(reading.ranges_m, 5).tolist()) == {1.0, 3.0}


def test_a_neighbour_without_a_range_changes_nothing():
    ranges = np.array([2.0, NAN, 2.0, INF, 2.0, -INF, 2.0, 0.0, 2.0])
    scan = scan_of(ranges, -0.4, 0.1)
    # A little off each return, towards what is none.
    reading = BeamPicker(np.array([-0.37, -0.17, 0.03, 0.23, 0.37]), 30.0).pick(scan)
    assert reading.ranges_m == pytest.approx([2.0] * 5)


def test_a_full_turn_has_no_seam():
    count = 360
    angles = 2 * math.pi * np.arange(count) / count
    # A round room seen from off its middle: smooth all the way round.
    ranges = np.sqrt(9.0 - (0.5 * np.sin(angles)) ** 2) - 0.5 * np.cos(angles)
    scan = Scan(0.0, ranges.astype(np.float32), 0.0, float(angles[1]), 0.1, 30.0)
    wanted = np.array([-0.005, -0.0087, 0.0, 0.005, 6.28, math.pi, -math.pi])
    reading = BeamPicker(wanted, 30.0).pick(scan)
    expected = np.sqrt(9.0 - (0.5 * np.sin(wanted)) ** 2) - 0.5 * np.cos(wanted)
    assert reading.returned().all()
    assert reading.ranges_m == pytest.approx(expected, abs=1e-4)


def test_a_full_turn_that_names_its_first_beam_twice():
    angles = np.linspace(-math.pi, math.pi, 361)
    scan = Scan(0.0, np.full(361, 4.0, np.float32), -math.pi, float(angles[1] - angles[0]), 0.1, 30)
    reading = BeamPicker(np.linspace(-math.pi, math.pi, 91), 30.0).pick(scan)
    assert reading.ranges_m == pytest.approx(np.full(91, 4.0))


def test_beams_outside_the_view_are_unknown():
    scan = scan_of(np.full(181, 3.0))
    wanted = np.linspace(-math.pi * 0.75, math.pi * 0.75, 91)
    reading = BeamPicker(wanted, 30.0).pick(scan)
    inside = np.abs(wanted) <= QUARTER + 0.5 * math.pi / 180
    assert np.array_equal(reading.returned(), inside)
    assert np.all(reading.states[~inside] == BeamState.INVALID)


def test_a_scan_that_sees_too_little_is_refused():
    scan = scan_of(np.full(90, 3.0), angle_min=-0.5, increment=1.0 / 89)
    with pytest.raises(SensorError, match="made for this sensor"):
        BeamPicker(np.linspace(-2.3, 2.3, 90), 30.0).pick(scan)


@pytest.mark.parametrize(
    ("scan", "says"),
    [
        (scan_of([]), "empty: its ranges"),
        (scan_of([1.0, 2.0], increment=0.0), "angle_increment is 0.0"),
        (scan_of([1.0, 2.0], increment=NAN), "angle_increment is nan"),
        (scan_of([1.0, 2.0], increment=-INF), "angle_increment is -inf"),
        (scan_of([1.0, 2.0], increment=1e30), "angle_increment is 1e"),
        (scan_of([1.0, 2.0], angle_min=INF), "angle_min is inf"),
        (scan_of([1.0, 2.0], angle_min=NAN), "angle_min is nan"),
        (scan_of([1.0, 2.0], angle_min=-1e20), "angle_min is -1e"),
        (scan_of([1.0, 2.0], range_max=0.0), r"range_max is 0.0.*above range_min, which is 0.1"),
        (scan_of([1.0, 2.0], range_max=NAN), "range_max is nan"),
        (scan_of([1.0, 2.0], range_min=NAN), "range_min is nan"),
        (scan_of([1.0, 2.0], range_min=-INF), "range_min is -inf"),
        (scan_of([1.0, 2.0], range_min=50.0, range_max=8000.0), "range_min is 50.0.*metres"),
    ],
)
def test_scans_that_make_no_sense_are_refused_and_the_field_is_named(scan, says):
    with pytest.raises(SensorError, match=says):
        BeamPicker(np.array([-QUARTER, QUARTER]), 30.0).pick(scan)


def test_an_endless_reach_is_as_far_as_the_consumer_looks():
    scan = scan_of([1.0, 29.0, 31.0], range_max=INF)
    assert BeamPicker(scan.angles_rad(), 30.0).pick(scan).states.tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("ranges", "says"),
    [
        ([NAN] * 6, "all are NaN, zero or negative"),
        ([0.0, -1.0, NAN, NAN, 1.0, 1.0], "fewer than 3"),
        ([INF] * 6, "nothing lies within its reach"),
        ([-INF] * 3 + [INF] * 3, "too near to be measured"),
    ],
)
def test_a_scan_without_distances_says_what_it_has_instead(ranges, says):
    scan = scan_of(ranges)
    reading = BeamPicker(scan.angles_rad(), 30.0).pick(scan)
    with pytest.raises(SensorError, match=says):
        reading.require_returns()


def test_three_distances_are_enough():
    scan = scan_of([NAN, 1.0, INF, 1.0, 1.0, -INF])
    BeamPicker(scan.angles_rad(), 30.0).pick(scan).require_returns()


def test_a_refused_scan_does_not_spoil_the_next():
    picker = BeamPicker(np.linspace(-1.0, 1.0, 10), 30.0)
    good = scan_of(np.full(181, 3.0))
    picker.pick(good)
    with pytest.raises(SensorError):
        picker.pick(scan_of([]))
    assert picker.pick(good).ranges_m == pytest.approx(np.full(10, 3.0))


def test_a_change_of_geometry_is_noticed():
    picker = BeamPicker(np.array([-QUARTER, QUARTER]), 30.0)
    assert picker.pick(scan_of([1.0, 1.5, 2.0])).ranges_m.tolist() == [1.0, 2.0]
    turned = scan_of([1.0, 1.5, 2.0], angle_min=QUARTER, increment=-QUARTER)
    assert picker.pick(turned).ranges_m.tolist() == [2.0, 1.0]


def test_end_points_lie_where_the_beams_point():
    scan = scan_of([1.0, 2.0, 3.0], angle_min=-QUARTER, increment=QUARTER)
    points = BeamPicker(scan.angles_rad(), 30.0).pick(scan).end_points()
    assert points == pytest.approx(np.array([[0.0, -1.0], [2.0, 0.0], [0.0, 3.0]]), abs=1e-6)
