# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a sensor tells the filter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.filtering.state_space import GaussianT
from local_inn_ros.filtering.widest import WIDEST

# Deviations of what was not seen, by how many numbers an error has. A little less than what is told
# then: the evidence for nothing is what rounding leaves of it.
_UNSEEN = {size: 0.9 * widest for size, widest in WIDEST.items()}
_PER_VARIANCE = {size: unseen**-2.0 for size, unseen in _UNSEEN.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Measurement(Generic[GaussianT]):
    """A pose of the base in the map frame, as one sensor saw it.

    Attributes:
        pose: the pose with its covariance. A direction in which nothing was seen has a very wide
            one (from ``WIDEST_M`` or ``WIDEST_RAD`` on, up to 1e3 m).
        stamp_s: when it was seen.
        source: name of the sensor: what its fixes have wrong alike, and how they fare at the
            gate, is kept apart from that of others.
        supported: whether what the sensor saw speaks for this pose where it is not the one
            believed: the map explains it well there, and no worse than where the filter has the
            robot. Such fixes, if they agree with each other, win over what is believed; others
            are outliers however often they are repeated.
    """

    pose: GaussianT
    stamp_s: float
    source: str
    supported: bool = False

    def observed_directions(self) -> NDArray[np.float64]:
        """Return the directions that were seen, as k rows (k, d) of unit length.

        The product of a row with an error of the pose is what was seen of it.
        """
        unseen = _UNSEEN[len(self.pose.covariance)]
        variances, axes = np.linalg.eigh(self._relative())
        seen = axes[:, variances < 1.0].T / unseen
        directions: NDArray[np.float64] = seen / np.linalg.norm(seen, axis=1, keepdims=True)
        return directions

    def observed_count(self) -> int:
        """Return how many directions were seen."""
        covariance = self.pose.covariance
        size = len(covariance)
        if covariance.diagonal() @ _PER_VARIANCE[size] < 1.0:
            # No eigenvalue exceeds the trace: nearly all fixes end here.
            return size
        return int(np.count_nonzero(np.linalg.eigvalsh(self._relative()) < 1.0))

    def _relative(self) -> NDArray[np.float64]:
        """Return the covariance in units of what counts as not seen."""
        covariance = self.pose.covariance
        unseen = _UNSEEN[len(covariance)]
        relative: NDArray[np.float64] = covariance / np.outer(unseen, unseen)
        return relative
