# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Makes a covariance tell the truth, as a bundle was calibrated."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from local_inn_ros.engines.description import CovarianceModel
from local_inn_ros.geometry import GaussianPose2
from local_inn_ros.localization.motion_model import in_map_axes
from local_inn_ros.sensing import BeamReading

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
    yaw = pose.mean.yaw
    covariance = in_map_axes(
        model_covariance(in_map_axes(pose.covariance, -yaw), model, unexplained), yaw
    )
    return GaussianPose2(pose.mean, 0.5 * (covariance + covariance.T))


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
    expected_m: NDArray[np.floating], reading: BeamReading, deviation_m: float
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
