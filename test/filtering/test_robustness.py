# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever finite numbers come, the filter's words stay finite and its covariances are such."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from filter_runs import fuse
from hypothesis import given, settings
from hypothesis import strategies as st

from local_inn_ros.filtering.conditioning import well_conditioned
from local_inn_ros.filtering.measurement import Measurement
from local_inn_ros.filtering.odometry_buffer import Arrival, OdometryBuffer
from local_inn_ros.filtering.pose_filter import PoseFilter, StampedPose
from local_inn_ros.filtering.prior import PriorKeeper, squared_innovation
from local_inn_ros.filtering.spatial_filter import SpatialPoseFilter
from local_inn_ros.geometry import GaussianPose2, GaussianPose3, Pose2, Pose3, Twist3
from local_inn_ros.sensing import Odometry, Odometry3

# As far and as fast as the doors let through.
coordinates = st.one_of(st.floats(-20.0, 20.0), st.floats(-1e8, 1e8), st.floats(-1e-300, 1e-300))
yaws = st.floats(-math.pi, math.pi)
poses = st.builds(Pose2, coordinates, coordinates, yaws)
steps_s = st.one_of(st.floats(-0.1, 0.2), st.floats(-100.0, 100.0), st.floats(-1e9, 1e9))
speeds = st.one_of(st.floats(-2.0, 2.0), st.floats(-1e4, 1e4))
factors = st.one_of(
    st.floats(-1.0, 1.0),
    st.floats(-1e150, 1e150),
    st.floats(-1e-150, 1e-150),
    st.sampled_from([0.0, 1e-9, 1e4, 1e6]),
)


@st.composite
def gaussians(draw: st.DrawFn) -> GaussianPose2:
    """A pose with any positive semi-definite covariance, singular ones and huge ones too."""
    rows = draw(st.lists(st.tuples(factors, factors, factors), min_size=0, max_size=4))
    factor = np.array(rows).reshape(-1, 3)
    return GaussianPose2(draw(poses), factor.T @ factor)


happenings = st.lists(
    st.one_of(
        st.tuples(st.just("odometry"), steps_s, poses, st.tuples(speeds, speeds, speeds)),
        st.tuples(st.just("fix"), steps_s, gaussians(), st.none()),
        st.tuples(st.just("reset"), steps_s, gaussians(), st.none()),
    ),
    min_size=5,
    max_size=40,
)


def assert_sound(pose: GaussianPose2) -> None:
    assert pose.mean.is_finite()
    assert np.all(np.isfinite(pose.covariance))
    assert np.array_equal(pose.covariance, pose.covariance.T)
    assert np.linalg.eigvalsh(pose.covariance)[0] > 0.0
    np.linalg.cholesky(pose.covariance)


@given(happenings)
@settings(max_examples=300)
def test_the_filter_stays_sound_and_finds_back(happened: list[tuple]) -> None:
    pose_filter, priors, now_s = PoseFilter(), PriorKeeper(), 1e9
    for what, step_s, told, speed in happened:
        if what == "odometry":
            now_s += step_s
            reading = Odometry(now_s, told, *speed)
            pose_filter.predict(reading)
            priors.add_odometry(reading)
        elif what == "fix":
            fuse(pose_filter, told, now_s + step_s)
            assert not math.isinf(squared_innovation(well_conditioned(told), told))
        else:
            pose_filter.reset(told, now_s + step_s)
            priors.tell(StampedPose(now_s + step_s, told))
        if not pose_filter.initialized:
            continue
        estimate = pose_filter.estimate()
        assert_sound(estimate.pose)
        for at_s in (now_s, now_s + 0.05, now_s - 1.0):
            for known in (pose_filter.estimate_at(at_s), priors.prior_at(at_s)):
                if known is not None:
                    assert_sound(known)
    # A sane drive, whatever came before.
    now_s += 5.0
    pose_filter.predict(Odometry(now_s, Pose2.identity()))
    pose_filter.reset(GaussianPose2.from_deviations(Pose2(1.0, 2.0, 0.5), 0.2, 0.2, 0.1), now_s)
    for k in range(1, 20):
        pose_filter.predict(Odometry(now_s + 0.05 * k, Pose2(0.05 * k, 0.0, 0.0), 1.0))
        truth = Pose2(1.0, 2.0, 0.5) @ Pose2(0.05 * k, 0.0, 0.0)
        measured = GaussianPose2.from_deviations(truth, 0.02, 0.02, 0.01)
        assert fuse(pose_filter, measured, now_s + 0.05 * k).accepted
    found = pose_filter.estimate().pose
    assert found.mean.distance_to(truth) < 0.01
    assert found.deviations().max() < 0.05


# What no door lets through, and what a program that calls the filter may hand it nevertheless.
wild = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([math.nan, math.inf, -math.inf, 1e308, -1e308, 1e200, 5e-324, 0.0]),
    st.floats(-3.0, 3.0),
)
wild_poses = st.builds(Pose2, wild, wild, wild)
wild_happenings = st.lists(
    st.one_of(
        st.tuples(st.just("odometry"), wild, wild_poses, st.tuples(wild, wild, wild)),
        st.tuples(st.just("fix"), wild, wild_poses, st.lists(wild, min_size=9, max_size=9)),
        st.tuples(st.just("reset"), wild, wild_poses, st.lists(wild, min_size=9, max_size=9)),
    ),
    min_size=1,
    max_size=12,
)


def unchecked(mean: Pose2, numbers: list[float]) -> GaussianPose2:
    """A pose with any nine numbers for a covariance, half of the time symmetric ones."""
    root = np.array(numbers).reshape(3, 3)
    with np.errstate(all="ignore"):
        covariance = root @ root.T if numbers[0] > 0.0 else 0.5 * (root + root.T)
    return GaussianPose2.from_rigid_motion(mean, covariance)


def told_by(pose_filter: PoseFilter) -> tuple[float, Pose2, bytes, int]:
    estimate = pose_filter.estimate()
    covariance = estimate.pose.covariance.tobytes()
    return estimate.stamp_s, estimate.pose.mean, covariance, pose_filter.consecutive_refusals


@given(wild_happenings)
@settings(max_examples=300, deadline=None)
def test_numbers_that_cannot_be_computed_with_change_nothing(happened: list[tuple]) -> None:
    pose_filter = PoseFilter()
    pose_filter.predict(Odometry(10.0, Pose2.identity(), 1.0))
    pose_filter.reset(GaussianPose2.from_deviations(Pose2(1.0, 2.0, 0.5), 0.1, 0.1, 0.1), 10.0)
    for what, wild_s, pose, numbers in happened:
        before = told_by(pose_filter)
        # Half of the stamps are such as would be heeded.
        stamp_s = before[0] + wild_s if abs(wild_s) < 3.0 else wild_s
        refused = False
        if what == "odometry":
            refused = not pose_filter.predict(Odometry(stamp_s, pose, *numbers)).taken
        elif what == "fix":
            fusion = fuse(pose_filter, unchecked(pose, numbers), stamp_s)
            assert fusion.accepted or fusion.reason
            # Refused by the gate it is counted; refused for its numbers, or its stamp, it is not.
            refused = not fusion.accepted and "Mahalanobis" not in fusion.reason
        elif not pose.is_finite() or not math.isfinite(stamp_s):
            assert not pose_filter.reset(unchecked(pose, numbers), stamp_s)
            refused = True
        else:
            pose_filter.reset(unchecked(pose, numbers), stamp_s)
        if refused:
            assert told_by(pose_filter) == before
        assert_sound(pose_filter.estimate().pose)


@pytest.mark.parametrize(
    "reading",
    [
        Odometry(math.nan, Pose2.identity()),
        Odometry(math.inf, Pose2.identity()),
        Odometry(10.1, Pose2(math.nan, 0.0, 0.0)),
        Odometry(10.1, Pose2(0.0, 0.0, math.inf)),
        Odometry(10.1, Pose2(1e300, 0.0, 0.0)),
        Odometry(10.1, Pose2.identity(), math.nan),
        Odometry(10.1, Pose2.identity(), 0.0, 0.0, -math.inf),
    ],
)
def test_a_reading_that_is_no_reading_is_not_taken(reading: Odometry) -> None:
    assert arrivals(Odometry(10.0, Pose2.identity()), reading)[1] is Arrival.UNUSABLE


@given(wild_happenings)
@settings(max_examples=60, deadline=None)
def test_nor_do_they_in_space(happened: list[tuple]) -> None:
    pose_filter = SpatialPoseFilter()
    pose_filter.predict(Odometry3(10.0, Pose3.identity()))
    start = GaussianPose3.from_deviations(Pose3.identity(), np.full(6, 0.1))
    pose_filter.reset(start, 10.0)
    for what, wild_s, pose, numbers in happened:
        before = pose_filter.estimate()
        stamp_s = before.stamp_s + wild_s if abs(wild_s) < 3.0 else wild_s
        there = Pose3.from_rigid_motion(np.eye(3), np.array([pose.x, pose.y, pose.yaw]))
        if what == "odometry":
            velocity = Twist3(np.array(numbers), np.array(numbers))
            pose_filter.predict(Odometry3(stamp_s, there, velocity))
        else:
            with np.errstate(all="ignore"):
                told = replace(start)
                object.__setattr__(told, "mean", there)
                object.__setattr__(told, "covariance", numbers[0] * start.covariance)
            if what == "fix":
                pose_filter.fuse(Measurement(told, stamp_s, "camera"))
            else:
                pose_filter.reset(told, stamp_s)
        after = pose_filter.estimate().pose
        assert after.mean.is_finite()
        np.linalg.cholesky(after.covariance)


@given(gaussians())
def test_conditioning_bounds_every_direction(pose: GaussianPose2) -> None:
    bounded = well_conditioned(pose)
    assert bounded.mean == pose.mean
    variances = np.linalg.eigvalsh(bounded.covariance)
    assert variances[0] > 0.5e-8
    assert variances[-1] < 1.001e6


@pytest.mark.parametrize("deviations", [(0.01, 0.02, 0.003), (1e-3, 1e-3, 1e-3), (500.0, 1.0, 3.0)])
def test_what_makes_sense_is_left_as_it_is(deviations: tuple[float, float, float]) -> None:
    pose = GaussianPose2.from_deviations(Pose2(1.0, 2.0, 3.0), *deviations)
    assert well_conditioned(pose).covariance == pytest.approx(pose.covariance, rel=1e-9, abs=1e-12)


def arrivals(*readings: Odometry) -> list[Arrival]:
    buffer = OdometryBuffer()
    return [buffer.add(one) for one in readings]


def test_odometry_that_begins_again_elsewhere_is_a_jump() -> None:
    far = Odometry(10.02, Pose2(8.0, 0.0, 0.0))
    turned = Odometry(10.02, Pose2(0.0, 0.0, 2.0))
    for jumped in (far, turned):
        assert arrivals(Odometry(10.0, Pose2.identity()), jumped)[1] is Arrival.POSITION_JUMP
    # A race car, a stamp that jitters, and a pause in which the robot drove on, are none.
    for moved in (
        Odometry(10.02, Pose2(2.0, 0.0, 0.25), 100.0, 0.0, 10.0),
        Odometry(10.0001, Pose2(0.9, 0.0, 0.1), 8.0),
        Odometry(40.0, Pose2(300.0, 0.0, 3.1), 10.0, 0.0, 0.1),
    ):
        assert arrivals(Odometry(10.0, Pose2.identity()), moved)[1] is Arrival.KEPT


def test_a_filter_goes_on_from_its_pose_where_the_odometry_begins_again() -> None:
    pose_filter = PoseFilter()
    start = GaussianPose2.from_deviations(Pose2(1.0, 2.0, 0.5), 0.1, 0.1, 0.1)
    pose_filter.predict(Odometry(10.0, Pose2(7.0, -3.0, 1.0)))
    pose_filter.reset(start, 10.0)
    assert pose_filter.predict(Odometry(10.02, Pose2.identity())) is Arrival.POSITION_JUMP
    pose_filter.predict(Odometry(10.04, Pose2(0.02, 0.0, 0.0)))
    found = pose_filter.estimate().pose.mean
    assert (start.mean @ Pose2(0.02, 0.0, 0.0)).between(found).to_array() == pytest.approx([0] * 3)


def test_one_stamp_from_the_far_future_costs_little_certainty() -> None:
    pose_filter = PoseFilter()
    pose_filter.predict(Odometry(10.0, Pose2.identity()))
    pose_filter.reset(GaussianPose2.from_deviations(Pose2.identity(), 0.05, 0.05, 0.02), 10.0)
    pose_filter.predict(Odometry(5e8, Pose2.identity()))
    assert pose_filter.predict(Odometry(10.02, Pose2.identity())) is Arrival.AFTER_ONE_AHEAD
    assert pose_filter.estimate().pose.deviations().max() < 0.15


def test_a_start_just_ahead_of_the_odometry_holds_when_that_has_come_there() -> None:
    pose_filter = PoseFilter()
    start = GaussianPose2.from_deviations(Pose2(1.0, 2.0, 0.5), 0.1, 0.1, 0.1)
    pose_filter.predict(Odometry(10.0, Pose2.identity(), 1.0))
    assert pose_filter.reset(start, 10.5)
    # Until then it is as good as any.
    assert pose_filter.estimate().pose.mean == start.mean
    for k in range(1, 8):
        pose_filter.predict(Odometry(10.0 + 0.1 * k, Pose2(0.1 * k, 0.0, 0.0), 1.0))
    found = pose_filter.estimate().pose.mean
    assert (start.mean @ Pose2(0.2, 0.0, 0.0)).between(found).to_array() == pytest.approx([0] * 3)


def test_a_start_far_ahead_of_the_odometry_holds_from_now_on() -> None:
    pose_filter = PoseFilter()
    start = GaussianPose2.from_deviations(Pose2(1.0, 2.0, 0.5), 0.1, 0.1, 0.1)
    pose_filter.predict(Odometry(10.0, Pose2.identity(), 1.0))
    assert not pose_filter.reset(start, 15.0)
    for k in range(1, 80):
        pose_filter.predict(Odometry(10.0 + 0.1 * k, Pose2(0.1 * k, 0.0, 0.0), 1.0))
    found = pose_filter.estimate().pose.mean
    assert (start.mean @ Pose2(7.9, 0.0, 0.0)).between(found).to_array() == pytest.approx([0] * 3)


def test_a_newer_start_makes_one_ahead_void() -> None:
    pose_filter = PoseFilter()
    pose_filter.predict(Odometry(10.0, Pose2.identity()))
    wrong = GaussianPose2.from_deviations(Pose2(50.0, 0.0, 0.0), 0.1, 0.1, 0.1)
    right = GaussianPose2.from_deviations(Pose2(1.0, 2.0, 0.5), 0.1, 0.1, 0.1)
    pose_filter.reset(wrong, 10.5)
    pose_filter.reset(right, 10.0)
    for k in range(1, 8):
        pose_filter.predict(Odometry(10.0 + 0.1 * k, Pose2.identity()))
    assert pose_filter.estimate().pose.mean == right.mean
