# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Poses round those that were driven."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

# How far cameras that keep to a height, or to a line, may leave it.
_ASIDE_M = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class NearbyPose:
    """A pose near a driven one.

    Attributes:
        number: of the driven pose.
        map_from_camera: (4, 4) of the optical frame.
    """

    number: int
    map_from_camera: NDArray[np.float64]


def poses_nearby(
    driven: NDArray[np.float64], within_m: float, turn_rad: float, rng: np.random.Generator
) -> Iterator[NearbyPose]:
    """Draw poses for ever, each near one of the driven ones.

    They are strewn evenly over a ball about it, which is flattened along axes of the map along
    which no camera was moved: one on wheels stays at its height, but for 5 cm.

    Args:
        driven: (k, 4, 4) poses of the optical frame in the map frame.
        within_m: radius of the ball.
        turn_rad: they are turned by up to so much, about any axis.
        rng: source of all chance.
    """
    spread = np.ptp(driven[:, :3, 3], axis=0)
    radii = np.minimum(within_m, spread + _ASIDE_M)
    while True:
        number = int(rng.integers(len(driven)))
        pose = driven[number].copy()
        pose[:3, 3] += radii * _in_ball(rng)
        pose[:3, :3] = pose[:3, :3] @ Rotation.from_rotvec(turn_rad * _in_ball(rng)).as_matrix()
        yield NearbyPose(number, pose)


def _in_ball(rng: np.random.Generator) -> NDArray[np.float64]:
    way = rng.normal(size=3)
    inside: NDArray[np.float64] = way / np.linalg.norm(way) * rng.random() ** (1.0 / 3.0)
    return inside
