# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Makes a covariance tell the truth, as a bundle was calibrated."""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from local_inn_ros.bundles.description import CovarianceModel
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.geometry.compiled import turned
from local_inn_ros.localization.evidence import inverted
from local_inn_ros.sensing import Beams

# A range fits what was expected within so many deviations, or so large a share of itself.
_FITS_DEVIATIONS = 3.0
_FITS_SHARE = 0.03


def calibrated(pose: GaussianPose2, model: CovarianceModel, unexplained: float) -> GaussianPose2:
    """Return a pose with the covariance that a model says it should have.

    Args:
        pose: of the sensor in the map frame; the mean stays.
        model: what was calibrated.
        unexplained: share of the scan that the map leaves unexplained, in [0, 1].
    """
    growth = growth_of(model, unexplained)
    covariance = widened(pose.covariance, pose.mean.yaw, model.scale, model.floor, growth)
    return GaussianPose2(pose.mean, covariance)


def calibrated_information(
    pose: Pose2, information: NDArray[np.float64], model: CovarianceModel, unexplained: float
) -> GaussianPose2:
    """Return ``calibrated`` of what is told as information (3, 3), which may be singular."""
    growth = growth_of(model, unexplained)
    covariance = _widened_information(information, pose.yaw, model.scale, model.floor, growth)
    return GaussianPose2(pose, covariance)


def growth_of(model: CovarianceModel, unexplained: float) -> float:
    """Return the factor of a covariance where a share of the scan is left unexplained."""
    return math.exp(model.unexplained_gain * unexplained)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def widened(covariance, yaw_rad, scale, floor, growth):  # type: ignore[no-untyped-def]
    """Return ``model_covariance`` of a covariance (3, 3) in the axes of the map."""
    cosine, sine = math.cos(yaw_rad), math.sin(yaw_rad)
    rotation = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    own = turned(covariance, rotation.T)
    for i in range(3):
        for j in range(3):
            own[i, j] *= scale[i] * scale[j]
        own[i, i] += floor[i] * floor[i]
    found = turned(own, rotation)
    return 0.5 * growth * (found + found.T)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _widened_information(  # type: ignore[no-untyped-def]
    information, yaw_rad, scale, floor, growth
):
    """Return ``widened`` of what is told as information (3, 3)."""
    return widened(inverted(information), yaw_rad, scale, floor, growth)


def model_covariance(
    covariance: NDArray[np.float64], model: CovarianceModel, unexplained: ArrayLike
) -> NDArray[np.float64]:
    """Return what a model makes of covariances (..., 3, 3) in the axes of the sensor.

    Args:
        covariance: as told.
        model: what was calibrated.
        unexplained: (...) shares of the scans that the map leaves unexplained.
    """
    scale = np.array(model.scale)
    widened = covariance * np.outer(scale, scale) + np.diag(np.square(model.floor))
    growth = np.exp(model.unexplained_gain * np.asarray(unexplained))
    larger: NDArray[np.float64] = widened * growth[..., None, None]
    return larger


def unexplained_share(
    expected_m: NDArray[np.floating], reading: Beams, deviation_m: float
) -> float:
    """Return the share of the beams that measured a distance, but not the expected one (n,).

    Args:
        expected_m: (n,) forward pass for the reading's beams.
        reading: what was measured.
        deviation_m: robust deviation of the forward pass and the sensor together.
    """
    returned = reading.returned()
    if not returned.any():
        return 1.0
    expected = np.asarray(expected_m, dtype=np.float64)
    tolerance = np.hypot(_FITS_DEVIATIONS * deviation_m, _FITS_SHARE * expected)
    off = np.abs(reading.ranges_m - expected) > tolerance
    return float(np.count_nonzero(off & returned) / np.count_nonzero(returned))
