# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Mean and covariance of the samples of one scan, compiled."""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.geometry.compiled import wrap_angle


def gaussian_of(samples: NDArray[np.float64]) -> GaussianPose2:
    """Return ``GaussianPose2.from_samples`` of samples (n, 3), n >= 2, a sixth as long."""
    x, y, yaw, covariance = fitted(samples)
    return GaussianPose2(Pose2(x, y, yaw), covariance)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def fitted(poses):  # type: ignore[no-untyped-def]
    """Return the mean of poses (n, 3), by direction for yaw, and their covariance (3, 3)."""
    count = poses.shape[0]
    x, y, sine, cosine = 0.0, 0.0, 0.0, 0.0
    for i in range(count):
        x += poses[i, 0]
        y += poses[i, 1]
        sine += math.sin(poses[i, 2])
        cosine += math.cos(poses[i, 2])
    x, y, yaw = x / count, y / count, math.atan2(sine, cosine)
    covariance, off = np.zeros((3, 3)), np.empty(3)
    for i in range(count):
        off[0], off[1] = poses[i, 0] - x, poses[i, 1] - y
        off[2] = wrap_angle(poses[i, 2] - yaw)
        for j in range(3):
            for k in range(3):
                covariance[j, k] += off[j] * off[k]
    return x, y, yaw, covariance / (count - 1)
