# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Draws of the latent z that represent a unit normal well, few as they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def latent_draws(count: int, size: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw latents in antithetic pairs.

    Their mean is zero exactly. Where there are enough pairs, their sample covariance (divided by
    count - 1) is the identity exactly, so that what is linear in z has no sampling error.

    Args:
        count: how many; even, at least 2.
        size: length of the latent.
        rng: source of the draws.

    Returns:
        (count, size) float32.

    Raises:
        ValueError: the count is odd or too small.
    """
    if count < 2 or count % 2:
        raise ValueError(f"latents are drawn in pairs: the count must be even, got {count}")
    half = rng.standard_normal((count // 2, size))
    if len(half) >= size:
        covariance = 2.0 * half.T @ half / (count - 1)
        half = half @ np.linalg.inv(np.linalg.cholesky(covariance)).T
    return np.concatenate([half, -half]).astype(np.float32)
