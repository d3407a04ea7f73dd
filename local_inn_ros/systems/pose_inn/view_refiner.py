# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Refines what the network says by its own forward pass: the picture that it draws at a pose."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.engines import Engine
from local_inn_ros.geometry.gaussian3 import GaussianPose3
from local_inn_ros.localization.alignment.picture_alignment import PictureErrors, align_picture
from local_inn_ros.systems.pose_inn.config import VIEW

# The network draws with ripples: derivatives are differences over so many metres and radians.
_REACH_M, _REACH_RAD = 0.05, math.radians(2.0)
# What is drawn wrong is wrong over whole surfaces: so many pixels tell as much as one would whose
# error is its own.
_SHARED = 10.0
# Of a belief, in metres and radians.
_LEAST_DEVIATION = 1e-4
# A picture that is so many deviations from what is drawn, even at the best pose, was taken in a
# light or at a place that the forward pass does not know.
_FARTHEST = 3.0


def drawn_views(engine: Engine, poses: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the small pictures (k, rows, cols) that the forward pass draws at poses (k, 4, 4)."""
    rows = np.concatenate([poses[:, :3, 3], poses[:, :3, :3].reshape(-1, 9)], axis=1)
    return engine.run((VIEW,), {"poses": rows.astype(np.float32)})["views"]


@dataclass(frozen=True, slots=True, eq=False)
class ViewRefiner:
    """Refines poses of a camera by what the forward pass draws there.

    Attributes:
        engine: runs the networks.
        deviation: robust standard deviation of the forward pass (``view_deviation``).
    """

    engine: Engine
    deviation: float

    def moved(self, seen: NDArray[np.float32], samples: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return samples of a pose, moved to where what is drawn is most like what is seen.

        They are a belief to what is drawn, and keep the spread that was calibrated: what is drawn
        has errors that nothing here tells apart from those of the pose.

        Args:
            seen: (rows, cols) small picture, as it is.
            samples: (s, 4, 4) poses of the camera, as the network draws them.

        Returns:
            The samples as they are, where what is drawn is nowhere like what is seen, or nowhere
            more than where they are.
        """
        believed = _uncertain(GaussianPose3.from_samples(samples))
        errors = PictureErrors(self.deviation, _SHARED, _REACH_M, _REACH_RAD)
        found = align_picture(seen, lambda poses: drawn_views(self.engine, poses), errors, believed)
        if found.gain == 0.0 or found.spread > _FARTHEST * self.deviation:
            return samples
        motion = found.pose @ believed.mean.inverse()
        moved: NDArray[np.float64] = motion.to_matrix() @ samples
        return moved


def _uncertain(pose: GaussianPose3) -> GaussianPose3:
    """Return a pose that may be off in every direction: few samples lie in some of them."""
    return GaussianPose3(pose.mean, pose.covariance + _LEAST_DEVIATION**2 * np.eye(6))
