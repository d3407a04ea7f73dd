# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the network's samples at one place say, beside what was believed before; compiled."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from local_inn_ros.bundles.description import CovarianceModel
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.geometry.compiled import inverse_of_definite, moved, wrap_angle
from local_inn_ros.localization.covariance_model import widened
from local_inn_ros.localization.evidence import put_together, taken_out
from local_inn_ros.localization.sample_statistics import fitted
from local_inn_ros.systems.local_inn_2d.inverse_passes import PoseSamples

# The network's word and the prior are joined where they differ by less than this squared
# Mahalanobis distance (chi-square with 3 degrees of freedom, 0.999).
_PLAUSIBLE = 16.27


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """What the network says at one place. Poses are of the sensor in the map frame.

    Attributes:
        pose: what it answers.
        covariance: (3, 3) of that, as calibrated where the map explains the whole scan.
        plausible: whether what the scan alone says, without the prior that the network was told,
            and what was believed before can both be right.
        joined: what those two say together.
    """

    pose: Pose2
    covariance: NDArray[np.float64]
    plausible: bool
    joined: Pose2


def posterior_of(drawn: PoseSamples, prior: GaussianPose2, model: CovarianceModel) -> Posterior:
    """Read what the network says at one place out of its samples.

    Args:
        drawn: the samples.
        prior: the sensor in the map frame, as believed before the scan is used.
        model: how covariances of samples were calibrated.
    """
    told, believed = drawn.middle, prior.mean
    x, y, yaw, covariance, distance, joined_x, joined_y, joined_yaw = _weighed(
        drawn.samples,
        told.x,
        told.y,
        told.yaw,
        drawn.covariance,
        believed.x,
        believed.y,
        believed.yaw,
        prior.covariance,
        model.scale,
        model.floor,
    )
    return Posterior(
        Pose2(x, y, yaw),
        covariance,
        distance < _PLAUSIBLE,
        Pose2(joined_x, joined_y, joined_yaw),
    )


def is_plausible(prior: GaussianPose2, word: GaussianPose2) -> bool:
    """Tell whether the network's word and the prior can both be right.

    Where things that no map has stand in the way, the network can be surer than it should be;
    taken at its word along a corridor, it would lead the filter away step by step. The prior
    widens where nothing is known, until a word that keeps to its place is plausible.
    """
    return prior.squared_distance_to(word) < _PLAUSIBLE


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _weighed(  # type: ignore[no-untyped-def]
    samples,
    told_x,
    told_y,
    told_yaw,
    told_covariance,
    believed_x,
    believed_y,
    believed_yaw,
    believed_covariance,
    scale,
    floor,
):
    """Weigh samples (s, 3) that were drawn from what was told against what is believed.

    Returns:
        Their mean (x, y, yaw) and calibrated covariance (3, 3); the squared Mahalanobis distance
        between what they say without what was told, and what is believed; and the mean (x, y, yaw)
        of both together.
    """
    x, y, yaw, covariance = fitted(samples)
    covariance = widened(covariance, yaw, scale, floor, 1.0)
    offset = np.array([x - told_x, y - told_y, wrap_angle(yaw - told_yaw)])
    shift, alone = taken_out(covariance, told_covariance, offset)
    offset[0] = told_x + shift[0] - believed_x
    offset[1] = told_y + shift[1] - believed_y
    offset[2] = wrap_angle(told_yaw + shift[2] - believed_yaw)
    apart = moved(inverse_of_definite(believed_covariance + alone), offset)
    distance = offset[0] * apart[0] + offset[1] * apart[1] + offset[2] * apart[2]
    step, _ = put_together(believed_covariance, alone, offset)
    return (
        x,
        y,
        yaw,
        covariance,
        distance,
        believed_x + step[0],
        believed_y + step[1],
        believed_yaw + step[2],
    )
