# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A pose is as uncertain after an update as AMCL's motion models make their particles."""

from __future__ import annotations

import math

import numpy as np
import pytest

from local_inn_ros.filtering.amcl_alphas import UPDATE_M, UPDATE_RAD, figures_of_alphas
from local_inn_ros.filtering.motion_model import carried
from local_inn_ros.filtering.odometry_noise import MOTION_FIGURES, OdometryNoise
from local_inn_ros.geometry import GaussianPose2, Pose2

# Small: AMCL multiplies errors with each other, which a covariance of first order leaves out.
ALPHAS = {"alpha1": 0.02, "alpha2": 0.01, "alpha3": 0.008, "alpha4": 0.005, "alpha5": 0.015}
DRAWS = 200_000


def drawn(way_m: float, turn_rad: float, *, omni: bool) -> np.ndarray:
    """Draw one update of AMCL's particles (n, 3), straight ahead or on the spot.

    As ``odometryUpdate`` of nav2_amcl's differential and omnidirectional models does.
    """
    rng = np.random.default_rng(0)
    a1, a2, a3, a4, a5 = ALPHAS.values()
    way, turn = way_m**2, turn_rad**2
    if omni:
        ahead = way_m + rng.normal(size=DRAWS) * math.sqrt(a3 * way + a4 * turn)
        turned = turn_rad + rng.normal(size=DRAWS) * math.sqrt(a1 * turn + a2 * way)
        aside = rng.normal(size=DRAWS) * math.sqrt(a4 * turn + a5 * way)
        return np.column_stack([ahead, aside, turned])
    # On the spot all of the turn is the second one.
    first = rng.normal(size=DRAWS) * math.sqrt(a2 * way)
    second = turn_rad + rng.normal(size=DRAWS) * math.sqrt(a1 * turn + a2 * way)
    ahead = way_m + rng.normal(size=DRAWS) * math.sqrt(a3 * way + a4 * turn)
    return np.column_stack([ahead * np.cos(first), ahead * np.sin(first), first + second])


def walked(step: Pose2, pieces: int, *, omni: bool) -> np.ndarray:
    """Return our covariance (3, 3) after a motion in many readings, of the alphas alone."""
    nothing = dict.fromkeys(MOTION_FIGURES, 0.0)
    figures = nothing | figures_of_alphas(ALPHAS, omni=omni)
    noise = OdometryNoise.of_figures(figures).motion
    pose = GaussianPose2(Pose2.identity(), np.zeros((3, 3)))
    for _ in range(pieces):
        pose = carried(pose, step, 0.0, noise, np.zeros((2, 2)))
    return pose.covariance


@pytest.mark.parametrize("omni", [False, True])
def test_after_an_updates_way_the_pose_is_as_uncertain_as_amcls(omni: bool) -> None:
    theirs = np.cov(drawn(UPDATE_M, 0.0, omni=omni).T)
    ours = walked(Pose2(UPDATE_M / 200, 0.0, 0.0), 200, omni=omni)
    # Errors of sampling are a share of 1 / sqrt(DRAWS / 2), those of second order one of alpha3.
    if omni:
        # AMCL's heading errs after the way, ours along it: which moves the end to the side.
        extra = ours[1, 1] - ALPHAS["alpha5"] * UPDATE_M**2
        assert extra == pytest.approx(ALPHAS["alpha2"] * UPDATE_M**4 / 3.0, rel=0.02)
        assert np.diag(ours) == pytest.approx(np.diag(theirs), rel=0.05)
    else:
        scale = np.sqrt(np.outer(np.diag(theirs), np.diag(theirs)))
        assert ours / scale == pytest.approx(theirs / scale, abs=0.03)


@pytest.mark.parametrize("omni", [False, True])
def test_after_an_updates_turn_the_pose_is_as_uncertain_as_amcls(omni: bool) -> None:
    theirs = np.cov(drawn(0.0, UPDATE_RAD, omni=omni).T)
    ours = walked(Pose2(0.0, 0.0, UPDATE_RAD / 200), 200, omni=omni)
    assert ours[2, 2] == pytest.approx(theirs[2, 2], rel=0.02)
    assert ours[0, 0] == pytest.approx(theirs[0, 0], rel=0.02)
    # The differential model errs ahead and behind alone, ours to the side as much.
    assert ours[1, 1] == pytest.approx(ours[0, 0])


def test_an_alpha_says_nothing_of_other_figures() -> None:
    assert figures_of_alphas({"alpha3": 0.2}, omni=False).keys() == {"along_per_metre"}
    assert figures_of_alphas({"alpha5": 0.2}, omni=False) == {}
    assert figures_of_alphas({"alpha5": 0.2}, omni=True).keys() == {"across_per_metre"}
    assert figures_of_alphas({}, omni=False) == {}
