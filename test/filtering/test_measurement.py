# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from local_inn_ros.filtering.measurement import Measurement
from local_inn_ros.filtering.widest import WIDEST_M
from local_inn_ros.geometry import GaussianPose2, Pose2

ALONG = np.array([math.cos(0.3), math.sin(0.3), 0.0])


def measured(covariance: NDArray[np.float64]) -> Measurement:
    return Measurement(GaussianPose2(Pose2.identity(), covariance), 0.0, "laser")


def test_a_usual_fix_sees_every_direction() -> None:
    fix = measured(np.diag([0.03, 0.02, 0.01]) ** 2)
    assert fix.observed_count() == 3
    assert np.linalg.matrix_rank(fix.observed_directions()) == 3


@pytest.mark.parametrize("wide_m", [1.01 * WIDEST_M, 1e3])
def test_along_a_corridor_nothing_is_seen(wide_m: float) -> None:
    fix = measured(np.diag([1e-4, 1e-4, 1e-5]) + wide_m**2 * np.outer(ALONG, ALONG))
    directions = fix.observed_directions()
    assert fix.observed_count() == len(directions) == 2
    assert np.linalg.norm(directions, axis=1) == pytest.approx(1.0)
    assert directions @ ALONG == pytest.approx(0.0, abs=1e-6)


def test_a_compass_sees_the_heading_alone() -> None:
    fix = measured(np.diag([1e6, 1e6, 1e-4]))
    assert fix.observed_count() == 1
    assert np.abs(fix.observed_directions()) == pytest.approx(np.array([[0.0, 0.0, 1.0]]))


def test_widths_that_only_together_are_wide_are_seen() -> None:
    """The sum of the variances is above what counts as not seen, each by itself is not."""
    fix = measured(np.diag([0.8 * WIDEST_M, 0.8 * WIDEST_M, 0.1]) ** 2)
    assert fix.observed_count() == len(fix.observed_directions()) == 3


def test_nothing_at_all_may_be_seen() -> None:
    fix = measured(np.diag([1e6, 1e6, 1e4]))
    assert fix.observed_count() == 0
    assert fix.observed_directions().shape == (0, 3)
