# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_inn_ros.filtering.motion_model import (
    MotionNoise,
    ScaleNoise,
    carried,
    in_map_axes,
    motion_jacobian,
    scaled_motion,
)
from local_inn_ros.geometry import GaussianPose2, Pose2, Twist2, wrap_angle
from local_inn_ros.sensing.mounted_poses import pose_of_base, pose_of_mounted
from local_inn_ros.simulation.vehicle import arc

SMALL = st.floats(-3.0, 3.0)
POSES = st.builds(Pose2, SMALL, SMALL, SMALL)


@given(POSES, POSES, st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
def test_the_jacobian_is_the_derivative(pose, increment, distance, turn):
    step = 1e-6
    start = np.array([*pose.to_array(), distance, turn])

    def end(values):
        return (
            Pose2.from_array(values[:3]) @ scaled_motion(increment, values[3:].tolist())
        ).to_array()

    jacobian = motion_jacobian(pose, increment, start[3:].tolist())
    for column in range(5):
        moved = start.copy()
        moved[column] += step
        difference = end(moved) - end(start)
        difference[2] = wrap_angle(difference[2])
        assert difference / step == pytest.approx(jacobian[:, column], abs=1e-4)


@given(POSES, SMALL)
def test_noise_in_the_axes_of_the_map_is_that_of_the_body_turned(increment, yaw):
    noise = MotionNoise(across_per_metre_m=0.02)
    turned = in_map_axes(noise.body_covariance(increment, 0.1), yaw)
    assert noise.map_covariance(increment, 0.1, yaw) == pytest.approx(turned, abs=1e-12)


@given(POSES, POSES, st.integers(0, 1000))
def test_a_pose_that_is_carried_on_is_as_uncertain_as_the_jacobian_says(pose, increment, seed):
    rng = np.random.default_rng(seed)
    known, noise = np.zeros((5, 5)), MotionNoise()
    for block in (slice(0, 3), slice(3, 5)):
        root = 0.1 * rng.normal(size=known[block, block].shape)
        known[block, block] = root @ root.T
    start = GaussianPose2(pose, known[:3, :3])
    found = carried(start, increment, 0.1, noise, known[3:, 3:])
    jacobian = motion_jacobian(pose, increment, (0.0, 0.0))
    expected = jacobian @ known @ jacobian.T
    expected += noise.map_covariance(increment, 0.1, pose.yaw + 0.5 * increment.yaw)
    assert found.mean == pose @ increment
    assert found.covariance == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_the_scales_are_those_of_the_wheels():
    seen = arc(0.5, 0.2)
    found = scaled_motion(seen, (0.25, -0.1))
    # A lean of half the turn is exact for an arc; what is left is the chord's own length.
    assert found.to_array() == pytest.approx(arc(0.5 * 1.25, 0.2 * 0.9).to_array(), abs=1e-3)
    assert scaled_motion(seen, (0.0, 0.0)).to_array() == pytest.approx(seen.to_array())


def test_scales_forget_alike_in_one_step_and_in_many():
    noise = ScaleNoise(time_s=2.0)
    assert noise.kept(0.0) == 1.0
    assert noise.kept(0.3) ** 10 == pytest.approx(noise.kept(3.0))


@pytest.mark.parametrize(
    "wrong", [{"distance_deviation": -0.1}, {"turn_deviation": math.nan}, {"time_s": 0.0}]
)
def test_scale_noise_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ScaleNoise(**wrong)


@given(POSES, st.floats(0.0, 5.0))
def test_the_noise_is_a_covariance(increment, duration):
    covariance = MotionNoise().body_covariance(increment, duration)
    assert np.allclose(covariance, covariance.T)
    assert np.linalg.eigvalsh(covariance)[0] >= -1e-12


def test_noise_grows_with_time_travel_and_turning():
    noise = MotionNoise()
    still = noise.body_covariance(Pose2.identity(), 0.1)
    assert np.all(np.diag(noise.body_covariance(Pose2.identity(), 0.2)) > np.diag(still))
    assert np.all(np.diag(noise.body_covariance(Pose2(0.1, 0.0, 0.0), 0.1)) > np.diag(still))
    assert np.all(np.diag(noise.body_covariance(Pose2(0.0, 0.0, 0.1), 0.1)) > np.diag(still))
    assert np.all(np.diag(still) > 0.0)


def test_no_time_and_no_motion_add_nothing():
    assert not MotionNoise().body_covariance(Pose2.identity(), 0.0).any()


def test_cutting_a_motion_into_pieces_changes_nothing():
    noise = MotionNoise()
    twist = Twist2(1.0, 0.0, 0.0)
    whole = noise.body_covariance(twist.to_pose(), 1.0)
    parts = 10 * noise.body_covariance(twist.scaled(0.1).to_pose(), 0.1)
    assert parts == pytest.approx(whole)


def test_reversing_and_driving_sideways_are_as_uncertain_as_driving():
    noise = MotionNoise(along_per_metre_m=0.2, across_per_metre_m=0.1)
    ahead = noise.body_covariance(Pose2(1.0, 0.0, 0.0), 0.0)
    assert noise.body_covariance(Pose2(-1.0, 0.0, 0.0), 0.0) == pytest.approx(ahead)
    aside = noise.body_covariance(Pose2(0.0, 1.0, 0.0), 0.0)
    assert aside[1, 1] == pytest.approx(ahead[0, 0])
    assert aside[0, 0] == pytest.approx(ahead[1, 1])


@pytest.mark.parametrize("value", [-0.1, math.nan, math.inf])
def test_noise_that_makes_no_sense_is_refused(value):
    with pytest.raises(ValueError, match="yaw_per_radian_rad"):
        MotionNoise(yaw_per_radian_rad=value)


def test_body_axes_turn_with_the_robot():
    turned = in_map_axes(np.diag([4.0, 1.0, 9.0]), math.pi / 2)
    assert turned == pytest.approx(np.diag([1.0, 4.0, 9.0]), abs=1e-12)


@given(POSES, POSES)
def test_moving_to_a_mounted_sensor_and_back_changes_nothing(base, mount):
    pose = GaussianPose2.from_deviations(base, 0.1, 0.2, 0.05)
    again = pose_of_base(pose_of_mounted(pose, mount), mount)
    assert again.mean.distance_to(base) < 1e-9
    assert again.covariance == pytest.approx(pose.covariance, abs=1e-9)


def test_the_covariance_of_a_mounted_sensor_is_that_of_samples():
    rng = np.random.default_rng(5)
    mount = Pose2(0.4, -0.1, 2.0)
    base = GaussianPose2(
        Pose2(1.0, 2.0, 0.7), np.array([[4.0, 1.0, 0.2], [1.0, 3.0, -0.3], [0.2, -0.3, 1.0]]) * 1e-3
    )
    drawn = rng.multivariate_normal(base.mean.to_array(), base.covariance, 50_000)
    moved = np.array([(Pose2.from_array(one) @ mount).to_array() for one in drawn])
    expected = GaussianPose2.from_samples(moved)
    assert pose_of_mounted(base, mount).covariance == pytest.approx(expected.covariance, abs=1e-4)
