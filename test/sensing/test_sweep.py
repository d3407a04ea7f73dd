# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Beams that were measured one after the other, moved to one instant."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares

from local_inn_ros.geometry import Pose2, Twist2, transform_points
from local_inn_ros.sensing import LaserSpec, Scan
from local_inn_ros.sensing.laser.beam_times import time_increment_of
from local_inn_ros.sensing.laser.laser_mount import LaserMount
from local_inn_ros.sensing.laser.sweep import at_one_instant

RADIUS_M = 6.0
MOUNT = Pose2(0.27, -0.05, 0.1)
TURN = 2.0 * math.pi


def range_in_round_room(sensor: Pose2, angle_rad: float) -> float:
    """Return what a beam measures in a round room about the origin."""
    direction = sensor.yaw + angle_rad
    along = sensor.x * math.cos(direction) + sensor.y * math.sin(direction)
    beside = sensor.x**2 + sensor.y**2 - along**2
    return math.sqrt(RADIUS_M**2 - beside) - along


def driving(speed_mps, yaw_rate_radps):
    """Return where a base is at an instant that drives so, from a place off the middle."""
    twist = Twist2(speed_mps, 0.0, yaw_rate_radps)
    return lambda stamp_s: Pose2(1.0, -2.0, 0.7) @ twist.scaled(stamp_s - 3.0).to_pose()


def swept_scan(base_at, count, field_rad, duration_s, clockwise=False):
    """Return what a laser measures that takes so long over its beams."""
    first = -0.5 * field_rad if not clockwise else 0.5 * field_rad
    step = (-1.0 if clockwise else 1.0) * field_rad / (count - 1)
    ranges = [
        range_in_round_room(base_at(3.0 + duration_s * i / (count - 1)) @ MOUNT, first + i * step)
        for i in range(count)
    ]
    return Scan(
        3.0,
        np.array(ranges, dtype=np.float32),
        first,
        step,
        0.05,
        30.0,
        duration_s / (count - 1),
    )


def instant_ranges(base_at, scan):
    """Return what the same beams measure half way, all at once."""
    sensor = base_at(scan.middle_s) @ MOUNT
    return np.array([range_in_round_room(sensor, angle) for angle in scan.angles_rad()])


@pytest.mark.parametrize("clockwise", [False, True])
@pytest.mark.parametrize(
    ("count", "field_rad", "duration_s", "speed_mps", "yaw_rate_radps"),
    [
        (1080, 1.5 * math.pi, 0.01875, 5.0, 2.0),
        (1080, 1.5 * math.pi, 0.075, 2.0, -1.5),
        (720, TURN * 719 / 720, 0.18, 0.5, 1.5),
        (720, TURN * 719 / 720, 0.2, 1.0, -1.5),
        (1080, 1.5 * math.pi, 0.075, -2.0, 0.0),
    ],
)
def test_a_scan_on_the_way_becomes_the_one_from_half_way(
    count, field_rad, duration_s, speed_mps, yaw_rate_radps, clockwise
):
    base_at = driving(speed_mps, yaw_rate_radps)
    scan = swept_scan(base_at, count, field_rad, duration_s, clockwise)
    moved = at_one_instant(scan, base_at, MOUNT)
    truth = instant_ranges(base_at, scan)
    assert moved.stamp_s == scan.middle_s
    assert moved.sweep_s == 0.0
    known = np.isfinite(moved.ranges_m)
    # What the sensor turned past at the ends was not looked at half way, and nothing else is.
    turned_beams = abs(yaw_rate_radps) * duration_s / abs(scan.angle_increment_rad)
    assert (~known).sum() <= turned_beams + 2 + count // 100
    # The outermost beams have no neighbour to be interpolated with.
    inner = np.flatnonzero(known)[1:-1]
    assert np.abs(moved.ranges_m[inner] - truth[inner]).max() < 5e-4
    assert np.abs(scan.ranges_m - truth).max() > 0.01


def test_an_upside_down_laser_is_seen_from_above_first():
    base_at = driving(2.0, 1.0)
    seen = swept_scan(base_at, 720, 1.5 * math.pi, 0.075)
    hangs = LaserMount(MOUNT, upside_down=True)
    moved = at_one_instant(hangs.righted(hangs.righted(seen)), base_at, MOUNT)
    own = hangs.righted(seen)
    assert own.time_increment_s == seen.time_increment_s
    assert own.angle_increment_rad == -seen.angle_increment_rad
    known = np.isfinite(moved.ranges_m)
    assert np.abs(moved.ranges_m - instant_ranges(base_at, seen))[known].max() < 2e-3


def test_what_is_no_distance_stays_what_it_is():
    base_at = driving(2.0, 0.0)
    scan = swept_scan(base_at, 720, 1.5 * math.pi, 0.075)
    ranges = scan.ranges_m.copy()
    ranges[100:120], ranges[200:220], ranges[300:320] = np.inf, np.nan, -np.inf
    moved = at_one_instant(replace(scan, ranges_m=ranges), base_at, MOUNT).ranges_m
    # The robot does not turn: directions stay, but for those of walls beside, seen from elsewhere.
    assert np.all(moved[103:117] == np.inf)
    assert np.all(np.isnan(moved[203:217]))
    assert np.all(moved[303:317] == -np.inf)


def test_what_is_near_hides_what_is_behind_it():
    """A robot passes a post: beams that saw the wall behind it look through it from half way."""
    count, field_rad = 720, 1.5 * math.pi
    base_at = driving(5.0, 0.0)
    scan = swept_scan(base_at, count, field_rad, 0.1)
    ranges = scan.ranges_m.copy()
    ranges[600:620] = 0.5
    moved = at_one_instant(replace(scan, ranges_m=ranges), base_at, MOUNT).ranges_m
    near = np.flatnonzero(moved < 1.5)
    assert len(near) >= 8
    assert np.all(np.diff(near) == 1)


def test_a_robot_that_stands_changes_nothing_but_the_stamp():
    scan = swept_scan(lambda _: Pose2(1.0, 0.0, 0.0), 90, 4.7, 0.05)
    moved = at_one_instant(scan, lambda _: Pose2(7.0, 8.0, 2.0), MOUNT)
    assert moved.ranges_m is scan.ranges_m
    assert moved.stamp_s == pytest.approx(3.025)


def test_a_scan_of_one_instant_needs_no_odometry():
    scan = replace(swept_scan(driving(1.0, 0.0), 90, 4.7, 0.05), time_increment_s=0.0)
    assert at_one_instant(scan, lambda _: None, MOUNT) is scan


@pytest.mark.parametrize("known_until_s", [2.99, 3.01, 3.04])
def test_a_scan_that_the_odometry_does_not_span_cannot_be_moved(known_until_s):
    base_at = driving(1.0, 0.0)
    scan = swept_scan(base_at, 90, 4.7, 0.05)
    assert at_one_instant(scan, lambda t: base_at(t) if t < known_until_s else None, MOUNT) is None


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 40),
    st.floats(-20.0, 20.0),
    st.floats(-30.0, 30.0),
    st.floats(1e-6, 0.2),
    st.sampled_from([0.05, -0.05, 0.2, -1.0, 3.0]),
    st.integers(0, 2**31),
)
def test_nothing_that_a_laser_can_send_comes_to_grief(count, speed, rate, increment, step, seed):
    rng = np.random.default_rng(seed)
    ranges = rng.choice([0.0, -1.0, np.nan, np.inf, -np.inf, 0.01, 1.0, 5.0, 1e30], count)
    scan = Scan(3.0, ranges.astype(np.float32), -1.0, step, 0.05, 30.0, increment)
    moved = at_one_instant(scan, driving(speed, rate), MOUNT)
    assert moved.ranges_m.shape == (count,)
    if moved.ranges_m is not scan.ranges_m:
        assert not np.any(moved.ranges_m[np.isfinite(moved.ranges_m)] <= 0.0)


def laser(duration_s):
    return LaserSpec(
        name="one",
        beam_count=541,
        angle_min_rad=-1.5,
        angle_max_rad=1.5,
        range_min_m=0.1,
        range_max_m=10.0,
        noise_std_m=0.01,
        rate_hz=10.0,
        network_beams=50,
        scan_duration_s=duration_s,
    )


@pytest.mark.parametrize(
    ("increment_s", "scan_time_s", "spec", "expected"),
    [
        # What the header says counts, whatever else is known.
        (2e-5, 0.025, laser(0.1), 2e-5),
        (-2e-5, 0.0, None, -2e-5),
        # It is silent: what the description says.
        (0.0, 0.0, laser(0.054), 1e-4),
        (0.0, 0.1, laser(0.054), 1e-4),
        (0.0, 0.1, laser(0.0), 0.0),
        # Only the time of a turn is known: of which the beams take their share.
        (0.0, 0.1, None, 0.1 * 0.5 / 360.0),
        (0.0, 0.1, laser(None), 0.1 * 0.5 / 360.0),
        # Nothing is known.
        (0.0, 0.0, None, 0.0),
        (0.0, 0.0, laser(None), 0.0),
        # No laser takes so long, or no time at all.
        (math.nan, math.nan, None, 0.0),
        (math.inf, -1.0, laser(0.054), 1e-4),
        (1.0, 0.0, None, 0.0),
        (0.0, 3600.0, None, 0.0),
    ],
)
def test_how_long_a_scan_takes(increment_s, scan_time_s, spec, expected):
    step = math.radians(0.5)
    told = time_increment_of(increment_s, scan_time_s, step, 541, spec)
    assert told == pytest.approx(expected, rel=1e-9)


def range_in_box(sensor: Pose2, angle_rad: float) -> float:
    """Return what a beam measures in a box of 8 by 5 m about the origin."""
    cosine, sine = math.cos(sensor.yaw + angle_rad), math.sin(sensor.yaw + angle_rad)
    to_x = (math.copysign(4.0, cosine) - sensor.x) / cosine
    to_y = (math.copysign(2.5, sine) - sensor.y) / sine
    return min(to_x, to_y)


@pytest.mark.parametrize("distance_error", [0.1, -0.2])
def test_the_sway_is_what_a_wrong_scale_does_to_the_pose(distance_error):
    """The pose that fits the box best is off by as much as the scan's sway says."""
    count, field_rad, duration_s, speed = 1080, 1.5 * math.pi, 0.075, 3.0
    start, mount = Pose2(0.5, -0.4, 0.3), Pose2(0.2, 0.0, 0.0)

    def base_at(stamp_s, scale=1.0):
        return start @ Twist2(scale * speed * (stamp_s - 3.0), 0.0, 0.0).to_pose()

    first, step = -0.5 * field_rad, field_rad / (count - 1)
    stamps = 3.0 + duration_s * np.arange(count) / (count - 1)
    ranges = [
        range_in_box(base_at(s) @ mount, first + i * step) for i, s in enumerate(stamps.tolist())
    ]
    increment_s = duration_s / (count - 1)
    scan = Scan(3.0, np.array(ranges, np.float32), first, step, 0.05, 30.0, increment_s)
    wrong = at_one_instant(
        scan, lambda s: base_at(s, 1.0 + distance_error), mount, (abs(distance_error), 0.0)
    )
    truth = base_at(scan.middle_s) @ mount

    ranges, angles = wrong.ranges_m.astype(float), wrong.angles_rad()
    points = np.column_stack([ranges * np.cos(angles), ranges * np.sin(angles)])
    points = points[np.isfinite(ranges)]

    def distances(pose):
        """Return how far end points are from the walls, from a pose beside the true one."""
        x, y = transform_points(truth @ Pose2(*pose), points).T
        to_x, to_y = 4.0 - np.abs(x), 2.5 - np.abs(y)
        return np.where(np.abs(to_x) < np.abs(to_y), to_x, to_y)

    off = least_squares(distances, np.zeros(3)).x
    deviations = np.sqrt(np.diag(wrong.sway))
    assert np.abs(off).max() > 5e-4
    assert np.abs(off) == pytest.approx(deviations, abs=0.3 * deviations.max())
    assert np.linalg.matrix_rank(wrong.sway, 1e-9) == 1


def test_a_motion_that_is_known_leaves_no_sway():
    scan = swept_scan(driving(2.0, 1.0), 90, 4.7, 0.05)
    assert at_one_instant(scan, driving(2.0, 1.0), MOUNT).sway is None
