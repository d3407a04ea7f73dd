# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a trained network is worth on scans that it has not seen, and its calibration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.engines import Engine
from local_inn_ros.geometry import wrap_angles
from local_inn_ros.training.scan_sources import ScanBatch, ScanSource
from local_inn_ros.training.settings import TrainingSettings

_SCANS = 4096
_SAMPLES = 20
# The second pass's prior must hold most answers of the first.
_FINE_MARGIN = 1.5
_WIDEST_FINE_SPREAD = 0.5
# Median of a chi-square of one degree of freedom: what a right variance gives for error^2/variance.
_CHI_SQUARE_MEDIAN = 0.4549
_MAD_TO_DEVIATION = 1.4826


@dataclass(frozen=True, slots=True, eq=False)
class Measurement:
    """What was measured.

    Attributes:
        fine_spread: spread that suits the second pass.
        covariance_scale: (3,) factors for the samples' variances.
        forward_deviation_m: robust deviation of the forward pass.
        figures: errors by name, for the record.
    """

    fine_spread: float
    covariance_scale: tuple[float, float, float]
    forward_deviation_m: float
    figures: dict[str, float]


def measure(
    engine: Engine, source: ScanSource, settings: TrainingSettings, rng: np.random.Generator
) -> Measurement:
    """Measure two inverse passes from priors of spread 1, and the forward pass.

    Args:
        engine: the trained networks.
        source: scans that training has not seen.
        settings: those of the training.
        rng: draws scans, priors and z.
    """
    scans = source.draw(rng, _SCANS)
    deviation = np.asarray(settings.prior_deviation)
    offset = np.clip(rng.normal(size=(_SCANS, 3)), -4.0, 4.0) * deviation
    priors = (scans.poses + offset).astype(np.float32)
    latent_z = settings.network.latent_z
    at_zero = np.zeros((1, latent_z), dtype=np.float32)

    first = _sample(engine, scans, priors, 1.0, at_zero)[:, 0]
    first_error = _errors(first, scans.poses)
    inside = float(np.percentile(np.max(np.abs(first_error) / deviation, axis=1), 68.0))
    fine_spread = float(
        np.clip(_FINE_MARGIN * inside, settings.narrowest_spread, _WIDEST_FINE_SPREAD)
    )

    half = rng.normal(size=(_SAMPLES // 2, latent_z))
    latents = np.concatenate([half, -half]).astype(np.float32)
    samples = _sample(engine, scans, first, fine_spread, latents)
    centred = _errors(samples, first[:, None, :])
    mean, variance = centred.mean(axis=1), centred.var(axis=1, ddof=1)
    error = _errors(first + mean, scans.poses)
    ratio = np.median(np.square(error) / np.maximum(variance, 1e-12), axis=0)
    x_scale, y_scale, yaw_scale = (ratio / _CHI_SQUARE_MEDIAN).tolist()

    drawn = engine.expected_ranges(scans.poses.astype(np.float32))
    forward = np.abs(drawn - scans.expected_m)[scans.expected_known]
    figures = {
        **_summary("first_pass", first_error),
        **_summary("inn", error),
        "forward_mean_m": float(forward.mean()),
        "forward_median_m": float(np.median(forward)),
    }
    return Measurement(
        fine_spread,
        (x_scale, y_scale, yaw_scale),
        max(_MAD_TO_DEVIATION * float(np.median(forward)), 1e-3),
        figures,
    )


def _sample(
    engine: Engine,
    scans: ScanBatch,
    priors: NDArray[np.floating],
    spread: float,
    latents: NDArray[np.float32],
) -> NDArray[np.float64]:
    spreads = np.full(len(priors), spread, dtype=np.float32)
    poses = engine.sample_poses(
        scans.ranges_m, scans.states, priors.astype(np.float32), spreads, latents
    )
    return poses.astype(np.float64)


def _errors(poses: NDArray[np.float64], truth: NDArray[np.float64]) -> NDArray[np.float64]:
    error = poses - truth
    error[..., 2] = wrap_angles(error[..., 2])
    return error


def _summary(name: str, errors: NDArray[np.float64]) -> dict[str, float]:
    position = np.hypot(errors[:, 0], errors[:, 1])
    yaw = np.degrees(np.abs(errors[:, 2]))
    return {
        f"{name}_position_mean_m": float(position.mean()),
        f"{name}_position_median_m": float(np.median(position)),
        f"{name}_yaw_mean_deg": float(yaw.mean()),
        f"{name}_yaw_median_deg": float(np.median(yaw)),
    }
