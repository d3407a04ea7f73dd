# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What PoseINN answers to one picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry.gaussian3 import GaussianPose3
from local_inn_ros.systems.pose_inn.modes import CameraMode


@dataclass(frozen=True, slots=True, eq=False)
class CameraFix:
    """The answer to one picture. All poses are of the camera's optical frame, in the map frame.

    Attributes:
        stamp_s: stamp of the picture.
        measurement: what the picture by itself says of the pose at the likeliest place.
        posterior: the same together with the prior; ``measurement`` where there was none.
        modes: places that explain the picture, the likeliest first; their weights sum to 1.
        samples: (s, 4, 4) poses drawn by the latent z from ``measurement``.
        explained: share of the patches in use that ``measurement`` explains.
        quality: probability in [0, 1] that ``measurement`` is right.
        expected: (rows, cols) small picture that the forward pass draws at ``measurement``, in
            deviations of its brightness.
        stage_s: seconds spent in each stage, by name.
        network: what the network alone says of the pose, at its likeliest place; None where it
            knows none and landmarks do.
        landmarks: that ``measurement`` explains; 0 where it was not refined.
    """

    stamp_s: float
    measurement: GaussianPose3
    posterior: GaussianPose3
    modes: tuple[CameraMode, ...]
    samples: NDArray[np.float64]
    explained: float
    quality: float
    expected: NDArray[np.float32]
    stage_s: dict[str, float]
    network: GaussianPose3 | None = None
    landmarks: int = 0
