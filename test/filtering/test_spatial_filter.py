# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The filter in space: the same code, with poses of six degrees of freedom."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from space_helpers import assert_same_pose

from local_inn_ros.filtering.measurement import Measurement
from local_inn_ros.filtering.motion_model import MotionNoise, ScaleNoise
from local_inn_ros.filtering.odometry_buffer import Arrival
from local_inn_ros.filtering.pose_filter import FilterSettings, PoseFilter
from local_inn_ros.filtering.spatial_filter import SpatialPoseFilter
from local_inn_ros.filtering.widest import WIDEST
from local_inn_ros.geometry import GaussianPose2, GaussianPose3, Pose2, Pose3, Twist2, Twist3
from local_inn_ros.sensing import Odometry, Odometry3

START = Pose3.from_roll_pitch_yaw([4.0, -1.0, 2.0], 0.2, -0.3, 2.5)
SPEED = Twist3(np.array([2.0, 0.1, 0.3]), np.array([0.1, -0.3, 0.8]))


def odometry_at(stamp_s: float) -> Odometry3:
    return Odometry3(stamp_s, SPEED.scaled(stamp_s).to_pose(), SPEED)


def true_pose(stamp_s: float) -> Pose3:
    return START @ odometry_at(stamp_s).pose


def fix_at(stamp_s: float, rng: np.random.Generator, deviation: float = 0.03) -> GaussianPose3:
    error = Twist3.from_array(rng.normal(0.0, deviation, 6)).to_pose()
    return GaussianPose3.from_deviations(true_pose(stamp_s) @ error, np.full(6, deviation))


def begun() -> SpatialPoseFilter:
    pose_filter = SpatialPoseFilter()
    pose_filter.predict(odometry_at(0.0))
    pose_filter.reset(GaussianPose3.from_deviations(START, np.full(6, 0.1)), 0.0)
    return pose_filter


def readings(stop_s: float) -> list[tuple[float, Odometry3]]:
    return [(0.05 * k, odometry_at(0.05 * k)) for k in range(1, round(stop_s / 0.05) + 1)]


@given(seed=st.integers(0, 1000), delays=st.lists(st.floats(-0.05, 0.5), min_size=8, max_size=8))
@settings(max_examples=10, deadline=None)
def test_the_order_of_arrival_does_not_matter(seed: int, delays: list[float]) -> None:
    rng = np.random.default_rng(seed)
    stamps = np.sort(rng.uniform(0.1, 1.4, 8)).tolist()
    fixes = [Measurement(fix_at(stamp, rng), stamp, "camera") for stamp in stamps]
    # One is far off: whether the gate refuses it must not depend on the order either.
    off = fix_at(stamps[4], rng, deviation=1.0).mean
    sure = GaussianPose3.from_deviations(off, np.full(6, 0.01))
    fixes[4] = Measurement(sure, stamps[4], "camera")

    def end(arrivals: list[float]) -> SpatialPoseFilter:
        pose_filter = begun()
        events = [*readings(2.0), *zip(arrivals, fixes, strict=True)]
        for _, event in sorted(events, key=lambda one: one[0]):
            if isinstance(event, Odometry3):
                pose_filter.predict(event)
            else:
                pose_filter.fuse(event)
        return pose_filter

    in_order = end(stamps)
    late = end([stamp + delay for stamp, delay in zip(stamps, delays, strict=True)])
    one, two = in_order.estimate(), late.estimate()
    assert one.stamp_s == two.stamp_s
    assert_same_pose(one.pose.mean, two.pose.mean, 1e-9)
    assert one.pose.covariance == pytest.approx(two.pose.covariance, abs=1e-9)
    assert in_order.consecutive_refusals == late.consecutive_refusals


# So small that the second order of errors, in which the plane's differ, is below 1e-6.
SMALL = 2e-4


def test_planar_motion_gives_the_planar_filters_pose() -> None:
    noise = MotionNoise(*(0.01 * getattr(MotionNoise(), name) for name in MotionNoise.__slots__))
    told = FilterSettings(noise, ScaleNoise(0.01, 0.01, 2.0))
    rng = np.random.default_rng(4)
    plane, space = PoseFilter(told), SpatialPoseFilter(told)
    begin = GaussianPose2.from_deviations(Pose2(4.0, -1.0, 2.5), SMALL, 2 * SMALL, SMALL)
    lift = {"z_m": SMALL, "roll_rad": SMALL, "pitch_rad": SMALL}
    plane.predict(Odometry(0.0, Pose2.identity()))
    space.predict(Odometry3(0.0, Pose3.identity()))
    plane.reset(begin, 0.0)
    space.reset(GaussianPose3.from_planar(begin, 0.5, **lift), 0.0)
    believed, truth = Pose2.identity(), begin.mean
    for k in range(1, 101):
        stamp_s = 0.05 * k
        step = Twist2(2.0, 0.1, math.sin(0.1 * k)).scaled(0.05).to_pose()
        believed, before, truth = believed @ step, truth, truth @ step
        plane.predict(Odometry(stamp_s, believed))
        space.predict(Odometry3(stamp_s, Pose3.from_pose2(believed)))
        if k % 3 == 0:
            root = SMALL * rng.normal(size=(3, 3)) + SMALL * np.eye(3)
            seen = before.to_array() + SMALL * rng.standard_normal(3)
            fix = GaussianPose2(Pose2.from_array(seen), root @ root.T)
            level = GaussianPose3.from_planar(fix, 0.5, **lift)
            for source in ("laser", "camera"):
                one = plane.fuse(Measurement(fix, stamp_s - 0.05, source))
                two = space.fuse(Measurement(level, stamp_s - 0.05, source))
                assert one.accepted == two.accepted
                assert one.squared_mahalanobis == pytest.approx(two.squared_mahalanobis, abs=0.02)
        one_pose, two_pose = plane.estimate().pose, space.estimate().pose.to_planar()
        assert two_pose.mean.to_array() == pytest.approx(one_pose.mean.to_array(), abs=1e-6)
        scale = np.outer(one_pose.deviations(), one_pose.deviations())
        assert two_pose.covariance / scale == pytest.approx(one_pose.covariance / scale, abs=2e-3)
        level_pose = space.estimate().pose.mean
        assert level_pose.translation[2] == pytest.approx(0.5, abs=1e-6)
        assert level_pose.roll_pitch_yaw()[:2] == pytest.approx([0.0, 0.0], abs=1e-6)
    assert one_pose.mean.distance_to(truth) < 10.0 * SMALL


def test_a_camera_that_is_upright_and_far_off_is_followed_after_a_loss() -> None:
    """A correction by a large turn: what is certain is so in the axes of the pose that was seen."""
    pose_filter = begun()
    pose_filter.declare_lost()
    assert pose_filter.estimate().pose.deviations() == pytest.approx(WIDEST[6])
    pose_filter.resume()
    there = START @ Pose3.from_roll_pitch_yaw([3.0, -2.0, 0.5], 0.3, 0.2, 2.0)
    seen = GaussianPose3.from_deviations(there, [0.3, 0.01, 0.01, 0.02, 0.02, 0.1])
    assert pose_filter.fuse(Measurement(seen, 0.0, "camera")).accepted
    found = pose_filter.estimate().pose
    assert found.offset_of(there) == pytest.approx(np.zeros(6), abs=0.03)
    assert found.deviations() == pytest.approx(seen.deviations(), rel=0.05)


def test_map_from_odom_joins_the_two() -> None:
    pose_filter = begun()
    rng = np.random.default_rng(0)
    for stamp_s, reading in readings(1.0):
        pose_filter.predict(reading)
        pose_filter.fuse(Measurement(fix_at(stamp_s, rng), stamp_s, "camera"))
    assert_same_pose(
        pose_filter.map_from_odom() @ odometry_at(1.0).pose, pose_filter.estimate().pose.mean
    )
    assert pose_filter.estimate().pose.mean.distance_to(true_pose(1.0)) < 0.1


def test_between_readings_and_a_little_past_them_the_base_goes_on_along_its_screw() -> None:
    pose_filter = begun()
    for _, reading in readings(1.0):
        pose_filter.predict(reading)
    for stamp_s in (0.513, 1.08):
        known = pose_filter.estimate_at(stamp_s)
        assert known is not None
        assert_same_pose(known.mean, true_pose(stamp_s), 1e-9)
    assert pose_filter.estimate_at(1.2) is None
    # Without a velocity it stays.
    still = begun()
    still.predict(Odometry3(0.05, odometry_at(0.05).pose))
    known = still.estimate_at(0.1)
    assert known is not None
    assert_same_pose(known.mean, true_pose(0.05), 1e-9)


@pytest.mark.parametrize(
    "reading",
    [
        Odometry3(math.nan, Pose3.identity()),
        Odometry3(0.02, Pose3.from_rigid_motion(np.full((3, 3), math.nan), np.zeros(3))),
        Odometry3(0.02, Pose3(np.eye(3), [0.0, 0.0, 1e300])),
        Odometry3(0.02, Pose3.identity(), Twist3(np.zeros(3), np.array([0.0, math.nan, 0.0]))),
    ],
)
def test_a_reading_that_is_no_reading_is_not_taken(reading: Odometry3) -> None:
    assert begun().predict(reading) is Arrival.UNUSABLE


def test_odometry_that_begins_again_elsewhere_is_a_jump() -> None:
    pose_filter = begun()
    far = Odometry3(0.02, Pose3(np.eye(3), [8.0, 0.0, 0.0]))
    assert pose_filter.predict(far) is Arrival.POSITION_JUMP
    turned = Odometry3(0.04, Pose3.from_roll_pitch_yaw([8.0, 0.0, 0.0], 2.0, 0.0, 0.0))
    assert pose_filter.predict(turned) is Arrival.POSITION_JUMP
    # The robot went on meanwhile, as it was told to.
    assert pose_filter.estimate().pose.mean.distance_to(START) < 0.04
    assert pose_filter.estimate().pose.mean.angle_to(START) < 0.04
