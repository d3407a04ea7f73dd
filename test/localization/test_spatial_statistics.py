# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The Gaussian of samples, compiled, is that of the geometry's own."""

from __future__ import annotations

import numpy as np
import pytest

from local_inn_ros.geometry.gaussian3 import GaussianPose3
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.localization.spatial_statistics import gaussian_about


@pytest.mark.parametrize("turn_rad", [1e-4, 0.05, 0.5])
def test_it_is_that_of_the_samples_wherever_they_are_looked_at_from(turn_rad: float) -> None:
    rng = np.random.default_rng(3)
    mean = Pose3.from_roll_pitch_yaw((3.0, -2.0, 0.4), -1.5, 0.2, 2.8)
    spread = [0.3, 0.1, 0.05, turn_rad, 0.3 * turn_rad, turn_rad]
    samples = GaussianPose3.from_deviations(mean, spread).sample(rng, 20)
    expected = GaussianPose3.from_samples(samples)
    for start in (mean, Pose3.from_matrix(samples[7])):
        told = gaussian_about(start, samples)
        assert told.mean.distance_to(expected.mean) < 1e-8
        assert told.mean.angle_to(expected.mean) < 1e-7
        np.testing.assert_allclose(told.covariance, expected.covariance, rtol=1e-6, atol=1e-12)
