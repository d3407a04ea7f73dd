# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_inn_ros.geometry import Pose2
from local_inn_ros.simulation.path_follower import PathFollower, lap_to_drive, within_braking
from local_inn_ros.simulation.vehicle import (
    VehicleCommand,
    VehicleLimits,
    VehicleState,
    arc,
    step_vehicle,
)
from local_inn_ros.world import ClosedPath

LIMITS = VehicleLimits()


@given(st.floats(-5, 5), st.floats(-3, 3))
def test_arc_is_what_many_short_straight_moves_add_up_to(distance: float, turn: float) -> None:
    pose = Pose2.identity()
    for _ in range(2000):
        # Midpoint rule: half the turn, the move, the other half.
        pose = pose @ Pose2(0, 0, turn / 4000) @ Pose2(distance / 2000, 0, 0)
        pose = pose @ Pose2(0, 0, turn / 4000)
    result = arc(distance, turn)
    assert (result.x, result.y) == pytest.approx((pose.x, pose.y), abs=1e-5)
    assert math.cos(result.yaw - pose.yaw) == pytest.approx(1.0)


@given(st.floats(-5, 5), st.sampled_from([9.9e-7, 1.01e-6]))
def test_arc_has_no_seam_where_the_turn_is_tiny(distance: float, turn: float) -> None:
    result = arc(distance, turn)
    assert result.x == pytest.approx(distance, abs=1e-9)
    assert result.y == pytest.approx(0.5 * distance * turn, abs=1e-9)


@given(
    st.floats(-3, 8),
    st.floats(-0.42, 0.42),
    st.floats(-3, 10),
    st.floats(-1, 1),
    st.floats(1e-3, 0.02),
)
def test_limits_hold_for_any_command(
    speed: float, steering: float, wanted: float, wheel: float, duration: float
) -> None:
    before = VehicleState(Pose2.identity(), speed, steering)
    after = step_vehicle(before, VehicleCommand(wanted, wheel), LIMITS, duration)
    most = max(LIMITS.acceleration_mps2, LIMITS.braking_mps2)
    assert abs(after.speed_mps - speed) <= most * duration + 1e-12
    assert abs(after.steering_rad) <= LIMITS.steering_rad + 1e-12
    assert abs(after.steering_rad - steering) <= LIMITS.steering_rate_radps * duration + 1e-12
    if abs(wanted) > abs(speed) and wanted * speed > 0:
        assert abs(after.speed_mps - speed) <= LIMITS.acceleration_mps2 * duration + 1e-12
    # It never goes beyond what was asked for.
    assert min(speed, wanted) - 1e-12 <= after.speed_mps <= max(speed, wanted) + 1e-12


def test_a_standing_vehicle_does_not_turn() -> None:
    state = VehicleState(Pose2(1.0, 2.0, 0.5))
    for _ in range(100):
        state = step_vehicle(state, VehicleCommand(0.0, 0.4), LIMITS, 0.01)
    assert state.pose == Pose2(1.0, 2.0, 0.5)


def test_at_full_lock_it_drives_the_circle_of_its_wheelbase() -> None:
    state = VehicleState(Pose2.identity(), 1.0, 0.4)
    radius = LIMITS.wheelbase_m / math.tan(0.4)
    assert state.yaw_rate_radps(LIMITS) == pytest.approx(1.0 / radius)
    for _ in range(500):
        state = step_vehicle(state, VehicleCommand(1.0, 0.4), LIMITS, 0.01)
        assert math.hypot(state.pose.x, state.pose.y - radius) == pytest.approx(radius)


def test_in_reverse_it_turns_the_other_way() -> None:
    state = VehicleState(Pose2.identity(), -1.0, 0.4)
    after = step_vehicle(state, VehicleCommand(-1.0, 0.4), LIMITS, 0.1)
    assert after.pose.x < 0.0
    assert after.pose.yaw < 0.0


def test_it_stops_before_it_goes_back() -> None:
    state = VehicleState(Pose2.identity(), 1.0)
    speeds = []
    for _ in range(200):
        state = step_vehicle(state, VehicleCommand(-1.0, 0.0), LIMITS, 0.01)
        speeds.append(state.speed_mps)
    assert 0.0 in speeds
    assert speeds[-1] == -1.0


def winding_lap() -> ClosedPath:
    turn = 2.0 * math.pi * np.arange(200) / 200
    radius = 8.0 + 2.0 * np.cos(3 * turn)
    return ClosedPath.through(np.column_stack([radius * np.cos(turn), radius * np.sin(turn)]))


def test_speeds_keep_to_the_grip_and_to_the_brakes() -> None:
    lap = winding_lap()
    path = lap_to_drive(lap, LIMITS)
    assert (path.speeds_mps**2 * np.abs(lap.curvatures) <= LIMITS.grip_mps2 * (1 + 1e-9)).all()
    gain = np.roll(path.speeds_mps, -1) ** 2 - path.speeds_mps**2
    assert gain.min() >= -2.0 * LIMITS.braking_mps2 * lap.step_m
    # Somewhere a bend, and somewhere the braking before it, is what limits.
    in_bends = path.speeds_mps**2 * np.abs(lap.curvatures)
    assert in_bends.max() == pytest.approx(LIMITS.grip_mps2)


@given(st.lists(st.floats(0.0, 100.0), min_size=1, max_size=12), st.floats(0.0, 20.0))
def test_braking_agrees_with_every_pair_of_points(squared: list[float], gain: float) -> None:
    count = len(squared)
    expected = [
        min(squared[(i + k) % count] + gain * k for k in range(count)) for i in range(count)
    ]
    np.testing.assert_allclose(within_braking(np.array(squared), gain), expected, atol=1e-9)


def test_it_follows_a_winding_lap_closely() -> None:
    lap = winding_lap()
    follower = PathFollower(lap_to_drive(lap, LIMITS), LIMITS)
    state = VehicleState(lap.pose(0))
    off, travelled = 0.0, 0.0
    for _ in range(3000):
        state = step_vehicle(state, follower.command(state, 4.0), LIMITS, 0.01)
        index = lap.nearest(state.pose.x, state.pose.y)
        off = max(off, math.hypot(*(lap.points[index] - [state.pose.x, state.pose.y])))
        travelled += 0.01 * state.speed_mps
    assert off < 0.25
    assert travelled > lap.length_m


def test_a_point_behind_is_turned_to_at_full_lock() -> None:
    lap = winding_lap()
    start = lap.pose(0)
    follower = PathFollower(lap_to_drive(lap, LIMITS), LIMITS)
    facing_back = VehicleState(Pose2(start.x, start.y, start.yaw + math.pi - 0.1))
    command = follower.command(facing_back, 1.0)
    assert abs(command.steering_rad) == LIMITS.steering_rad
    assert math.copysign(1.0, command.steering_rad) == math.copysign(
        1.0, follower.bearing_error(facing_back)
    )
