# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Closed paths: laps that a robot drives again and again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from local_inn_ros.geometry import Pose2


@dataclass(frozen=True, slots=True, eq=False)
class ClosedPath:
    """A smooth closed curve, sampled at equal steps of its length.

    Attributes:
        points: (n, 2) in the map frame; the last is joined to the first. Read-only.
        headings_rad: (n,) direction of travel.
        curvatures: (n,) in 1/m, positive where it turns left.
        length_m: once round.
    """

    points: NDArray[np.float64]
    headings_rad: NDArray[np.float64]
    curvatures: NDArray[np.float64]
    length_m: float

    @staticmethod
    def through(points: ArrayLike, step_m: float = 0.1) -> ClosedPath:
        """Fit a periodic cubic spline through points (k, 2) and sample it about every ``step_m``.

        The curve is closed whether or not the last point repeats the first.

        Raises:
            ValueError: fewer than three different points.
        """
        # Half of what importing this room would cost; a robot that is only localized has no laps.
        from scipy.interpolate import CubicSpline

        corners = np.asarray(points, dtype=np.float64)
        kept = np.linalg.norm(corners - np.roll(corners, 1, axis=0), axis=1) > 1e-9
        corners = corners[kept]
        if len(corners) < 3:
            raise ValueError("a closed path needs at least three different points")
        ring = np.vstack([corners, corners[:1]])
        knots = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(ring, axis=0), axis=1))])
        spline = CubicSpline(knots, ring, bc_type="periodic")
        # Chord length is not quite the curve's length, so the curve is measured and cut again.
        fine = np.linspace(0.0, knots[-1], max(16, int(8 * knots[-1] / step_m)) + 1)
        steps = np.linalg.norm(np.diff(spline(fine), axis=0), axis=1)
        travelled = np.concatenate([[0.0], np.cumsum(steps)])
        length_m = float(travelled[-1])
        count = max(8, round(length_m / step_m))
        at = np.interp(np.arange(count) * length_m / count, travelled, fine)
        first, second = spline(at, 1), spline(at, 2)
        speed = np.maximum(np.linalg.norm(first, axis=1), 1e-12)
        turn = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
        path = ClosedPath(
            np.asarray(spline(at)), np.arctan2(first[:, 1], first[:, 0]), turn / speed**3, length_m
        )
        for array in (path.points, path.headings_rad, path.curvatures):
            array.setflags(write=False)
        return path

    @property
    def step_m(self) -> float:
        """Distance between neighbouring points along the path."""
        return self.length_m / len(self.points)

    def pose(self, index: int) -> Pose2:
        """Return the point of this index with the direction of travel there."""
        x, y = self.points[index].tolist()
        return Pose2(x, y, float(self.headings_rad[index]))

    def nearest(self, x: float, y: float) -> int:
        """Return the index of the path's point nearest to a point of the map frame."""
        return int(np.argmin((self.points[:, 0] - x) ** 2 + (self.points[:, 1] - y) ** 2))

    def reversed(self) -> ClosedPath:
        """Return the same path driven the other way."""
        return ClosedPath(
            self.points[::-1],
            np.arctan2(-np.sin(self.headings_rad[::-1]), -np.cos(self.headings_rad[::-1])),
            -self.curvatures[::-1],
            self.length_m,
        )
