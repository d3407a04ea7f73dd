# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is believed of a pose in space, put together with what was measured of it."""

from __future__ import annotations

import numba
import numpy as np

from local_inn_ros.geometry.compiled import solved
from local_inn_ros.geometry.gaussian3 import GaussianPose3
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.geometry.se3_step import moved_by, offset_between

_MOST_STEPS = 5
_SETTLED = 1e-9


def fused_in_space(prior: GaussianPose3, measurement: GaussianPose3) -> GaussianPose3:
    """Return what two words on one pose say together, where neither depends on the other.

    Gauss-Newton on both offsets (Barfoot and Furgale, 2014, section V).

    Raises:
        LinAlgError: one of them is certain in some direction.
    """
    rotation, translation, information = _met(
        prior.mean.rotation,
        prior.mean.translation,
        np.linalg.inv(prior.covariance),
        measurement.mean.rotation,
        measurement.mean.translation,
        np.linalg.inv(measurement.covariance),
    )
    covariance = np.linalg.inv(information)
    pose = Pose3.from_rigid_motion(rotation, translation)
    return GaussianPose3(pose, 0.5 * (covariance + covariance.T))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _met(rotation, translation, known, other, there, other_known):  # type: ignore[no-untyped-def]
    """Return where two words on a pose meet: rotation, translation, and information (6, 6)."""
    turn, place = other.copy(), there.copy()
    information = np.zeros((6, 6))
    for _ in range(_MOST_STEPS):
        off, slope = offset_between(rotation, translation, turn, place)
        back = np.ascontiguousarray(slope.T)
        information = back @ known @ slope
        pull = back @ (known @ off)
        off, slope = offset_between(other, there, turn, place)
        back = np.ascontiguousarray(slope.T)
        information += back @ other_known @ slope
        pull += back @ (other_known @ off)
        step = -solved(information.copy(), pull)
        turn, place = moved_by(turn, place, step)
        if np.abs(step).max() < _SETTLED:
            break
    return turn, place, information
