# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Aligns a scan with the map's likelihood field."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry import Pose2
from local_inn_ros.world.likelihood_field import LikelihoodField


@dataclass(frozen=True, slots=True)
class RefinerSettings:
    """What a refiner is told."""


@dataclass(frozen=True, slots=True, eq=False)
class Refinement:
    """A scan aligned with the map.

    Attributes:
        pose: the sensor in the map frame.
        information: (3, 3) information on (x, y, yaw) in the axes of the map; about zero in
            directions that the scan says nothing of, in which the pose was not moved either.
        rms_m: root mean square distance of the end points that count from the surface.
        inlier_share: share of the end points that count.
        converged: whether the steps died away.
        iterations: steps taken.
    """

    pose: Pose2
    information: NDArray[np.float64]
    rms_m: float
    inlier_share: float
    converged: bool
    iterations: int


class Refiner:
    """Robust Gauss-Newton of end points on the likelihood field."""

    def __init__(
        self,
        field: LikelihoodField,
        noise_std_m: float,
        settings: RefinerSettings | None = None,
    ) -> None:
        """Take the field and the standard deviation of a range."""
        raise NotImplementedError

    def refine(self, points_m: NDArray[np.float64], start: Pose2) -> Refinement:
        """Align end points (k, 2), in the sensor frame, from a start (sensor in the map)."""
        raise NotImplementedError
