# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every engine answers, whatever runs underneath."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Float32Array = NDArray[np.float32]


class Engine(Protocol):
    """Runs the two passes of an invertible network over batches.

    Poses are of the sensor, in the map frame: (x m, y m, yaw rad).
    """

    @property
    def name(self) -> str:
        """Name of the engine and where it runs, for people."""
        ...

    def sample_poses(
        self,
        ranges_m: Float32Array,
        states: Float32Array,
        priors: Float32Array,
        spreads: Float32Array,
        latents: Float32Array,
    ) -> Float32Array:
        """Inverse pass: readings and priors to pose samples.

        Args:
            ranges_m: (b, n) ranges of the network's beams, 0 where there is no distance.
            states: (b, n) 1 a distance, -1 nothing within reach, 0 unknown.
            priors: (b, 3) prior poses.
            spreads: (b,) width of each prior, in units of the bundle's prior deviation.
            latents: (s, z) draws of the latent z, the same for every row of the batch.

        Returns:
            (b, s, 3) pose samples, one for each prior and each latent.
        """
        ...

    def expected_ranges(self, poses: Float32Array) -> Float32Array:
        """Forward pass: poses (b, 3) to the ranges (b, n) that the map expects there, in metres."""
        ...
