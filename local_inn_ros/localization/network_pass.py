# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Calls of an engine for one reading and any number of priors."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from local_inn_ros.engines import Engine
from local_inn_ros.errors import BundleError
from local_inn_ros.sensing import BeamReading


class NetworkPass:
    """One reading, laid out as the networks take it. Poses are of the sensor in the map frame."""

    def __init__(self, engine: Engine, reading: BeamReading) -> None:
        """Lay out a reading."""
        self._engine = engine
        self._ranges = reading.ranges_m[None]
        self._states = reading.network_states()[None]

    def sample(
        self, priors: ArrayLike, spread: float, latents: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        """Draw poses (b, s, 3) from priors (b, 3) of one spread, by latents (s, z).

        Raises:
            BundleError: the network answers with something that is not a number.
        """
        rows = np.asarray(priors, dtype=np.float32)
        count = len(rows)
        samples = self._engine.sample_poses(
            np.repeat(self._ranges, count, axis=0),
            np.repeat(self._states, count, axis=0),
            rows,
            np.full(count, spread, dtype=np.float32),
            latents,
        )
        if not np.isfinite(samples).all():
            raise BundleError(
                "the network answered with something that is not a number: the bundle is damaged, "
                "train it again"
            )
        return samples.astype(np.float64)
