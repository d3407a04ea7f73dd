# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Drives whose odometry is as wrong as its noise says."""

from __future__ import annotations

import math

import numpy as np

from local_inn_ros.filtering.motion_model import scaled_motion
from local_inn_ros.filtering.odometry_noise import OdometryNoise
from local_inn_ros.filtering.odometry_windows import PosedOdometry
from local_inn_ros.geometry import Pose2, Twist2

PERIOD_S = 0.05
# The robot drives and turns anew after so many steps.
_STRETCH = 40


def drive(
    noise: OdometryNoise,
    seed: int,
    duration_s: float = 300.0,
    *,
    speeds_mps: tuple[float, ...] = (0.0, 0.5, 1.0, 2.0),
    rates_radps: tuple[float, ...] = (-1.0, -0.3, 0.0, 0.0, 0.3, 1.0),
    reference: tuple[float, float] = (0.0, 0.0),
) -> PosedOdometry:
    """Return a drive of a robot whose odometry errs as the motion model has it.

    Args:
        noise: of the odometry.
        seed: source of all chance.
        duration_s: how long it is.
        speeds_mps: one of them for each stretch of two seconds.
        rates_radps: the same.
        reference: standard deviations of the truth as it is told, in m and rad.
    """
    rng = np.random.default_rng(seed)
    kept = noise.scales.kept(PERIOD_S)
    deviations = np.sqrt(np.diag(noise.scales.covariance()))
    scales = rng.normal(0.0, deviations)
    truth, believed = Pose2(1.0, 2.0, 0.5), Pose2.identity()
    poses = [(believed.to_array(), truth.to_array())]
    count = round(duration_s / PERIOD_S)
    for k in range(count):
        if k % _STRETCH == 0:
            speed, rate = rng.choice(speeds_mps), rng.choice(rates_radps)
        step = Twist2(speed * PERIOD_S, 0.0, rate * PERIOD_S).to_pose()
        believed = believed @ step
        moved = scaled_motion(step, scales)
        spread = noise.motion.body_covariance(moved, PERIOD_S)
        error = Pose2.from_array(rng.multivariate_normal(np.zeros(3), spread))
        half = Pose2(0.0, 0.0, 0.5 * moved.yaw)
        # The error arises in the axes of the middle of the step, as the model has it.
        truth = truth @ moved @ half.inverse() @ error @ half
        scales = kept * scales + rng.normal(0.0, math.sqrt(1.0 - kept**2) * deviations)
        poses.append((believed.to_array(), truth.to_array()))
    seen, true = np.array(poses).swapaxes(0, 1)
    told = true + rng.normal(size=true.shape) * np.array([reference[0], *reference])
    return PosedOdometry(PERIOD_S * np.arange(count + 1), seen, told)
