# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A robot that drives along an arc, and filters that hear of it."""

import numpy as np
from localization_helpers import SPEED_MPS, TURN_RATE_RADPS, gaussian, odometry_at

from local_inn_ros.filtering.measurement import Measurement
from local_inn_ros.filtering.pose_filter import Fusion, PoseFilter
from local_inn_ros.geometry import GaussianPose2, Pose2, Twist2
from local_inn_ros.sensing import Odometry


def true_pose(stamp_s: float) -> Pose2:
    start = Pose2(4.0, -1.0, 2.5)
    return start @ Twist2(SPEED_MPS, 0.0, TURN_RATE_RADPS).scaled(stamp_s).to_pose()


def fix_at(stamp_s: float, rng: np.random.Generator, deviation: float = 0.03) -> GaussianPose2:
    error = rng.normal(0.0, deviation, 3)
    return GaussianPose2.from_deviations(
        Pose2.from_array(true_pose(stamp_s).to_array() + error), deviation, deviation, deviation
    )


def fuse(
    pose_filter: PoseFilter, pose: GaussianPose2, stamp_s: float, source: str = "laser"
) -> Fusion:
    return pose_filter.fuse(Measurement(pose, stamp_s, source))


def run(events, filter_settings=None):
    """Feed (arrival time, reading or (stamp, fix)) in the order of arrival."""
    pose_filter = PoseFilter(filter_settings)
    pose_filter.predict(odometry_at(0.0))
    pose_filter.reset(gaussian(4.05, -0.95, 2.45, 0.1, 0.1), 0.0)
    for _, event in sorted(events, key=lambda one: one[0]):
        if isinstance(event, Odometry):
            pose_filter.predict(event)
        else:
            fuse(pose_filter, event[1], event[0])
    return pose_filter


def readings(stop_s: float = 3.0, step_s: float = 0.02):
    stamps = [k * step_s for k in range(1, round(stop_s / step_s) + 1)]
    return [(stamp, odometry_at(stamp)) for stamp in stamps]
