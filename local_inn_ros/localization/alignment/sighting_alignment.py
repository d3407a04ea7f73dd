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
from local_inn_ros.localization.alignment.sighting_kernel import LEAST_INFORMATION, descended
from local_inn_ros.localization.alignment.sightings import Sightings

# Information of the estimate by that of its normal equations, where errors are Gaussian: with
# psi = w r and w = 3 / (1 + r^2), E[psi']^2 / E[psi^2] by E[w], over two numbers (Huber, Robust
# Statistics, 1981, section 3.2; the weights are those of one degree of freedom).
_INFORMATION_SHARE = 0.545


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


def align_sightings(
    sightings: Sightings, start: Pose3, prior: GaussianPose3 | None = None
) -> Aligned:
    """Find the pose that explains sightings, near a start.

    Args:
        sightings: what the picture shows.
        start: of the camera in the map frame.
        prior: of the camera in the map frame; None where nothing is believed.
    """
    believed = start if prior is None else prior.mean
    belief = np.zeros((6, 6)) if prior is None else np.linalg.inv(prior.covariance)
    rotation, translation, known, told, cost, explained = descended(
        sightings.points,
        sightings.rays,
        sightings.deviations,
        start.rotation,
        start.translation,
        believed.rotation,
        believed.translation,
        belief,
    )
    known = known - (1.0 - _INFORMATION_SHARE) * told
    covariance = np.linalg.inv(known + LEAST_INFORMATION * np.eye(6))
    pose = Pose3.from_rigid_motion(rotation, translation)
    return Aligned(
        GaussianPose3(pose, 0.5 * (covariance + covariance.T)),
        _INFORMATION_SHARE * told,
        cost,
        explained / max(len(sightings), 1),
    )
