# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How the ranges that a network expects change with the pose."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.localization.forward_pass import ForwardPass

# A network draws surfaces with ripples. They average out over poses that lie about as far apart as
# a ripple is long, which for the networks at hand is twice and a half their range error.
_RIPPLES_PER_DEVIATION = 2.5
_LEAST_RADIUS_M = 0.02
_MOST_RADIUS_M = 0.1
# The ring of poses turns by this much for each metre of its radius.
_TURN_PER_M = math.radians(10.0)
_RING = 8
# How much the way a range changes with heading says of the surface's slant, against the way it
# changes with position: neighbouring directions are drawn less alike than neighbouring places.
_TURN_WEIGHT = 0.15
_LEAST_RANGE_M = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Linearization:
    """Expected ranges near each of several poses.

    Attributes:
        ranges_m: (k, n) at the poses, averaged over their surroundings.
        jacobians: (k, n, 3) derivatives by x, y (m per m, along the map's axes) and yaw (m per
            rad), such as a surface that stands still has them.
        lapses: (k, n) how much the drawn range changes with the way towards its end, beyond the
            minus one that any surface has: the error of the derivatives by x and y.
    """

    ranges_m: NDArray[np.float64]
    jacobians: NDArray[np.float64]
    lapses: NDArray[np.float64]

    def where(self, rows: NDArray[np.bool_], other: Linearization) -> Linearization:
        """Return these with the rows (k,) that are marked taken from another."""
        return Linearization(
            np.where(rows[:, None], other.ranges_m, self.ranges_m),
            np.where(rows[:, None, None], other.jacobians, self.jacobians),
            np.where(rows[:, None], other.lapses, self.lapses),
        )


class ForwardLinearizer:
    """Fits planes to the forward pass over a small ring of poses.

    Where a beam goes in direction u and meets a surface of range r, the range changes by
    -u + t a with the sensor's position and by r t with its heading, a being u turned by a quarter
    and t the tangent of the angle of incidence (Censi, On achievable accuracy for range-finder
    localization, ICRA 2007). So t is all that is taken from the network's derivatives; what they
    are off by along u, where they are known, tells how far they can be trusted.
    """

    def __init__(
        self, forward: ForwardPass, angles_rad: NDArray[np.float64], deviation_m: float
    ) -> None:
        """Lay out the ring.

        Args:
            forward: the network.
            angles_rad: (n,) angles of its beams in the sensor frame.
            deviation_m: robust deviation of the forward pass.
        """
        self._forward = forward
        self._angles = angles_rad
        radius_m = _RIPPLES_PER_DEVIATION * deviation_m
        radius_m = min(max(radius_m, _LEAST_RADIUS_M), _MOST_RADIUS_M)
        courses = 2.0 * math.pi / _RING * np.arange(_RING)
        turns = np.where(np.arange(_RING) % 2 == 0, -1.0, 1.0) * _TURN_PER_M * radius_m
        ring = np.column_stack([radius_m * np.cos(courses), radius_m * np.sin(courses), turns])
        self._offsets = np.concatenate([np.zeros((1, 3)), ring])
        self._fit = np.linalg.pinv(np.column_stack([np.ones(len(self._offsets)), self._offsets]))

    def at(self, poses: NDArray[np.float64]) -> Linearization:
        """Linearize at poses (k, 3) of the sensor, in one batch."""
        count, size = len(poses), len(self._offsets)
        batch = (poses[:, None] + self._offsets).reshape(-1, 3).astype(np.float32)
        expected = self._forward.expected_ranges(batch).astype(np.float64)
        fitted = self._fit @ expected.reshape(count, size, -1)
        ranges, by_x, by_y, by_yaw = (fitted[:, i] for i in range(4))
        courses = poses[:, 2:] + self._angles
        along_x, along_y = np.cos(courses), np.sin(courses)
        lapses = by_x * along_x + by_y * along_y + 1.0
        tangents = by_y * along_x - by_x * along_y
        tangents += _TURN_WEIGHT * by_yaw / np.maximum(ranges, _LEAST_RANGE_M)
        tangents /= 1.0 + _TURN_WEIGHT
        jacobians = np.stack(
            [
                -along_x - tangents * along_y,
                -along_y + tangents * along_x,
                ranges * tangents,
            ],
            axis=-1,
        )
        return Linearization(ranges, jacobians, lapses)
