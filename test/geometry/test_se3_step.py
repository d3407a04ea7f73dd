# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A step on SE(3) is the exponential map's, for turns of any size."""

from __future__ import annotations

import numpy as np
import pytest

from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.geometry.se3 import exp_twists, inverse_right_jacobian
from local_inn_ros.geometry.se3_step import offset_between, stepped


@pytest.mark.parametrize("size", [0.0, 1e-9, 1e-4, 9e-4, 1.1e-3, 0.1, 1.0, 3.0])
def test_a_step_is_that_of_the_exponential_map(size: float) -> None:
    rng = np.random.default_rng(5)
    for _ in range(10):
        turn = rng.normal(size=3)
        xi = np.concatenate([rng.normal(size=3), size * turn / np.linalg.norm(turn)])
        pose = Pose3.from_matrix(exp_twists(rng.normal(size=6)))
        expected = pose @ Pose3.from_matrix(exp_twists(xi))
        np.testing.assert_allclose(stepped(pose, xi).to_matrix(), expected.to_matrix(), atol=1e-12)


@pytest.mark.parametrize("size", [0.0, 1e-9, 1e-4, 2e-3, 0.09, 0.11, 1.0, 3.0, 3.141])
def test_the_way_back_is_the_logarithm_with_its_slope(size: float) -> None:
    rng = np.random.default_rng(6)
    for _ in range(10):
        turn = rng.normal(size=3)
        xi = np.concatenate([rng.normal(size=3), size * turn / np.linalg.norm(turn)])
        pose = Pose3.from_matrix(exp_twists(rng.normal(size=6)))
        other = pose @ Pose3.from_matrix(exp_twists(xi))
        off, slope = offset_between(
            pose.rotation, pose.translation, other.rotation, other.translation
        )
        np.testing.assert_allclose(off, xi, atol=1e-9)
        np.testing.assert_allclose(slope, inverse_right_jacobian(xi), atol=1e-8)
