# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Fits how covariances have to be changed so that errors are as they say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from local_inn_ros.bundles.description import CovarianceModel
from local_inn_ros.localization.covariance_model import model_covariance

# Errors that no calibration explains, an alignment gone astray: their share, and how much wider
# than the rest they are taken to be, so that a few of them do not widen all.
_ASTRAY_SHARE = 0.01
_ASTRAY_DEVIATIONS = 10.0
LEAST_ERRORS = 50
"""Fewer errors tell nothing of a covariance."""
# Wider than this a covariance says that nothing is known, which no error can prove wrong.
_KNOWN_M = 1.0
# Bounds of the logarithms of scales and of floors, and of the gain.
_SCALES = (-3.0, 3.0)
_FLOORS = (-12.0, 0.0)
_GAINS = (0.0, 8.0)
# Where the map is exact, and where it is off by more than the laser.
_STARTS = (
    np.array([0.0, 0.0, 0.0, -8.0, -8.0, 0.5]),
    np.array([1.0, 1.0, 1.0, -5.0, -5.0, 0.5]),
)


@dataclass(frozen=True, slots=True, eq=False)
class ErrorSample:
    """Errors beside what was said of them.

    Attributes:
        errors: (n, 3) of (ahead, aside, yaw), in the axes of the sensor.
        covariances: (n, 3, 3) that were told for them, in the same axes.
        unexplained: (n,) shares of the scans that the map left unexplained.
    """

    errors: NDArray[np.float64]
    covariances: NDArray[np.float64]
    unexplained: NDArray[np.float64]

    def known(self) -> ErrorSample:
        """Return the rows whose covariance says that every direction is known."""
        widest = np.linalg.eigvalsh(self.covariances[:, :2, :2])[:, -1]
        rows = widest < _KNOWN_M**2
        return ErrorSample(self.errors[rows], self.covariances[rows], self.unexplained[rows])

    def modelled(self, model: CovarianceModel) -> NDArray[np.float64]:
        """Return the covariances (n, 3, 3) as a model has them."""
        return model_covariance(self.covariances, model, self.unexplained)

    def squared_distances(self, model: CovarianceModel) -> NDArray[np.float64]:
        """Return the squared Mahalanobis distances (n,); chi-square of 3 for a right model."""
        solved = np.linalg.solve(self.modelled(model), self.errors[..., None])[..., 0]
        distances: NDArray[np.float64] = np.sum(self.errors * solved, axis=1)
        return distances


def fit_covariance_model(sample: ErrorSample) -> CovarianceModel:
    """Return the model under which the errors are most likely.

    A normal law with a small share of errors gone astray (a contaminated normal, Tukey 1960).
    With too few errors nothing is changed.
    """
    known = sample.known()
    if len(known.errors) < LEAST_ERRORS:
        return CovarianceModel()
    found = [
        minimize(  # type: ignore[call-overload]
            lambda numbers: _surprise(known, numbers),
            start,
            method="L-BFGS-B",
            bounds=[_SCALES] * 3 + [_FLOORS] * 2 + [_GAINS],
        )
        for start in _STARTS
    ]
    best = min(found, key=lambda one: float(one.fun))
    return _model(best.x)


def _model(numbers: NDArray[np.float64]) -> CovarianceModel:
    ahead, aside, yaw = np.exp(numbers[:3]).tolist()
    floor_m, floor_rad = np.exp(numbers[3:5]).tolist()
    return CovarianceModel(
        scale=(ahead, aside, yaw),
        floor=(floor_m, floor_m, floor_rad),
        unexplained_gain=float(max(numbers[5], 0.0)),
    )


def _surprise(sample: ErrorSample, numbers: NDArray[np.float64]) -> float:
    """Return the mean negative logarithm of the likelihood, less constants."""
    model = _model(numbers)
    distances = sample.squared_distances(model)
    _, volumes = np.linalg.slogdet(sample.modelled(model))
    right = np.log(1.0 - _ASTRAY_SHARE) - 0.5 * (distances + volumes)
    astray = np.log(_ASTRAY_SHARE / _ASTRAY_DEVIATIONS**3) - 0.5 * (
        distances / _ASTRAY_DEVIATIONS**2 + volumes
    )
    return -float(np.logaddexp(right, astray).mean())
