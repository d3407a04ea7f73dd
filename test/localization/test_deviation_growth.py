# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""By how much deviations are too small, told by fixes that follow each other on a way."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.self_calibration.deviation_growth import DeviationGrowth
from local_inn_ros.localization.self_calibration.fix_pairs import FixPairs, PairError

TOLD = np.array([0.03, 0.03, 0.03])
STEP_M = 0.4


def factors(
    larger: float, alike: float = 0.9, odometry: float = 0.0, seed: int = 0
) -> NDArray[np.float64]:
    """Return what is found on a way of 400 fixes.

    Args:
        larger: by so much are deviations larger than told.
        alike: correlation of two fixes at a place, which wanes over a metre.
        odometry: errors of a step, in parts of what is told of odometry.
        seed: of all chance.
    """
    rng = np.random.default_rng(seed)
    pairs, growth, kept = FixPairs(), DeviationGrowth(), math.exp(-STEP_M)
    shared, true, wheels = rng.normal(size=3), Pose2.identity(), Pose2.identity()
    short: list[PairError] = []
    long: list[PairError] = []
    for count in range(400):
        step = Pose2(STEP_M, 0.0, 0.02)
        true = true @ step
        slip = odometry * rng.normal(size=3) * [0.1, 0.03, 0.03]
        wheels = wheels @ step @ Pose2.from_array(slip)
        shared = kept * shared + math.sqrt(1.0 - kept**2) * rng.normal(size=3)
        own = rng.normal(size=3)
        error = larger * TOLD * (math.sqrt(alike) * shared + math.sqrt(1.0 - alike) * own)
        seen = GaussianPose2.from_deviations(true @ Pose2.from_array(error), *TOLD)
        one, two = pairs.add(0.2 * count, seen, (1.0, 1.0, 1.0), wheels)
        short += [] if one is None else [one]
        long += [] if two is None else [two]
        if count % 10 == 9:
            growth.take(short, long)
            short, long = [], []
    return np.sqrt(growth.factors)


@pytest.mark.parametrize("seed", range(2))
def test_deviations_that_are_right_or_too_large_are_left(seed: int) -> None:
    assert factors(1.0, seed=seed) == pytest.approx(1.0)
    assert factors(0.3, seed=seed) == pytest.approx(1.0)


@pytest.mark.parametrize("odometry", [0.3, 1.0, 1.8])
def test_errors_of_the_odometry_are_not_taken_for_those_of_fixes(odometry: float) -> None:
    for seed in range(2):
        assert factors(1.0, odometry=odometry, seed=seed) == pytest.approx(1.0, abs=0.05)


def test_deviations_that_are_far_too_small_grow_and_twofold_at_most() -> None:
    for seed in range(2):
        assert factors(3.0, seed=seed)[0] > 1.5
        found = factors(5.0, seed=seed)
        assert found.min() > 1.2
        assert found.max() <= 2.0


def test_they_grow_no_further_than_is_right() -> None:
    for seed in range(2):
        assert factors(1.5, seed=seed).max() < 1.5


def test_independent_errors_are_not_taken_for_much_larger_ones() -> None:
    assert factors(1.0, alike=0.2).max() < 1.1
