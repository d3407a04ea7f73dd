# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether the filter's covariance is that of its errors."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from localization_helpers import gaussian, odometry_at

from local_inn_ros.filtering.motion_model import MotionNoise, ScaleNoise, scaled_motion
from local_inn_ros.filtering.pose_filter import FilterSettings, PoseFilter
from local_inn_ros.geometry import GaussianPose2, Pose2, Twist2
from local_inn_ros.sensing import Odometry


def test_the_filter_knows_how_wrong_it_is():
    """Its squared errors, in units of its covariance, average to the 3 degrees of freedom."""
    noise, scale_noise = MotionNoise(), ScaleNoise()
    kept = scale_noise.kept(0.05)
    deviations = np.sqrt(np.diag(scale_noise.covariance()))
    errors = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        pose_filter = PoseFilter(FilterSettings(shared_share=0.0))
        truth, believed = Pose2(1.0, 2.0, 3.0), Pose2.identity()
        pose_filter.predict(Odometry(0.0, believed))
        start = Pose2.from_array(truth.to_array() + rng.normal(0.0, [0.1, 0.1, 0.05]))
        pose_filter.reset(GaussianPose2.from_deviations(start, 0.1, 0.1, 0.05), 0.0)
        scales = rng.normal(0.0, deviations)
        for k in range(1, 41):
            stamp = 0.05 * k
            step = Twist2(0.15, 0.0, 0.04 * math.sin(0.2 * k)).to_pose()
            believed = believed @ step
            moved = scaled_motion(step, scales)
            spread = noise.body_covariance(moved, 0.05)
            error = Pose2.from_array(rng.multivariate_normal(np.zeros(3), spread))
            half = Pose2(0.0, 0.0, 0.5 * moved.yaw)
            # The error arises in the axes of the middle of the step, as the model has it.
            truth = truth @ moved @ half.inverse() @ error @ half
            scales = kept * scales + rng.normal(0.0, math.sqrt(1.0 - kept**2) * deviations)
            pose_filter.predict(Odometry(stamp, believed))
            if k % 2 == 0:
                seen = rng.normal(truth.to_array(), [0.03, 0.03, 0.01])
                pose_filter.fuse(
                    GaussianPose2.from_deviations(Pose2.from_array(seen), 0.03, 0.03, 0.01), stamp
                )
            if k % 5 == 0:
                errors.append(pose_filter.estimate().pose.squared_mahalanobis(truth))
    # 320 chi-squares with 3 degrees of freedom have a mean within 0.14 of 3, one deviation.
    assert np.mean(errors) == pytest.approx(3.0, abs=0.45)


@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
def test_what_fixes_share_is_not_averaged_away(share):
    """A robot that stands: the mean of its fixes comes no nearer than what they share."""
    deviations = np.array([0.03, 0.03, 0.01])
    squared, honest = [], []
    for seed in range(120):
        rng = np.random.default_rng(seed)
        told = PoseFilter(FilterSettings(shared_share=share))
        untold = PoseFilter(FilterSettings(shared_share=0.0))
        alike = math.sqrt(share) * deviations * rng.standard_normal(3)
        for pose_filter in (told, untold):
            pose_filter.predict(Odometry(0.0, Pose2.identity()))
            pose_filter.reset(gaussian(0.0, 0.0, 0.0, 0.1, 0.05), 0.0)
        for k in range(1, 60):
            own = math.sqrt(1.0 - share) * deviations * rng.standard_normal(3)
            fix = GaussianPose2.from_deviations(Pose2.from_array(alike + own), *deviations)
            for pose_filter in (told, untold):
                pose_filter.predict(Odometry(0.025 * k, Pose2.identity()))
                pose_filter.fuse(fix, 0.025 * k)
        honest.append(told.estimate().pose.squared_mahalanobis(Pose2.identity()))
        squared.append(untold.estimate().pose.squared_mahalanobis(Pose2.identity()))
    assert 2.2 < np.mean(honest) < 3.8
    assert np.mean(squared) > 2.0 * np.mean(honest)


@given(
    seed=st.integers(0, 10_000),
    wide=st.sampled_from([1e-4, 0.05, 1.0, 1e3]),
    steps=st.integers(1, 30),
    shared=st.sampled_from([0.0, 0.8]),
)
@settings(max_examples=80, deadline=None)
def test_the_covariance_stays_symmetric_and_positive(seed, wide, steps, shared):
    rng = np.random.default_rng(seed)
    pose_filter = PoseFilter(FilterSettings(gate_probability=1.0 - 1e-12, shared_share=shared))
    pose_filter.predict(odometry_at(0.0))
    pose_filter.reset(gaussian(4.0, -1.0, 2.5, 0.1, 0.1), 0.0)
    for k in range(1, steps + 1):
        stamp = 0.1 * k
        pose_filter.predict(odometry_at(stamp))
        # Certain to a tenth of a millimetre along one axis, knowing nothing along another.
        axes, _ = np.linalg.qr(rng.standard_normal((3, 3)))
        covariance = (axes * np.array([1e-4, 0.05, wide]) ** 2) @ axes.T
        measured = pose_filter.estimate().pose.mean.to_array() + rng.normal(0.0, 1e-3, 3)
        measurement = GaussianPose2(Pose2.from_array(measured), covariance)
        assert pose_filter.fuse(measurement, stamp).accepted
        found = pose_filter.estimate().pose.covariance
        assert np.array_equal(found, found.T)
        assert np.linalg.eigvalsh(found)[0] > 0.0
        if shared == 0.0:
            # A fix never makes the filter less certain, in any direction.
            assert np.linalg.eigvalsh(measurement.covariance - found)[0] > -1e-9 * wide**2
