# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a trained network is worth on scans that it has not seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry import wrap_angles
from local_inn_ros.systems.local_inn_2d.networks import Networks
from local_inn_ros.systems.local_inn_2d.presets import TrainingSettings
from local_inn_ros.systems.local_inn_2d.scan_sources import ScanBatch

if TYPE_CHECKING:
    from local_inn_ros.flows.fit_task import SampleSource

_SCANS = 4096
_TRIAL_SCANS = 2048
_SAMPLES = 20
# The second pass's prior must hold the answers of the first, and a narrow one is answered more
# exactly: what suits a network best is tried.
_FINE_SPREADS = (0.1, 0.15, 0.2, 0.3, 0.45, 0.6)
_MAD_TO_DEVIATION = 1.4826


@dataclass(frozen=True, slots=True, eq=False)
class Measurement:
    """What was measured.

    Attributes:
        fine_spread: spread that suits the second pass.
        forward_deviation_m: robust deviation of the forward pass.
        figures: errors by name, for the record.
    """

    fine_spread: float
    forward_deviation_m: float
    figures: dict[str, float]


def measure(
    networks: Networks, source: SampleSource, settings: TrainingSettings, rng: np.random.Generator
) -> Measurement:
    """Measure two inverse passes from priors of spread 1, and the forward pass.

    Args:
        networks: as trained.
        source: scans that training has not seen.
        settings: those of the training.
        rng: draws scans, priors and z.
    """
    deviation = np.asarray(settings.prior_deviation)
    latent_z = settings.network.latent_z
    at_zero = np.zeros((1, latent_z), dtype=np.float32)
    trial = _with_priors(source, _TRIAL_SCANS, deviation, rng)
    fine_spread = _best_fine_spread(networks, *trial, at_zero)
    scans, priors = _with_priors(source, _SCANS, deviation, rng)
    first = _sample(networks, scans, priors, 1.0, at_zero)[:, 0]
    first_error = _errors(first, scans.poses)

    half = rng.normal(size=(_SAMPLES // 2, latent_z))
    latents = np.concatenate([half, -half]).astype(np.float32)
    samples = _sample(networks, scans, first, fine_spread, latents)
    mean = _errors(samples, first[:, None, :]).mean(axis=1)
    error = _errors(first + mean, scans.poses)

    drawn = networks.expected_ranges(scans.poses.astype(np.float32))
    forward = np.abs(drawn - scans.expected_m)[scans.expected_known]
    figures = {
        **_summary("first_pass", first_error),
        **_summary("inn", error),
        "forward_mean_m": float(forward.mean()),
        "forward_median_m": float(np.median(forward)),
    }
    return Measurement(
        fine_spread,
        max(_MAD_TO_DEVIATION * float(np.median(forward)), 1e-3),
        figures,
    )


def _with_priors(
    source: SampleSource, count: int, deviation: NDArray[np.float64], rng: np.random.Generator
) -> tuple[ScanBatch, NDArray[np.float64]]:
    """Draw scans, and for each a prior (b, 3) of spread 1 about its pose."""
    scans = source.draw(rng, count)
    return scans, scans.poses + np.clip(rng.normal(size=(count, 3)), -4.0, 4.0) * deviation


def _best_fine_spread(
    networks: Networks,
    scans: ScanBatch,
    priors: NDArray[np.float64],
    at_zero: NDArray[np.float32],
) -> float:
    """Return the spread of the second pass whose answers are off least, in the mean.

    Degrees and decimetres are put on one scale by the errors of the first pass.
    """
    first = _sample(networks, scans, priors, 1.0, at_zero)[:, 0]
    scale = np.abs(_errors(first, scans.poses)).mean(axis=0)

    def error(spread: float) -> float:
        second = _sample(networks, scans, first, spread, at_zero)[:, 0]
        return float((np.abs(_errors(second, scans.poses)) / scale).mean())

    return min(_FINE_SPREADS, key=error)


def _sample(
    networks: Networks,
    scans: ScanBatch,
    priors: NDArray[np.floating],
    spread: float,
    latents: NDArray[np.float32],
) -> NDArray[np.float64]:
    spreads = np.full(len(priors), spread, dtype=np.float32)
    poses = networks.sample_poses(
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
