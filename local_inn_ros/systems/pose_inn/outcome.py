# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How an alignment went, in the numbers that the posterior depends on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry.gaussian3 import GaussianPose3
from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.geometry.se3 import exp_twists, log_motions
from local_inn_ros.localization.alignment.sighting_alignment import Aligned
from local_inn_ros.localization.alignment.sightings import Sightings
from local_inn_ros.systems.pose_inn.config import POSE


def outcome_of(aligned: Aligned, sightings: Sightings, strangeness: float) -> NDArray[np.float64]:
    """Return (9,) numbers that say how sure an alignment may be.

    Logarithms of the deviations that it claims (place, turn), the share that it explains, its cost
    for each sighting, the logarithms of how many sightings there are and of how sure they are, and
    how far they are strewn over the picture (across, down), and how unlike the whole picture is to
    all that were learned (``familiarity.py``).
    """
    variances = np.diag(aligned.pose.covariance)
    count = max(len(sightings), 1)
    strewn = sightings.rays.std(axis=0) if len(sightings) else np.zeros(2)
    sure = np.median(sightings.deviations) if len(sightings) else 1.0
    return np.array(
        [
            0.5 * np.log(variances[:3].sum()),
            0.5 * np.log(variances[3:].sum()),
            aligned.share,
            aligned.cost / count,
            np.log(count),
            np.log(sure),
            *strewn,
            strangeness,
        ]
    )


def whitened(aligned: GaussianPose3, truth: Pose3) -> NDArray[np.float64]:
    """Return the offset (6,) of the truth from an alignment, in deviations of the alignment."""
    off = log_motions(aligned.mean.between(truth).to_matrix())
    white: NDArray[np.float64] = np.linalg.solve(np.linalg.cholesky(aligned.covariance), off)
    return white


def drawn_poses(aligned: GaussianPose3, offsets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the poses (s, 4, 4) at offsets (s, 6) from an alignment, in deviations of it."""
    twists = offsets @ np.linalg.cholesky(aligned.covariance).T
    poses: NDArray[np.float64] = aligned.mean.to_matrix() @ exp_twists(twists)
    return poses


def latents_of(draws: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw latents (draws, 6): in pairs about nothing, and of covariance one.

    Few draws by chance alone are narrower in some direction than what they are drawn from, and a
    covariance of them is sure of what it should not be: of 20 draws, three times.
    """
    half = rng.standard_normal((draws // 2, POSE))
    if len(half) > POSE:
        spread = np.linalg.cholesky(2.0 * half.T @ half / (draws - 1))
        half = np.linalg.solve(spread, half.T).T
    return np.concatenate([half, -half]).astype(np.float32)
