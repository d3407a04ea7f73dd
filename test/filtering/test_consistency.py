# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether the filter's covariance is that of its errors."""

import math

import numpy as np
import pytest
from filter_runs import fuse
from hypothesis import given, settings
from hypothesis import strategies as st
from localization_helpers import gaussian, odometry_at

from local_inn_ros.benchmarking.filter_consistency import (
    ODOMETRY,
    SHARES,
    Consistency,
    matched_drives,
    matched_settings,
)
from local_inn_ros.filtering.chi_square import chi_square_quantile
from local_inn_ros.filtering.pose_filter import FilterSettings, PoseFilter, SourceSettings
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.sensing import Odometry


def assert_consistent(found: Consistency, degrees: int, gate_probability: float) -> None:
    """Both squares average to the degrees of freedom; as many fixes pass as the gate promises."""
    assert 0.9 * degrees < np.mean(found.nis) < 1.1 * degrees
    assert 0.8 * degrees < np.mean(found.nees) < 1.2 * degrees
    # The gate, and where it would lie for other shares of right fixes: four deviations.
    for probability in (0.5, 0.9, gate_probability):
        passed = np.mean(found.nis <= chi_square_quantile(probability, degrees))
        deviation = math.sqrt(probability * (1.0 - probability) / len(found.nis))
        assert passed == pytest.approx(probability, abs=4.0 * deviation)


@pytest.mark.parametrize("odometry", ODOMETRY)
@pytest.mark.parametrize("share", SHARES)
def test_the_filter_knows_how_wrong_it_and_the_fixes_are(share: float, odometry: str) -> None:
    """Errors are drawn as the filter has them."""
    settings = matched_settings(share, ODOMETRY[odometry], gate_probability=0.999)
    assert_consistent(matched_drives(settings, runs=80, fixes=40, seed=3), 3, 0.999)


@pytest.mark.parametrize(("share", "odometry"), [(0.0, "good"), (0.8, "good"), (0.8, "default")])
def test_so_does_the_filter_in_space(share: float, odometry: str) -> None:
    settings = matched_settings(share, ODOMETRY[odometry], gate_probability=0.999)
    found = matched_drives(settings, runs=20, fixes=40, seed=3, planar=False)
    assert_consistent(found, 6, 0.999)


@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
def test_what_fixes_share_is_not_averaged_away(share):
    """A robot that stands: the mean of its fixes comes no nearer than what they share."""
    deviations = np.array([0.03, 0.03, 0.01])
    squared, honest = [], []
    for seed in range(120):
        rng = np.random.default_rng(seed)
        told = PoseFilter(FilterSettings(source=SourceSettings(shared_share=share)))
        untold = PoseFilter(FilterSettings(source=SourceSettings(shared_share=0.0)))
        alike = math.sqrt(share) * deviations * rng.standard_normal(3)
        for pose_filter in (told, untold):
            pose_filter.predict(Odometry(0.0, Pose2.identity()))
            pose_filter.reset(gaussian(0.0, 0.0, 0.0, 0.1, 0.05), 0.0)
        for k in range(1, 60):
            own = math.sqrt(1.0 - share) * deviations * rng.standard_normal(3)
            fix = GaussianPose2.from_deviations(Pose2.from_array(alike + own), *deviations)
            for pose_filter in (told, untold):
                pose_filter.predict(Odometry(0.025 * k, Pose2.identity()))
                fuse(pose_filter, fix, 0.025 * k)
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
    told = SourceSettings(gate_probability=1.0 - 1e-12, shared_share=shared)
    pose_filter = PoseFilter(FilterSettings(source=told))
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
        assert fuse(pose_filter, measurement, stamp).accepted
        found = pose_filter.estimate().pose.covariance
        assert np.array_equal(found, found.T)
        assert np.linalg.eigvalsh(found)[0] > 0.0
        if shared == 0.0:
            # A fix never makes the filter less certain, in any direction.
            assert np.linalg.eigvalsh(measurement.covariance - found)[0] > -1e-9 * wide**2
