# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The camera's pose that explains what a picture shows: Gauss-Newton on SE(3) under a prior.

Barfoot, State Estimation for Robotics (2017), sections 7.3 and 8.1; robust by iteratively
reweighted least squares with Student's distribution (Lange, Little and Taylor, 1989).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry.gaussian3 import GaussianPose3
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.geometry.se3 import inverse_right_jacobian, log_motions
from local_inn_ros.geometry.se3_step import stepped
from local_inn_ros.localization.alignment.sightings import Sightings, explained_by

_MOST_STEPS = 30
# A step that is shorter, in metres and radians, is the last.
_SETTLED = 1e-5
# Of the information: directions that nothing tells of stay where they are.
_LEAST_INFORMATION = 1e-6
_DAMPING = 1e-4
# Information of the estimate by that of its normal equations, where errors are Gaussian: with
# psi = w r and w = 3 / (1 + r^2), E[psi']^2 / E[psi^2] by E[w], over two numbers (Huber, Robust
# Statistics, 1981, section 3.2; the weights are those of one degree of freedom).
_INFORMATION_SHARE = 0.545
_MOST_DAMPING = 1e4


@dataclass(frozen=True, slots=True, eq=False)
class Aligned:
    """A pose of the camera that was aligned with what its picture shows.

    Attributes:
        pose: in the map frame, with the covariance that the sightings would give if each told
            something of its own, and the prior's.
        information: (6, 6) that the sightings alone have, in the camera's axes.
        cost: negative logarithm of the posterior, but for a constant.
        share: of the sightings that it explains.
    """

    pose: GaussianPose3
    information: NDArray[np.float64]
    cost: float
    share: float


@dataclass(frozen=True, slots=True, eq=False)
class _Linearized:
    information: NDArray[np.float64]
    gradient: NDArray[np.float64]
    cost: float
    told: NDArray[np.float64]
    share: float


def align_sightings(
    sightings: Sightings, start: Pose3, prior: GaussianPose3 | None = None
) -> Aligned:
    """Find the pose that explains sightings, near a start.

    Args:
        sightings: what the picture shows.
        start: of the camera in the map frame.
        prior: of the camera in the map frame; None where nothing is believed.
    """
    belief: NDArray[np.float64] | None = None
    if prior is not None:
        belief = np.asarray(np.linalg.inv(prior.covariance), np.float64)
    pose, damping = start, _DAMPING
    at = _linearized(sightings, pose, prior, belief)
    for _ in range(_MOST_STEPS):
        damped = at.information + damping * np.diag(np.diag(at.information))
        damped += _LEAST_INFORMATION * np.eye(6)
        step = np.asarray(-np.linalg.solve(damped, at.gradient), np.float64)
        moved = stepped(pose, step)
        tried = _linearized(sightings, moved, prior, belief)
        if tried.cost <= at.cost:
            pose, at, damping = moved, tried, damping * 0.1
            if np.abs(step).max() < _SETTLED:
                break
        elif damping > _MOST_DAMPING or np.abs(step).max() < _SETTLED:
            break
        else:
            damping *= 10.0
    known = at.information - (1.0 - _INFORMATION_SHARE) * at.told
    covariance = np.linalg.inv(known + _LEAST_INFORMATION * np.eye(6))
    covariance = 0.5 * (covariance + covariance.T)
    return Aligned(GaussianPose3(pose, covariance), _INFORMATION_SHARE * at.told, at.cost, at.share)


def _linearized(
    sightings: Sightings,
    pose: Pose3,
    prior: GaussianPose3 | None,
    belief: NDArray[np.float64] | None,
) -> _Linearized:
    told = explained_by(sightings, pose)
    if prior is None or belief is None:
        return _Linearized(told.information, told.gradient, told.cost, told.information, told.share)
    off = log_motions(prior.mean.between(pose).to_matrix())
    slope = inverse_right_jacobian(off)
    return _Linearized(
        told.information + slope.T @ belief @ slope,
        told.gradient + slope.T @ belief @ off,
        told.cost + 0.5 * float(off @ belief @ off),
        told.information,
        told.share,
    )
