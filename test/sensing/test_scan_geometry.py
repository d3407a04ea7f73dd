# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One world, scanned by lasers of any geometry, is one input of the network."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_inn_ros.errors import SensorError
from local_inn_ros.geometry import Pose2
from local_inn_ros.sensing import BeamPicker, Beams, BeamState, Scan
from local_inn_ros.sensing.mount import SensorMount

TURN = 2.0 * math.pi
# What the network wants: 270 degrees ahead, as a bundle has them.
WANTED = np.linspace(-0.75 * math.pi, 0.75 * math.pi, 91)
PICKER = BeamPicker(WANTED, 12.0)
OUTSIDE = SensorMount(Pose2.identity(), upside_down=True)


def ranges_at(angles: np.ndarray) -> np.ndarray:
    """A round room seen from off its middle, with a door that nothing is seen through."""
    off_m, bearing = 0.8, 0.6
    turned = np.asarray(angles) - bearing
    ranges = np.sqrt(16.0 - (off_m * np.sin(turned)) ** 2) - off_m * np.cos(turned)
    open_door = np.abs(np.mod(np.asarray(angles) + math.pi, TURN) - math.pi - 1.0) < 0.2
    return np.where(open_door, np.inf, ranges).astype(np.float32)


def scan_over(first: float, step: float, count: int) -> Scan:
    angles = first + step * np.arange(count)
    return Scan(1.0, ranges_at(angles), first, step, 0.1, 12.0)


def assert_same(found: Beams, expected: Beams) -> None:
    # Beside the door's posts a beam of another laser may pass on the other side.
    posts = np.abs(np.abs(WANTED - 1.0) - 0.2) < 0.06
    assert np.array_equal(found.states[~posts], expected.states[~posts])
    both = found.returned() & expected.returned() & ~posts
    assert found.ranges_m[both] == pytest.approx(expected.ranges_m[both], abs=2e-3)
    assert np.array_equal(found.network_states()[~posts], expected.network_states()[~posts])


@given(
    count=st.integers(240, 2000),
    clockwise=st.booleans(),
    upside_down=st.booleans(),
    more_than_a_turn=st.integers(0, 40),
    start=st.floats(-9.0, 9.0),
)
@settings(max_examples=120)
def test_a_full_turn_in_any_direction_from_any_start_gives_the_same_input(
    count, clockwise, upside_down, more_than_a_turn, start
):
    expected = PICKER.pick(scan_over(-0.76 * math.pi, 0.0025, 1911))
    step = TURN / count * (-1.0 if clockwise else 1.0)
    seen = scan_over(start, step, count + more_than_a_turn)
    if upside_down:
        # In its own frame, which is turned about the x axis, each angle is the other way round.
        told = replace(seen, angle_min_rad=-seen.angle_min_rad, angle_increment_rad=-step)
        seen = OUTSIDE.righted(told)
    assert_same(PICKER.pick(seen), expected)


@pytest.mark.parametrize(
    "seen",
    [
        scan_over(0.0, TURN / 720, 720),
        scan_over(0.0, TURN / 720, 721),
        scan_over(0.0, TURN / 720, 900),
        scan_over(TURN, -TURN / 720, 720),
        scan_over(-TURN, TURN / 719.6, 720),
        scan_over(0.75 * math.pi, -1.5 * math.pi / 1079, 1080),
    ],
    ids=["0 to 2 pi", "first beam twice", "a turn and a half", "down", "odd step", "clockwise"],
)
def test_common_geometries(seen):
    assert_same(PICKER.pick(seen), PICKER.pick(scan_over(-0.76 * math.pi, 0.0025, 1911)))


def test_a_scan_that_goes_round_has_no_seam():
    # The wanted angle lies between the last beam and the first, nearer to either.
    for count in (90, 91, 100):
        scan = Scan(0.0, np.full(count, 2.0, np.float32), 0.0, TURN / 90, 0.1, 12.0)
        scan.ranges_m[0], scan.ranges_m[89] = 2.04, 2.0
        picker = BeamPicker(np.array([-0.25, -0.75]) * TURN / 90, 12.0)
        assert picker.pick(scan).ranges_m == pytest.approx([2.03, 2.01], abs=1e-3)


def test_a_sparse_scan_speaks_only_for_what_it_points_at():
    # One beam for four wanted: a quarter lies too far from any.
    step = 4.0 * float(WANTED[1] - WANTED[0])
    sparse = PICKER.pick(scan_over(float(WANTED[0]), step, 23))
    assert np.mean(sparse.states == BeamState.INVALID) == pytest.approx(0.25, abs=0.03)
    # A ring of twelve echo sounders knows next to nothing at the angles between them.
    with pytest.raises(SensorError, match=r"12 beams .* see only"):
        PICKER.pick(scan_over(-0.75 * math.pi, 1.5 * math.pi / 11, 12))


def test_a_gap_is_unknown_and_the_rest_is_as_it_was():
    whole = scan_over(-0.76 * math.pi, 0.0025, 1911)
    ranges = whole.ranges_m.copy()
    ranges[300:700] = np.nan
    found, expected = PICKER.pick(replace(whole, ranges_m=ranges)), PICKER.pick(whole)
    angles = whole.angles_rad()
    gap = (angles[299] < WANTED) & (angles[700] > WANTED)
    assert np.all(found.states[gap] == BeamState.INVALID)
    assert np.array_equal(found.states[~gap], expected.states[~gap])
    assert found.ranges_m[~gap] == pytest.approx(expected.ranges_m[~gap], abs=1e-3)


def test_a_mirrored_scan_sees_the_mirrored_world():
    scan = scan_over(-1.0, 0.01, 150)
    mirrored = scan.mirrored()
    assert mirrored.angles_rad() == pytest.approx(-scan.angles_rad())
    assert mirrored.ranges_m is scan.ranges_m
    again = mirrored.mirrored()
    assert again.angles_rad() == pytest.approx(scan.angles_rad())


def test_a_scan_can_be_told_in_the_order_of_another():
    scan = scan_over(-1.0, 0.01, 150)
    clockwise = scan_over(2.0, -0.02, 30)
    turned = scan.turning_as(clockwise)
    assert turned.angle_increment_rad == -0.01
    assert turned.angles_rad()[::-1] == pytest.approx(scan.angles_rad())
    assert np.array_equal(turned.ranges_m[::-1], scan.ranges_m)
    assert scan.turning_as(scan_over(0.0, 0.5, 3)) is scan


finite = st.floats(-20.0, 20.0, width=32)
anything = st.floats(allow_nan=True, allow_infinity=True, width=32)


@given(
    st.lists(st.one_of(finite, anything), max_size=200),
    st.one_of(finite, anything),
    st.one_of(st.floats(-0.25, 0.25, width=32), anything),
    st.one_of(finite, anything),
    st.one_of(finite, anything),
)
@settings(max_examples=400)
def test_whatever_a_scan_holds_it_is_read_or_refused(values, start, step, nearest, farthest):
    scan = Scan(0.0, np.array(values, dtype=np.float32), start, step, nearest, farthest)
    picker = BeamPicker(WANTED, 12.0, least_coverage=0.0)
    for seen in (scan, scan.mirrored()):
        try:
            reading = picker.pick(seen)
        except SensorError as error:
            assert str(error).startswith("the scan")
            continue
        assert np.all(np.isfinite(reading.ranges_m))
        assert np.array_equal(reading.ranges_m > 0.0, reading.returned())
        assert np.all(reading.ranges_m[reading.returned()] < 12.0)
