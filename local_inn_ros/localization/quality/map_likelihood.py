# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How likely a map makes a reading at each of many places."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.localization.quality.scan_likelihood import log_likelihoods
from local_inn_ros.sensing import BeamReading


class MapLikelihood:
    """Weighs places by rays cast in a bundle's map.

    Not by the forward pass: where two places are alike, its errors, which are not, would tell
    them apart.
    """

    def __init__(self, bundle: Bundle) -> None:
        """Set up for the sensor and the map of a bundle."""
        description = bundle.description
        sensor = description.sensor
        self._caster = bundle.caster
        self._angles_rad = sensor.network_angles_rad()
        self._range_max_m = sensor.range_max_m
        self._deviation_m = math.hypot(
            description.calibration.forward_deviation_m, sensor.noise_std_m
        )

    def of(
        self, reading: BeamReading, poses: NDArray[np.float64], further_m: float = 0.0
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
