# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Points of the map that a picture shows, and how well a pose explains where it shows them."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.sensing.camera.camera_spec import CameraSpec

# Nearer than this to the picture's plane a point is not seen.
_NEAREST_M = 0.05
# Degrees of freedom of Student's distribution: what of a picture is wrong is far wrong.
DEGREES_OF_FREEDOM = 1.0
# Squared error, in variances, of two numbers that are as they should be, in 99 of 100.
_EXPLAINED = 9.21


@dataclass(frozen=True, slots=True, eq=False)
class Sightings:
    """Points of the map and where one picture shows them.

    Attributes:
        points: (n, 3) in the map frame, in metres.
        rays: (n, 2) x/z and y/z of where they are seen, in the camera's optical frame.
        deviations: (n,) standard deviations of the rays, along each of the two.
    """

    points: NDArray[np.float64]
    rays: NDArray[np.float64]
    deviations: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Check the shapes.

        Raises:
            ValueError: they do not fit.
        """
        count = len(self.points)
        shapes = (self.points.shape, self.rays.shape, self.deviations.shape)
        if shapes != ((count, 3), (count, 2), (count,)):
            raise ValueError(f"sightings are (n, 3), (n, 2) and (n,), got {shapes}")

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.points)

    def surest(self, count: int) -> Sightings:
        """Return those with the least deviations."""
        if count >= len(self):
            return self
        kept = np.argpartition(self.deviations, count)[:count]
        return Sightings(self.points[kept], self.rays[kept], self.deviations[kept])


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """What a pose leaves of sightings, and which way it should move.

    Attributes:
        information: (6, 6) of the robust normal equations, in the axes of the camera.
        gradient: (6,) of the cost by a perturbation xi = (rho, phi) on the right of the pose.
        cost: negative logarithm of the likelihood, but for a constant.
        share: of the sightings that the pose explains.
    """

    information: NDArray[np.float64]
    gradient: NDArray[np.float64]
    cost: float
    share: float


def rays_of(pixels: NDArray[np.float64], camera: CameraSpec) -> NDArray[np.float64]:
    """Return x/z and y/z (n, 2) of what is seen at pixels (n, 2)."""
    rays: NDArray[np.float64] = (pixels - [camera.cx, camera.cy]) / [camera.fx, camera.fy]
    return rays


def explained_by(sightings: Sightings, pose: Pose3) -> Explanation:
    """Linearize how sightings fit a pose of the camera in the map frame."""
    information, gradient = np.zeros((6, 6)), np.zeros(6)
    cost, share = _normal_equations(
        sightings.points,
        sightings.rays,
        sightings.deviations,
        pose.rotation,
        pose.translation,
        information,
        gradient,
    )
    return Explanation(information, gradient, cost, share / max(len(sightings), 1))


@numba.njit(cache=True)
def _normal_equations(  # type: ignore[no-untyped-def]
    points, rays, deviations, rotation, translation, information, gradient
):
    """Add up robust normal equations, and return the cost and how many are explained."""
    cost, explained = 0.0, 0.0
    slope = np.zeros((2, 6))
    for number in range(len(points)):
        dx = points[number, 0] - translation[0]
        dy = points[number, 1] - translation[1]
        dz = points[number, 2] - translation[2]
        x = rotation[0, 0] * dx + rotation[1, 0] * dy + rotation[2, 0] * dz
        y = rotation[0, 1] * dx + rotation[1, 1] * dy + rotation[2, 1] * dz
        z = rotation[0, 2] * dx + rotation[1, 2] * dy + rotation[2, 2] * dz
        variance = deviations[number] ** 2
        behind = z < _NEAREST_M
        if behind:
            # As far off as half a picture: dear, and without a slope.
            cost += 0.5 * (DEGREES_OF_FREEDOM + 2.0) * np.log1p(1.0 / variance / DEGREES_OF_FREEDOM)
            continue
        u, v, near = x / z, y / z, 1.0 / z
        off_u, off_v = u - rays[number, 0], v - rays[number, 1]
        squared = (off_u * off_u + off_v * off_v) / variance
        weight = (DEGREES_OF_FREEDOM + 2.0) / (DEGREES_OF_FREEDOM + squared)
        cost += 0.5 * (DEGREES_OF_FREEDOM + 2.0) * np.log1p(squared / DEGREES_OF_FREEDOM)
        explained += 1.0 if squared < _EXPLAINED else 0.0
        # The point seen from a camera that moves by xi: p - rho - phi x p.
        slope[0, 0], slope[0, 1], slope[0, 2] = -near, 0.0, u * near
        slope[1, 0], slope[1, 1], slope[1, 2] = 0.0, -near, v * near
        slope[0, 3], slope[0, 4], slope[0, 5] = u * v, -(1.0 + u * u), v
        slope[1, 3], slope[1, 4], slope[1, 5] = 1.0 + v * v, -u * v, -u
        share = weight / variance
        for row in range(6):
            gradient[row] += share * (slope[0, row] * off_u + slope[1, row] * off_v)
            for col in range(6):
                information[row, col] += share * (
                    slope[0, row] * slope[0, col] + slope[1, row] * slope[1, col]
                )
    return cost, explained
