# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Poses in space for property tests, and what they are compared by."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from local_inn_ros.geometry import GaussianPose3, Pose3, Twist3

few = settings(derandomize=True, deadline=None, max_examples=60)

METRES = st.floats(-20.0, 20.0)
WAYS = st.tuples(METRES, METRES, METRES).map(np.array)
# Where closed forms lose their digits, and where the series meets them.
_HARD_ANGLES = (0.0, 1e-12, 1e-9, 1e-6, 1e-4, 1e-2, 0.999999, 1.0, 1.000001)
_NEARLY_PI = tuple(math.pi - short for short in (1e-1, 1e-3, 1e-6, 1e-9))
ANGLES = (
    st.sampled_from(_HARD_ANGLES + _NEARLY_PI)
    | st.floats(-12.0, 0.0).map(lambda power: 10.0**power)
    | st.floats(1e-12, math.pi - 1e-9)
)
_COORDINATES = st.floats(-1.0, 1.0)
AXES = (
    st.tuples(_COORDINATES, _COORDINATES, _COORDINATES)
    .map(np.array)
    .filter(lambda axis: np.linalg.norm(axis) > 0.1)
    .map(lambda axis: axis / np.linalg.norm(axis))
)
ROTATION_VECTORS = st.builds(lambda axis, angle: axis * angle, AXES, ANGLES)
TWISTS = st.builds(Twist3, WAYS, ROTATION_VECTORS)
POSES = TWISTS.map(Twist3.to_pose)

LEANING = Pose3.from_roll_pitch_yaw([3.0, -2.0, 1.0], 0.4, -0.7, 2.5)


def assert_same_pose(left: Pose3, right: Pose3, tolerance: float = 1e-10) -> None:
    assert np.abs(left.rotation - right.rotation).max() < tolerance
    assert np.abs(left.translation - right.translation).max() < tolerance


def random_gaussian(mean: Pose3, seed: int, size: float = 0.02) -> GaussianPose3:
    """A Gaussian with correlations, of deviations of about ``size`` in metres and radians."""
    root = size * np.random.default_rng(seed).normal(size=(6, 6)) / math.sqrt(6.0)
    return GaussianPose3(mean, root @ root.T)


def assert_scattered_as(samples: NDArray[np.float64], covariance: NDArray[np.float64]) -> None:
    """Offsets (n, m) have this covariance, to five standard errors of what was drawn."""
    count = len(samples)
    found = samples.T @ samples / count
    variances = np.diag(covariance)
    errors = np.sqrt((np.outer(variances, variances) + covariance**2) / count)
    assert np.all(np.abs(found - covariance) < 5.0 * errors)
