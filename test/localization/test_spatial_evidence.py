# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Two words on one pose in space, put together."""

from __future__ import annotations

import numpy as np

from local_inn_ros.geometry.gaussian3 import GaussianPose3
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.geometry.se3 import exp_twists
from local_inn_ros.localization.spatial_evidence import fused_in_space

_POSE = Pose3.from_roll_pitch_yaw((1.0, 2.0, 3.0), 0.3, -0.2, 2.0)


def test_equal_words_meet_in_the_middle() -> None:
    way = np.array([0.2, -0.1, 0.3, 0.0, 0.0, 0.0])
    other = _POSE @ Pose3.from_matrix(exp_twists(way))
    words = [GaussianPose3.from_deviations(mean, [0.1] * 6) for mean in (_POSE, other)]
    fused = fused_in_space(*words)
    middle = _POSE @ Pose3.from_matrix(exp_twists(0.5 * way))
    assert fused.mean.distance_to(middle) < 1e-3 and fused.mean.angle_to(middle) < 1e-3
    np.testing.assert_allclose(fused.deviations(), 0.1 / np.sqrt(2.0), rtol=0.02)


def test_what_knows_nothing_changes_nothing() -> None:
    known = GaussianPose3.from_deviations(_POSE, [0.01] * 6)
    vague = GaussianPose3.from_deviations(
        _POSE @ Pose3.from_matrix(exp_twists([0.5, 0.1, 0.0, 0.1, 0.0, 0.2])), [1e3] * 6
    )
    fused = fused_in_space(vague, known)
    assert fused.mean.distance_to(_POSE) < 1e-5
    np.testing.assert_allclose(fused.covariance, known.covariance, rtol=1e-3, atol=1e-9)


def test_order_does_not_matter() -> None:
    other = _POSE @ Pose3.from_matrix(exp_twists([0.1, -0.2, 0.05, 0.02, 0.1, -0.05]))
    first = GaussianPose3.from_deviations(_POSE, [0.1, 0.2, 0.3, 0.02, 0.05, 0.1])
    second = GaussianPose3.from_deviations(other, [0.3, 0.1, 0.1, 0.1, 0.05, 0.02])
    one, two = fused_in_space(first, second), fused_in_space(second, first)
    assert one.mean.distance_to(two.mean) < 1e-6 and one.mean.angle_to(two.mean) < 1e-6
