# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How a radiance field is fitted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldSettings:
    """Settings of one fit.

    Attributes:
        steps: gradient steps, of all levels together.
        width: columns that pictures are shrunk to before; those that are smaller stay.
        voxel_m: edge of the finest voxels.
        reach_m: how far ahead of a camera something may be that no depth tells.
        batch: rays in a step.
        levels: voxel sizes from coarse to fine, each half of the one before.
        row_rate: learning rate of what lies in the voxels' corners, at its peak.
        exposure_rate: of the exposures.
        depth_weight: of depth that is off, per metre, beside the squared error of colours.
        distortion_weight: of what is strewn along a ray that has no depth (mip-NeRF 360, eq. 15).
        opaque_weight: of rays that meet nothing: a room is closed.
        seed: of everything random.
    """

    steps: int = 4_000
    width: int = 160
    voxel_m: float = 0.03
    reach_m: float = 5.0
    batch: int = 1_024
    levels: int = 3
    row_rate: float = 0.2
    exposure_rate: float = 5e-3
    depth_weight: float = 0.1
    distortion_weight: float = 1e-2
    opaque_weight: float = 1e-3
    seed: int = 0
