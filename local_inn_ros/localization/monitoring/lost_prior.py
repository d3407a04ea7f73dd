# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The prior of a scan while the robot is lost."""

from __future__ import annotations

from local_inn_ros.geometry import GaussianPose2

# As narrow as while a robot is tracked: so a scan costs no more than then.
_DEVIATION_M, _DEVIATION_RAD = 0.05, 0.02


def prior_while_lost(prior: GaussianPose2) -> GaussianPose2:
    """Return a prior that asks about one place alone: that where the robot is believed to be.

    Nothing is known of where a lost robot is, so its own prior is as wide as can be. To look at
    all that is possible under it is the work of the global search; a fix of such a scan only shows
    how badly it fits.
    """
    return GaussianPose2.from_deviations(prior.mean, _DEVIATION_M, _DEVIATION_M, _DEVIATION_RAD)
