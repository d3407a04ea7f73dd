# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How likely a map makes a reading at each of many places."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.localization.quality.scan_likelihood import log_likelihoods
from local_inn_ros.sensing import Beams, LaserSpec
from local_inn_ros.world import RayCaster


class MapLikelihood:
    """Weighs places by rays cast in the map.

    Not by the forward pass: where two places are alike, its errors, which are not, would tell
    them apart.
    """

    def __init__(self, caster: RayCaster, sensor: LaserSpec, deviation_m: float) -> None:
        """Set up.

        Args:
            caster: casts rays in the map.
            sensor: whose beams are compared.
            deviation_m: how far off a range is at the right place, noise aside.
        """
        self._caster = caster
        self._angles_rad = sensor.network_angles_rad()
        self._range_max_m = sensor.range_max_m
        self._deviation_m = math.hypot(deviation_m, sensor.noise_std_m)

    def of(
        self, reading: Beams, poses: NDArray[np.float64], further_m: float = 0.0
    ) -> NDArray[np.float64]:
        """Return log-likelihoods (b,), of which only differences mean something.

        Args:
            reading: the network's beams.
            poses: (b, 3) of the sensor in the map frame.
            further_m: how far off the poses let a range be, as a deviation.
        """
        ranges = self._caster.cast(poses, self._angles_rad, self._range_max_m)
        expected = np.minimum(ranges, np.float32(self._range_max_m))
        deviation_m = math.hypot(self._deviation_m, further_m)
        return log_likelihoods(expected, reading, deviation_m, self._range_max_m)
