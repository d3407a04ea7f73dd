# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Calls of an engine for one reading and any number of priors."""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from local_inn_ros.errors import BundleError
from local_inn_ros.sensing import Beams
from local_inn_ros.systems.local_inn_2d.networks import Networks


class NetworkPass:
    """One reading, laid out as the networks take it. Poses are of the sensor in the map frame."""

    def __init__(self, networks: Networks, reading: Beams) -> None:
        """Lay out a reading."""
        self._networks = networks
        self._ranges = reading.ranges_m[None]
        self._states = reading.network_states()[None]

    def sample(
        self, priors: ArrayLike, spread: float, latents: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        """Draw poses (b, s, 3) from priors (b, 3) of one spread, by latents (s, z).

        Raises:
            BundleError: the network answers with something that is not a number.
        """
        rows = np.asarray(priors, dtype=np.float32)
        count = len(rows)
        ranges, states = self._ranges, self._states
        if count > 1:
            ranges, states = np.repeat(ranges, count, axis=0), np.repeat(states, count, axis=0)
        spreads = np.array([spread] * count, dtype=np.float32)
        told = self._networks.sample_poses(ranges, states, rows, spreads, latents)
        samples: NDArray[np.float64]
        samples, finite = _in_double(told)
        if not finite:
            raise BundleError(
                "the network answered with something that is not a number: the bundle is damaged, "
                "train it again"
            )
        return samples


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _in_double(poses):  # type: ignore[no-untyped-def]
    """Return poses (b, s, 3) in double precision, and whether all are finite."""
    doubles, total = np.empty(poses.shape, np.float64), 0.0
    for i in range(poses.shape[0]):
        for j in range(poses.shape[1]):
            for k in range(3):
                doubles[i, j, k] = poses[i, j, k]
                total += doubles[i, j, k]
    return doubles, math.isfinite(total)
