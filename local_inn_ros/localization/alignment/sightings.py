# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Points of the map that a picture shows, and how well a pose explains where it shows them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.localization.alignment.sighting_kernel import normal_equations
from local_inn_ros.sensing.camera.camera_spec import CameraSpec


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
    cost, share = normal_equations(
        sightings.points,
        sightings.rays,
        sightings.deviations,
        pose.rotation,
        pose.translation,
        information,
        gradient,
    )
    return Explanation(information, gradient, cost, share / max(len(sightings), 1))
