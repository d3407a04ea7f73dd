# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is believed of a pose in space, put together with what was measured of it."""

from __future__ import annotations

import numpy as np

from local_inn_ros.geometry.gaussian3 import GaussianPose3
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.geometry.se3 import exp_twists, inverse_right_jacobian

_MOST_STEPS = 5
_SETTLED = 1e-9


def fused_in_space(prior: GaussianPose3, measurement: GaussianPose3) -> GaussianPose3:
    """Return what two words on one pose say together, where neither depends on the other.

    Gauss-Newton on both offsets (Barfoot and Furgale, 2014, section V).

    Raises:
        LinAlgError: one of them is certain in some direction.
    """
    words = [(one.mean, np.linalg.inv(one.covariance)) for one in (prior, measurement)]
    pose = measurement.mean
    for _ in range(_MOST_STEPS):
        information, gradient = np.zeros((6, 6)), np.zeros(6)
        for mean, known in words:
            off = GaussianPose3(mean, np.eye(6)).offset_of(pose)
            slope = inverse_right_jacobian(off)
            information += slope.T @ known @ slope
            gradient += slope.T @ known @ off
        step = -np.linalg.solve(information, gradient)
        pose = pose @ Pose3.from_matrix(exp_twists(step))
        if np.abs(step).max() < _SETTLED:
            break
    covariance = np.linalg.inv(information)
    return GaussianPose3(pose, 0.5 * (covariance + covariance.T))
