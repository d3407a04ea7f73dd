# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Observations whose poses are known: what is trained on, and calibrated on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.sensing.observation import Observation


@dataclass(frozen=True, slots=True, eq=False)
class PosedObservations:
    """Observations of one sensor, each with the pose it was taken at.

    Attributes:
        observations: in the order of their stamps.
        poses: (n, 3) of the sensor in the map frame, as (x m, y m, yaw rad).
    """

    observations: tuple[Observation, ...]
    poses: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Check that there is a pose for each.

        Raises:
            ValueError: there is not.
        """
        if self.poses.shape != (len(self.observations), 3):
            raise ValueError(
                f"{len(self.observations)} observations need poses ({len(self.observations)}, 3), "
                f"got {self.poses.shape}"
            )

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.observations)
