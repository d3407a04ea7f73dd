# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether the noise of an odometry is found out from drives whose poses are known."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from odometry_drives import PERIOD_S, drive

from local_inn_ros.errors import BagError
from local_inn_ros.filtering.measurement import Measurement
from local_inn_ros.filtering.motion_model import MotionNoise, ScaleNoise
from local_inn_ros.filtering.odometry_fit import LEAST_SHARE, OdometryFit, fit_odometry_noise
from local_inn_ros.filtering.odometry_noise import MOTION_FIGURES, OdometryNoise
from local_inn_ros.filtering.odometry_windows import LENGTHS_S, PosedOdometry
from local_inn_ros.filtering.pose_filter import FilterSettings, PoseFilter, SourceSettings
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.sensing import Odometry

DEFAULTS = OdometryNoise().figures()
WORSE = OdometryNoise(MotionNoise(0.15, 0.1, 0.15, 0.2, 0.1, 0.03, 0.02), ScaleNoise(0.3, 0.2, 4.0))
BETTER = OdometryNoise(
    MotionNoise(0.01, 0.005, 0.01, 0.01, 0.01, 0.002, 0.001), ScaleNoise(0.03, 0.02, 5.0)
)


@cache
def found(noise: OdometryNoise, seed: int) -> OdometryFit:
    return fit_odometry_noise(drive(noise, seed))


@pytest.mark.parametrize("noise", [WORSE, BETTER])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_noise_that_was_simulated_is_found(noise: OdometryNoise, seed: int) -> None:
    fit = found(noise, seed)
    # Of two spells' lengths one fits as well as the other where few spells were seen.
    assert set(fit.kept) <= {"scale_time"}
    true, estimate = noise.figures(), fit.noise.figures()
    for name in MOTION_FIGURES:
        assert estimate[name] == pytest.approx(true[name], rel=0.3), name
    # A drive of 300 s has 40 spells of the scales: their variance is known to a fifth, and errors
    # of tenths of a radian bend what is linear.
    for name in ("distance_scale", "turn_scale"):
        assert abs(math.log(estimate[name] / true[name])) < math.log(2.0), name
    for length_s, (default, estimated) in fit.squared_errors.items():
        # Four deviations of a mean of chi-squares over windows that do not overlap.
        assert abs(estimated - 3.0) < 4.0 * math.sqrt(6.0 * length_s / 300.0) + 0.1
        assert abs(default - 3.0) > 1.0


def squared_errors(noise: OdometryNoise, held_out: PosedOdometry, seed: int) -> list[float]:
    """Return the filter's squared errors before each fix, in units of its covariance."""
    rng = np.random.default_rng(seed)
    deviations = np.array([0.03, 0.03, 0.01])
    told = FilterSettings(noise.motion, noise.scales, SourceSettings(1.0 - 1e-9, shared_share=0.0))
    pose_filter, errors = PoseFilter(told), []
    rows = zip(held_out.stamps_s, held_out.odometry, held_out.truth, strict=True)
    for k, (stamp, odometry, true) in enumerate(rows):
        pose_filter.predict(Odometry(float(stamp), Pose2.from_array(odometry)))
        if k % 10:
            continue
        seen = Pose2.from_array(true + rng.normal(0.0, deviations))
        fix = GaussianPose2.from_deviations(seen, *deviations)
        if k == 0:
            pose_filter.reset(fix, float(stamp))
            continue
        estimate = pose_filter.estimate().pose
        errors.append(estimate.squared_mahalanobis(Pose2.from_array(true)))
        pose_filter.fuse(Measurement(fix, float(stamp), "laser"))
    return errors


@pytest.mark.parametrize("noise", [WORSE, BETTER])
def test_a_filter_that_is_told_knows_how_wrong_it_is(noise: OdometryNoise) -> None:
    told, untold = [], []
    for seed in range(10, 13):
        held_out = drive(noise, seed, 60.0)
        told += squared_errors(found(noise, 0).noise, held_out, seed)
        untold += squared_errors(OdometryNoise(), held_out, seed)
    assert abs(np.mean(told) - 3.0) < 0.6
    assert abs(np.mean(untold) - 3.0) > 1.5


def test_what_the_drive_does_not_tell_keeps_its_default() -> None:
    straight = fit_odometry_noise(drive(OdometryNoise(), 1, 120.0, rates_radps=(0.0,)))
    assert {"yaw_per_radian", "position_per_radian", "turn_scale"} <= set(straight.kept)
    estimate = straight.noise.figures()
    assert all(estimate[name] == pytest.approx(DEFAULTS[name]) for name in straight.kept)
    assert straight.radians == 0.0
    assert not {"along_per_metre", "yaw_per_metre", "distance_scale"} & set(straight.kept)
    assert not straight.factors.keys() & set(straight.kept)


def test_a_robot_that_stands_tells_of_time_alone() -> None:
    rng = np.random.default_rng(3)
    count = 4800
    steps = rng.normal(size=(count, 3)) * math.sqrt(PERIOD_S) * np.array([0.02, 0.02, 0.01])
    stamps, still = PERIOD_S * np.arange(count), np.zeros((count, 3))
    fit = fit_odometry_noise(PosedOdometry(stamps, still, np.cumsum(steps, axis=0)))
    assert fit.metres == 0.0
    assert set(DEFAULTS) - set(fit.kept) == {"position_per_second", "yaw_per_second"}
    # The longest of six kinds of windows are 48: by them alone a deviation is known to a tenth.
    assert fit.noise.motion.position_per_second_m == pytest.approx(0.02, rel=0.15)
    assert fit.noise.motion.yaw_per_second_rad == pytest.approx(0.01, rel=0.15)


def test_the_noise_of_the_reference_is_not_taken_for_the_odometrys() -> None:
    fit = fit_odometry_noise(drive(OdometryNoise(), 0, reference=(0.02, 0.01)))
    assert fit.reference["reference_position"] == pytest.approx(0.02, rel=0.1)
    assert fit.reference["reference_yaw"] == pytest.approx(0.01, rel=0.1)
    assert fit.noise.motion.across_per_metre_m == pytest.approx(0.05, rel=0.3)
    assert fit.noise.motion.position_per_radian_m == pytest.approx(0.05, rel=0.3)


def test_a_few_poses_gone_astray_change_little() -> None:
    clean = drive(OdometryNoise(), 0)
    truth = clean.truth.copy()
    truth[1000], truth[4000] = truth[1000] + 2.0, np.nan
    spoiled = fit_odometry_noise(PosedOdometry(clean.stamps_s, clean.odometry, truth))
    for name, value in found(OdometryNoise(), 0).noise.figures().items():
        assert abs(math.log(spoiled.noise.figures()[name] / value)) < math.log(1.5), name


def test_a_reference_made_from_the_odometry_does_not_make_it_perfect() -> None:
    clean = drive(OdometryNoise(), 0, 60.0)
    fit = fit_odometry_noise(PosedOdometry(clean.stamps_s, clean.odometry, clean.odometry))
    for name, value in fit.noise.figures().items():
        if name != "scale_time":
            assert value >= 0.99 * LEAST_SHARE * DEFAULTS[name]


def test_too_short_a_drive_is_refused() -> None:
    with pytest.raises(BagError, match="longer recording"):
        fit_odometry_noise(drive(OdometryNoise(), 0, 0.8))


def test_poses_told_rarely_make_windows_that_are_long() -> None:
    clean = drive(OdometryNoise(), 0, 120.0)
    truth = np.full_like(clean.truth, np.nan)
    truth[::16] = clean.truth[::16]
    fit = fit_odometry_noise(PosedOdometry(clean.stamps_s, clean.odometry, truth))
    assert set(fit.squared_errors) == {one for one in LENGTHS_S if 2.0 * one >= 16 * PERIOD_S}
