# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a sensor tells the filter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.filtering.widest import WIDEST_M, WIDEST_RAD
from local_inn_ros.geometry import GaussianPose2

_WIDEST = np.array([WIDEST_M, WIDEST_M, WIDEST_RAD])
_RELATIVE = _WIDEST**-2.0


@dataclass(frozen=True, slots=True, eq=False)
class Measurement:
    """A pose of the base in the map frame, as one sensor saw it.

    Attributes:
        pose: the pose with its covariance. A direction in which nothing was seen has a very wide
            one (from ``WIDEST_M`` or ``WIDEST_RAD`` on, up to 1e3 m).
        stamp_s: when it was seen.
        source: name of the sensor: what its fixes have wrong alike, and how they fare at the
            gate, is kept apart from that of others.
    """

    pose: GaussianPose2
    stamp_s: float
    source: str

    def observed_directions(self) -> NDArray[np.float64]:
        """Return the directions that were seen, as k rows (k, 3) of unit length.

        The product of a row with an error of the pose is what was seen of it.
        """
        variances, axes = np.linalg.eigh(self._relative())
        seen = axes[:, variances < 1.0].T / _WIDEST
        directions: NDArray[np.float64] = seen / np.linalg.norm(seen, axis=1, keepdims=True)
        return directions

    def observed_count(self) -> int:
        """Return how many directions were seen."""
        if self.pose.covariance.diagonal() @ _RELATIVE < 1.0:
            # No eigenvalue exceeds the trace: nearly all fixes end here.
            return len(_WIDEST)
        return int(np.count_nonzero(np.linalg.eigvalsh(self._relative()) < 1.0))

    def _relative(self) -> NDArray[np.float64]:
        """Return the covariance in units of what counts as not seen."""
        relative: NDArray[np.float64] = self.pose.covariance / np.outer(_WIDEST, _WIDEST)
        return relative
