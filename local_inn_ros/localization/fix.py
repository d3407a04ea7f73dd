# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a localizer returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry import GaussianPose2
from local_inn_ros.sensing import Observation

# Another place that is at least this probable makes an answer ambiguous.
AMBIGUOUS_WEIGHT = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Mode:
    """One of the places where a reading may have been taken.

    Attributes:
        pose: the base in the map frame.
        weight: how probable it is, among all modes.
    """

    pose: GaussianPose2
    weight: float


@dataclass(frozen=True, slots=True, eq=False)
class Fix:
    """The answer to one reading. All poses are of the base, in the map frame.

    Attributes:
        stamp_s: stamp of the reading, in seconds.
        measurement: what the reading by itself says of the pose (the prior's share taken out
            again), refined where a refiner is in use: this is what a filter fuses. Where there
            are several modes, its mean is that of the likeliest, and its covariance reaches the
            others.
        network: what the network alone answers, prior included, before any refiner, at the
            likeliest mode.
        modes: places that explain the reading under the prior, the likeliest first; their
            weights sum to 1.
        samples: (s, 3) poses drawn by the latent z, of all modes.
        unexplained: share of the reading that the map leaves unexplained, in [0, 1].
        quality: probability in [0, 1] that the fix is right.
        stage_s: seconds spent in each stage, by name.
        expected: forward pass at ``measurement.mean``: what the map expects the sensor to see
            there; None where the system has none.
        supported: whether the reading speaks for ``measurement`` where that is not what is
            believed (see ``filtering.measurement.Measurement``).
    """

    stamp_s: float
    measurement: GaussianPose2
    network: GaussianPose2
    modes: tuple[Mode, ...]
    samples: NDArray[np.float64]
    unexplained: float
    quality: float
    stage_s: Mapping[str, float]
    expected: Observation | None = None
    supported: bool = False

    @property
    def ambiguous(self) -> bool:
        """Whether another mode may well be the right one."""
        return len(self.modes) > 1 and self.modes[1].weight >= AMBIGUOUS_WEIGHT
