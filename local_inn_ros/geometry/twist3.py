# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Motion along a screw: the exponential map of SE(3) and its inverse, for one pose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.geometry.se3 import exp_twists, log_motions


@dataclass(frozen=True, slots=True, eq=False)
class Twist3:
    """A constant velocity in space times the time it lasts, in the axes of the moving body.

    Attributes:
        rho: (3,) way in metres, read-only.
        phi: (3,) rotation vector in radians, read-only.
    """

    rho: NDArray[np.float64]
    phi: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Copy and freeze both.

        Raises:
            ValueError: a shape is wrong.
        """
        for name in ("rho", "phi"):
            vector = np.array(getattr(self, name), dtype=np.float64)
            if vector.shape != (3,):
                raise ValueError(f"{name} of a twist is three numbers, got shape {vector.shape}")
            vector.setflags(write=False)
            object.__setattr__(self, name, vector)

    @staticmethod
    def from_array(xi: ArrayLike) -> Twist3:
        """Read xi (6,) = (rho, phi)."""
        vector = np.asarray(xi, dtype=np.float64)
        return Twist3(vector[:3], vector[3:])

    def to_array(self) -> NDArray[np.float64]:
        """Return xi (6,) = (rho, phi)."""
        return np.concatenate([self.rho, self.phi])

    def scaled(self, share: float) -> Twist3:
        """Return the same velocity kept up for ``share`` of the time."""
        return Twist3(self.rho * share, self.phi * share)

    def to_pose(self) -> Pose3:
        """Return the pose that the body reaches, seen from where it started (Exp)."""
        motion = exp_twists(self.to_array())
        return Pose3.from_rigid_motion(motion[:3, :3].copy(), motion[:3, 3].copy())

    @staticmethod
    def reaching(pose: Pose3) -> Twist3:
        """Return the twist that leads to ``pose``, turning by half a turn at most (Log).

        Raises:
            ValueError: the pose is not finite.
        """
        return Twist3.from_array(log_motions(pose.to_matrix()))


def interpolate_poses3(start: Pose3, end: Pose3, share: float) -> Pose3:
    """Return the pose a ``share`` of the way from start (0) to end (1), along one screw."""
    return start @ Twist3.reaching(start.between(end)).scaled(share).to_pose()
