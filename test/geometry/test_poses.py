# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_inn_ros.geometry import (
    Pose2,
    Twist2,
    compose_poses,
    interpolate_poses,
    transform_points,
    wrap_angle,
)

METRES = st.floats(-100.0, 100.0)
YAWS = st.floats(-math.pi, math.pi, exclude_max=True)
POSES = st.builds(Pose2, METRES, METRES, YAWS)
# Half a turn in one step has two shortest ways.
TWISTS = st.builds(Twist2, METRES, METRES, st.floats(-3.1, 3.1))


def assert_same(left: Pose2, right: Pose2, tolerance: float = 1e-9) -> None:
    assert left.x == pytest.approx(right.x, abs=tolerance)
    assert left.y == pytest.approx(right.y, abs=tolerance)
    assert wrap_angle(left.yaw - right.yaw) == pytest.approx(0.0, abs=tolerance)


@given(POSES, POSES, POSES)
def test_composition_is_associative(a, b, c):
    assert_same((a @ b) @ c, a @ (b @ c))


@given(POSES)
def test_identity_and_inverse(pose):
    assert_same(pose @ Pose2.identity(), pose)
    assert_same(Pose2.identity() @ pose, pose)
    assert_same(pose @ pose.inverse(), Pose2.identity())
    assert_same(pose.inverse() @ pose, Pose2.identity())


@given(POSES, POSES)
def test_between_leads_from_one_to_the_other(a, b):
    assert_same(a @ a.between(b), b)


@given(POSES, POSES)
def test_distance_is_kept_under_motion(a, b):
    moved = Pose2(3.0, -2.0, 1.0)
    assert (moved @ a).distance_to(moved @ b) == pytest.approx(a.distance_to(b), abs=1e-9)


@given(POSES, st.lists(POSES, min_size=1, max_size=5))
def test_arrays_compose_as_single_poses_do(left, rights):
    composed = compose_poses(left.to_array(), [pose.to_array() for pose in rights])
    for row, right in zip(composed, rights, strict=True):
        assert_same(Pose2.from_array(row), left @ right)


@given(POSES, POSES)
def test_points_move_as_positions_of_poses_do(pose, other):
    moved = transform_points(pose, np.array([[other.x, other.y]]))
    expected = pose @ other
    assert moved[0] == pytest.approx([expected.x, expected.y], abs=1e-9)


def test_a_known_composition():
    # One metre ahead of a robot that faces north is one metre north.
    assert_same(Pose2(2.0, 1.0, math.pi / 2) @ Pose2(1.0, 0.0, 0.0), Pose2(2.0, 2.0, math.pi / 2))


def test_reading_an_array_wraps_the_yaw():
    assert Pose2.from_array([1.0, 2.0, 3 * math.pi]).yaw == pytest.approx(-math.pi)


def test_finite():
    assert Pose2(1.0, 2.0, 3.0).is_finite()
    assert not Pose2(1.0, float("nan"), 3.0).is_finite()
    assert not Pose2(float("inf"), 0.0, 3.0).is_finite()


@given(TWISTS)
def test_log_undoes_exp(twist):
    again = Twist2.reaching(twist.to_pose())
    assert again.ahead_m == pytest.approx(twist.ahead_m, abs=1e-7)
    assert again.left_m == pytest.approx(twist.left_m, abs=1e-7)
    assert again.turn_rad == pytest.approx(twist.turn_rad, abs=1e-9)


@given(TWISTS, st.floats(0.0, 1.0))
def test_an_arc_in_two_pieces_is_the_arc(twist, share):
    first, rest = twist.scaled(share).to_pose(), twist.scaled(1.0 - share).to_pose()
    assert_same(first @ rest, twist.to_pose(), 1e-8)


@pytest.mark.parametrize("turn", [1e-3, 1.01e-4, 0.99e-4, 1e-6, 0.0, -0.99e-4])
def test_small_turns_meet_the_closed_form(turn):
    twist = Twist2(2.0, -1.0, turn)
    steps = 20_000
    pose = Pose2.identity()
    # Midpoint rule: each small step drives along the heading of its middle.
    half, straight = Pose2(0.0, 0.0, 0.5 * turn / steps), Pose2(2.0 / steps, -1.0 / steps, 0.0)
    for _ in range(steps):
        pose = pose @ half @ straight @ half
    assert_same(twist.to_pose(), pose, 1e-8)
    again = Twist2.reaching(twist.to_pose())
    assert [again.ahead_m, again.left_m] == pytest.approx([2.0, -1.0], abs=1e-9)


def test_a_quarter_circle():
    # Arc length pi/2 on a circle of radius one.
    assert_same(Twist2(math.pi / 2, 0.0, math.pi / 2).to_pose(), Pose2(1.0, 1.0, math.pi / 2))


@given(POSES, POSES)
def test_interpolation_begins_and_ends_right(a, b):
    assert_same(interpolate_poses(a, b, 0.0), a)
    assert_same(interpolate_poses(a, b, 1.0), b, 1e-6)


def test_interpolation_follows_the_circle():
    start, end = Pose2(1.0, 0.0, math.pi / 2), Pose2(0.0, 1.0, -math.pi)
    middle = interpolate_poses(start, end, 0.5)
    root = math.sqrt(0.5)
    assert_same(middle, Pose2(root, root, 0.75 * math.pi))
