# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A drive as the localizer itself saw it, without any reference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.sensing.posed_observations import PosedObservations


@dataclass(frozen=True, slots=True, eq=False)
class OwnDrive:
    """Observations with the poses that the filter believed, and those of the odometry.

    Attributes:
        posed: observations whose fixes the filter took, with the sensor's poses in the map frame
            as the filter had them.
        odometry: (n, 3) the sensor in the odometry frame at the same instants.
    """

    posed: PosedObservations
    odometry: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Check that there is a pose of the odometry for each observation.

        Raises:
            ValueError: there is not.
        """
        if self.odometry.shape != self.posed.poses.shape:
            raise ValueError(
                f"{len(self.posed)} observations need poses of the odometry ({len(self.posed)}, "
                f"3), got {self.odometry.shape}"
            )
