# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Planar poses are a group, and none has a yaw out of range."""

import copy
import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_inn_ros.geometry import GaussianPose2, Pose2, Twist2, wrap_angle

METRES = st.floats(-100.0, 100.0)
ANGLES = st.floats(-20.0, 20.0)
POSES = st.builds(Pose2, METRES, METRES, ANGLES)

few = settings(derandomize=True, deadline=None, max_examples=60)


def assert_same(left: Pose2, right: Pose2, tolerance: float = 1e-9) -> None:
    assert left.distance_to(right) < tolerance
    assert abs(wrap_angle(left.yaw - right.yaw)) < tolerance


def assert_wrapped(pose: Pose2) -> None:
    assert -math.pi <= pose.yaw < math.pi


@few
@given(POSES, POSES, POSES)
def test_group_axioms(a: Pose2, b: Pose2, c: Pose2) -> None:
    assert_same((a @ b) @ c, a @ (b @ c))
    assert_same(a @ Pose2.identity(), a)
    assert_same(Pose2.identity() @ a, a)
    assert_same(a @ a.inverse(), Pose2.identity())
    assert_same(a.inverse() @ a, Pose2.identity())
    assert_same((a @ b).inverse(), b.inverse() @ a.inverse())


@few
@given(ANGLES)
def test_a_yaw_in_range_is_kept_to_the_last_digit_and_any_other_keeps_its_direction(
    yaw: float,
) -> None:
    pose = Pose2(1.0, 2.0, yaw)
    assert_wrapped(pose)
    assert pose.yaw == (yaw if -math.pi <= yaw < math.pi else wrap_angle(yaw))


@pytest.mark.parametrize("yaw", [math.pi, -math.pi, math.nextafter(-math.pi, -4.0), 1e9])
def test_the_ends_of_the_range(yaw: float) -> None:
    assert_wrapped(Pose2(0.0, 0.0, yaw))
    assert Pose2(0.0, 0.0, yaw).is_finite()


@few
@given(POSES, POSES, ANGLES)
def test_whatever_makes_a_pose_makes_a_wrapped_one(a: Pose2, b: Pose2, angle: float) -> None:
    made = (
        a @ b,
        a.inverse(),
        a.between(b),
        Pose2.from_array([1.0, 2.0, angle]),
        Twist2(1.0, 2.0, angle).to_pose(),
        replace(a, yaw=angle),
        copy.copy(a),
        copy.deepcopy(a),
    )
    for pose in made:
        assert_wrapped(pose)


@pytest.mark.parametrize("yaw", [math.nan, math.inf, -math.inf])
def test_a_yaw_that_is_not_finite_can_be_told(yaw: float) -> None:
    pose = Pose2(1.0, 2.0, yaw)
    assert math.isnan(pose.yaw)
    assert not pose.is_finite()
    with pytest.raises(ValueError, match="finite"):
        GaussianPose2.from_deviations(pose, 1.0, 1.0, 1.0)
