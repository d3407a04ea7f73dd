# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a training is made of."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from local_inn_ros.systems.local_inn_2d.config import NetworkSettings


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """Settings of one training.

    Attributes:
        steps: gradient steps.
        batch: scans in each.
        samples: poses drawn by z for each scan, at least 2.
        learning_rate: at its peak; it warms up, then falls by half a cosine.
        map_learning_rate: the same, of the feature maps.
        drawn_beams: beams that the forward pass draws of each scan.
        prior_deviation: (x m, y m, yaw rad) of a prior of spread 1.
        narrowest_spread: narrowest prior trained for, as a share of the widest.
        clearance_m: training poses keep this far from walls.
        blocked_share: share of the scans in which unmapped things cut beams short.
        calibration_scans: scans that the covariances are calibrated on afterwards.
        network: sizes of the networks.
    """

    steps: int
    batch: int = 128
    samples: int = 2
    learning_rate: float = 4e-3
    map_learning_rate: float = 3e-2
    drawn_beams: int = 24
    prior_deviation: tuple[float, float, float] = (0.2, 0.2, math.radians(15.0))
    narrowest_spread: float = 0.1
    clearance_m: float = 0.15
    blocked_share: float = 0.3
    calibration_scans: int = 1_500
    network: NetworkSettings = field(default_factory=NetworkSettings)


STANDARD = "standard"
# Measured on two cores: docs/training.md.
PRESETS = {
    "quick": TrainingSettings(steps=1_500),
    STANDARD: TrainingSettings(steps=8_000),
    "best": TrainingSettings(steps=30_000),
}
