# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a localizer returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry import GaussianPose2


@dataclass(frozen=True, slots=True, eq=False)
class Mode:
    """One of the places that an answer leaves possible.

    Attributes:
        pose: the base in the map frame.
        weight: its probability; those of an answer sum to 1.
    """

    pose: GaussianPose2
    weight: float


@dataclass(frozen=True, slots=True, eq=False)
class Fix:
    """The answer to one reading. All poses are of the base, in the map frame.

    Attributes:
        stamp_s: stamp of the reading, in seconds.
        measurement: what the reading by itself says of the pose (the prior's share taken out
            again), refined where a refiner is in use: this is what a filter fuses.
        network: what the network alone answers, prior included, before any refiner.
        samples: (s, 3) poses drawn by the latent z.
        expected_ranges_m: (n,) forward pass at ``measurement.mean``, for the network's beams.
        quality: probability in [0, 1] that the fix is right.
        stage_s: seconds spent in each stage, by name.
        modes: the places that the reading leaves possible, the most probable first.
    """

    stamp_s: float
    measurement: GaussianPose2
    network: GaussianPose2
    samples: NDArray[np.float64]
    expected_ranges_m: NDArray[np.float32]
    quality: float
    stage_s: Mapping[str, float]
    modes: tuple[Mode, ...] = ()
