# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""AMCL's five alphas, and what they say in the figures of a random walk.

AMCL (Nav2, Kilted: ``nav2_amcl/src/motion_model``) draws an error for each update of its particles,
after Probabilistic Robotics, table 5.6. The error's deviation is a share of the update's way or
turn, so that what an alpha means depends on how long an update is; a random walk has no such
length. The two are matched where AMCL updates by default.
"""

from __future__ import annotations

import math

UPDATE_M = 0.25
"""AMCL's ``update_min_d``: an update after so much way."""
UPDATE_RAD = 0.2
"""AMCL's ``update_min_a``: an update after so much of a turn."""


def figures_of_alphas(alphas: dict[str, float], *, omni: bool) -> dict[str, float]:
    """Return what alphas say, by the names of ``OdometryNoise.figures``.

    After one update's way straight ahead the covariance of the pose is AMCL's, to first order, and
    after one update's turn on the spot. With the differential model both of AMCL's turns, before
    and after the way, err by ``alpha2``; what that does to the side goes beyond what a heading that
    wanders along the way does, and the rest is error across. On the spot AMCL errs ahead and behind
    alone, and here to all sides.

    Args:
        alphas: those that are known, by AMCL's names; each squared, at least 0.
        omni: whether they are for AMCL's omnidirectional model; the differential one has no
            ``alpha5``.
    """
    by_metre = {name: math.sqrt(UPDATE_M * alpha) for name, alpha in alphas.items()}
    by_radian = {name: math.sqrt(UPDATE_RAD * alpha) for name, alpha in alphas.items()}
    figures = {}
    if "alpha1" in alphas:
        figures["yaw_per_radian"] = by_radian["alpha1"]
    if "alpha2" in alphas:
        figures["yaw_per_metre"] = by_metre["alpha2"] * (1.0 if omni else math.sqrt(2.0))
        if not omni:
            figures["across_per_metre"] = by_metre["alpha2"] * UPDATE_M / math.sqrt(3.0)
    if "alpha3" in alphas:
        figures["along_per_metre"] = by_metre["alpha3"]
    if "alpha4" in alphas:
        figures["position_per_radian"] = by_radian["alpha4"]
    if omni and "alpha5" in alphas:
        figures["across_per_metre"] = by_metre["alpha5"]
    return figures
