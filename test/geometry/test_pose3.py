# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from space_helpers import ANGLES, AXES, LEANING, POSES, WAYS, assert_same_pose, few

from local_inn_ros.geometry import Pose2, Pose3, Twist3, wrap_angle

YAWS = st.floats(-math.pi, math.pi, exclude_max=True)


@few
@given(POSES, POSES, POSES)
def test_group_axioms(a: Pose3, b: Pose3, c: Pose3) -> None:
    assert_same_pose((a @ b) @ c, a @ (b @ c))
    assert_same_pose(a @ Pose3.identity(), a)
    assert_same_pose(Pose3.identity() @ a, a)
    assert_same_pose(a @ a.inverse(), Pose3.identity())
    assert_same_pose(a.inverse() @ a, Pose3.identity())
    assert_same_pose(a @ a.between(b), b)
    assert_same_pose(a.between(b), a.inverse() @ b)


@few
@given(POSES, POSES)
def test_composition_is_that_of_matrices(a: Pose3, b: Pose3) -> None:
    assert (a @ b).to_matrix() == pytest.approx(a.to_matrix() @ b.to_matrix(), abs=1e-12)


def test_rounding_does_not_pile_up() -> None:
    step = Twist3(np.array([0.01, 0.0, 0.0]), np.array([0.003, 0.001, 0.01])).to_pose()
    pose = Pose3.identity()
    for _ in range(10_000):
        pose = pose @ step
    # A few roundings of 1e-16 for each composition.
    assert np.abs(pose.rotation.T @ pose.rotation - np.eye(3)).max() < 1e-11


@few
@given(POSES)
def test_what_is_written_is_read(pose: Pose3) -> None:
    assert_same_pose(Pose3.from_matrix(pose.to_matrix()), pose, 1e-12)
    quaternion = pose.to_quaternion()
    assert np.linalg.norm(quaternion) == pytest.approx(1.0, abs=1e-12)
    assert quaternion[3] >= 0.0
    for scale in (1.0, -1.0, 5.0):
        assert_same_pose(Pose3.from_quaternion(pose.translation, scale * quaternion), pose, 1e-12)


def test_quaternions_are_in_the_order_of_ros() -> None:
    half = math.sqrt(0.5)
    north = Pose3.from_quaternion([1.0, 2.0, 3.0], [0.0, 0.0, half, half])
    assert north.transform_points(np.array([[1.0, 0.0, 0.0]]))[0] == pytest.approx([1.0, 3.0, 3.0])
    assert north.to_quaternion() == pytest.approx([0.0, 0.0, half, half])


@pytest.mark.parametrize(
    "quaternion",
    [[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, math.nan], [math.inf, 0.0, 0.0, 0.0], [1e-9] * 4],
)
def test_a_quaternion_that_is_no_rotation_is_refused(quaternion: list[float]) -> None:
    with pytest.raises(ValueError, match="not a rotation"):
        Pose3.from_quaternion([0.0, 0.0, 0.0], quaternion)


def moved_entry(row: int, column: int, value: float) -> np.ndarray:
    matrix = np.eye(4)
    matrix[row, column] = value
    return matrix


@pytest.mark.parametrize(
    ("matrix", "says"),
    [
        (np.eye(3), "4x4"),
        (moved_entry(0, 0, -1.0), "mirrors"),
        (moved_entry(0, 0, 1.1), "orthonormal"),
        (moved_entry(0, 1, 0.01), "orthonormal"),
        (moved_entry(0, 1, math.nan), "orthonormal"),
        (moved_entry(3, 0, 0.1), "last row"),
        (moved_entry(3, 3, math.nan), "last row"),
        (np.zeros((4, 4)), "last row"),
    ],
)
def test_a_matrix_that_is_no_rigid_motion_is_refused(matrix: np.ndarray, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Pose3.from_matrix(matrix)


@few
@given(POSES)
def test_a_matrix_written_with_four_digits_is_mended(pose: Pose3) -> None:
    read = Pose3.from_matrix(np.round(pose.to_matrix(), 4))
    assert np.abs(read.rotation.T @ read.rotation - np.eye(3)).max() < 1e-14
    assert read.angle_to(pose) < 2e-4


@pytest.mark.parametrize(
    ("rotation", "translation"), [(np.eye(2), np.zeros(3)), (np.eye(3), np.zeros(2))]
)
def test_other_shapes_are_refused(rotation: np.ndarray, translation: np.ndarray) -> None:
    with pytest.raises(ValueError, match="got shapes"):
        Pose3(rotation, translation)


def test_both_parts_are_frozen_and_the_callers_are_not() -> None:
    rotation, translation = np.eye(3), np.zeros(3)
    given_pose = Pose3(rotation, translation)
    rotation[0, 0], translation[0] = 5.0, 5.0
    assert_same_pose(given_pose, Pose3.identity())
    made = (
        given_pose,
        LEANING @ LEANING,
        LEANING.inverse(),
        LEANING.between(given_pose),
        Pose3.from_pose2(Pose2(1.0, 2.0, 0.5)),
        Twist3.reaching(LEANING).to_pose(),
    )
    for pose in made:
        for part in (pose.rotation, pose.translation):
            with pytest.raises(ValueError, match="read-only"):
                part[0] = 2.0


@few
@given(WAYS, YAWS, st.floats(-1.5, 1.5), YAWS)
def test_roll_pitch_and_yaw_turn_about_fixed_axes(
    way: np.ndarray, roll: float, pitch: float, yaw: float
) -> None:
    pose = Pose3.from_roll_pitch_yaw(way, roll, pitch, yaw)
    turns = [
        Twist3(np.zeros(3), angle * axis).to_pose()
        for angle, axis in zip((roll, pitch, yaw), np.eye(3), strict=True)
    ]
    assert_same_pose(pose, Pose3(np.eye(3), way) @ turns[2] @ turns[1] @ turns[0])
    for found, told in zip(pose.roll_pitch_yaw(), (roll, pitch, yaw), strict=True):
        assert wrap_angle(found - told) == pytest.approx(0.0, abs=1e-12)


@few
@given(YAWS, YAWS, st.sampled_from([0.0, 1e-12, 1e-9, 1e-7, 1e-5]), st.sampled_from([-1.0, 1.0]))
def test_with_the_nose_up_or_down_the_angles_still_tell_the_rotation(
    roll: float, yaw: float, short: float, sign: float
) -> None:
    pose = Pose3.from_roll_pitch_yaw([0.0, 0.0, 0.0], roll, sign * (0.5 * math.pi - short), yaw)
    again = Pose3.from_roll_pitch_yaw([0.0, 0.0, 0.0], *pose.roll_pitch_yaw())
    # Next to the lock each angle is told to a rounding over 1e-8, the cosine of the pitch there.
    assert_same_pose(again, pose, 1e-7)
    if short < 1e-8:
        assert pose.roll_pitch_yaw()[0] == 0.0


@few
@given(WAYS, YAWS)
def test_a_planar_pose_is_lifted_and_projected_back(way: np.ndarray, yaw: float) -> None:
    planar = Pose2(way[0], way[1], yaw)
    lifted = Pose3.from_pose2(planar, way[2])
    assert lifted.translation == pytest.approx(way)
    assert lifted.roll_pitch_yaw()[:2] == (0.0, 0.0)
    back = lifted.to_pose2()
    assert (back.x, back.y) == (planar.x, planar.y)
    assert wrap_angle(back.yaw - yaw) == pytest.approx(0.0, abs=1e-15)


@few
@given(POSES, st.lists(WAYS, min_size=1, max_size=4))
def test_points_move_as_positions_do(pose: Pose3, points: list[np.ndarray]) -> None:
    moved = pose.transform_points(np.array(points))
    for found, point in zip(moved, points, strict=True):
        expected = (pose @ Pose3(np.eye(3), point)).translation
        assert found == pytest.approx(expected, abs=1e-12)


@few
@given(POSES, POSES, AXES, ANGLES)
def test_distance_and_angle_are_those_moved(
    moved: Pose3, pose: Pose3, axis: np.ndarray, angle: float
) -> None:
    other = pose @ Twist3(np.zeros(3), angle * axis).to_pose() @ Pose3(np.eye(3), 2.0 * axis)
    assert pose.distance_to(other) == pytest.approx(2.0)
    assert pose.angle_to(other) == pytest.approx(angle, abs=1e-14)
    assert (moved @ pose).distance_to(moved @ other) == pytest.approx(2.0)
    assert (moved @ other).angle_to(moved @ pose) == pytest.approx(angle, abs=1e-14)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_not_finite_can_be_told(value: float) -> None:
    assert LEANING.is_finite()
    assert not Pose3(np.eye(3), np.array([0.0, value, 0.0])).is_finite()
    with pytest.raises(ValueError, match="orthonormal"):
        Pose3(np.full((3, 3), value), np.zeros(3))
