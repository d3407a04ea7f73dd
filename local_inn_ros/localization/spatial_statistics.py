# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Mean and covariance of the samples of one picture or cloud, compiled."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry.gaussian3 import GaussianPose3
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.geometry.se3_step import moved_by, offset_between

_MOST_STEPS, _ARRIVED = 20, 1e-10


def gaussian_about(start: Pose3, samples: NDArray[np.float64]) -> GaussianPose3:
    """Return ``GaussianPose3.from_samples`` of poses (n, 4, 4), n >= 2, that are about a start."""
    rotation, translation, covariance = _fitted(start.rotation, start.translation, samples)
    return GaussianPose3(Pose3.from_rigid_motion(rotation, translation), covariance)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _fitted(rotation, translation, poses):  # type: ignore[no-untyped-def]
    """Return where offsets of poses (n, 4, 4) add up to nothing, and their covariance (6, 6)."""
    turn, place = rotation.copy(), translation.copy()
    count = poses.shape[0]
    offsets = np.empty((count, 6))
    for _ in range(_MOST_STEPS):
        step = np.zeros(6)
        for i in range(count):
            turned = np.ascontiguousarray(poses[i, :3, :3])
            offsets[i], _ = offset_between(turn, place, turned, poses[i, :3, 3].copy())
            step += offsets[i] / count
        if np.sqrt(step @ step) < _ARRIVED:
            break
        turn, place = moved_by(turn, place, step)
    covariance = np.zeros((6, 6))
    for i in range(count):
        for j in range(6):
            for k in range(6):
                covariance[j, k] += offsets[i, j] * offsets[i, k]
    return turn, place, covariance / (count - 1)
