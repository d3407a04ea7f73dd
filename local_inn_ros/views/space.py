# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where there may be anything: the box that cameras and depths span, and what was seen through."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from local_inn_ros.errors import SensorError
from local_inn_ros.views.rays import PictureRays
from local_inn_ros.views.voxels import VoxelGrid

# Depths beyond this share of all are strays.
_STRAYS = 2e-3
_MARGIN_M = 0.2
# A table of the finest voxels takes 5 bytes for each.
_MOST_VOXELS = 40_000_000
# Pictures that say what is empty, and depths that say how far the box reaches.
_MOST_PICTURES, _MOST_DEPTHS = 300, 400_000
# A camera passes a voxel where it sees something so much further away, in voxels.
_PASSED = 1.0
# A voxel is empty that is passed so often, and so many times as often as something is seen in it.
_OFTEN, _TIMES = 2, 8


def first_voxels(pictures: PictureRays, voxel_m: float, halvings: int, reach_m: float) -> VoxelGrid:
    """Return voxels in which there may be something: in sight, and never seen through.

    Args:
        pictures: posed pictures, with depths or without.
        voxel_m: edge of the finest voxels; larger ones are taken where the box is too large.
        halvings: how often the voxels will be halved.
        reach_m: how far ahead of a camera something may be that no depth tells.

    Raises:
        SensorError: no voxel is in sight of two pictures.
    """
    low, high = _box(pictures, reach_m)
    finest = max(voxel_m, float(np.prod(high - low) / _MOST_VOXELS) ** (1.0 / 3.0))
    edge = finest * 2**halvings
    count = np.maximum(1, np.ceil((high - low) / edge).astype(int))
    places = np.stack(np.meshgrid(*(np.arange(one) + 0.5 for one in count), indexing="ij"), axis=-1)
    middles = torch.from_numpy((low + edge * places).reshape(-1, 3).astype(np.float32))
    filled = _maybe(pictures, middles, edge, reach_m)
    if not filled.any():
        raise SensorError(
            "no two pictures show the same place: give pictures that overlap, and their poses in "
            "metres"
        )
    origin = torch.from_numpy(low.astype(np.float32))
    return VoxelGrid.of(origin, edge, filled.reshape(count.tolist()))


def _box(pictures: PictureRays, reach_m: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the corners (3,) of a box about the cameras and what they see."""
    cameras = pictures.poses[:, :3, 3]
    seen = _depth_points(pictures)
    if len(seen):
        low, high = np.quantile(seen, (_STRAYS, 1.0 - _STRAYS), axis=0)
    else:
        low, high = cameras.min(axis=0) - reach_m, cameras.max(axis=0) + reach_m
    low, high = np.minimum(low, cameras.min(axis=0)), np.maximum(high, cameras.max(axis=0))
    return low - _MARGIN_M, high + _MARGIN_M


def _depth_points(pictures: PictureRays) -> NDArray[np.float64]:
    """Return places (n, 3) that depths show, evenly chosen."""
    if pictures.depths is None:
        return np.empty((0, 3))
    known = pictures.depths.isfinite().nonzero()
    known = known[:: max(1, len(known) // _MOST_DEPTHS)]
    picture, pixel = known[:, 0].numpy(), known[:, 1].numpy()
    camera = pictures.camera
    x = (pixel % camera.width - camera.cx) / camera.fx
    y = (pixel // camera.width - camera.cy) / camera.fy
    depth = pictures.depths[known[:, 0], known[:, 1]].numpy().astype(np.float64)
    ahead = np.stack([x, y, np.ones_like(x)], axis=1) * depth[:, None]
    poses = pictures.poses[picture]
    told: NDArray[np.float64] = np.einsum("nij,nj->ni", poses[:, :3, :3], ahead) + poses[:, :3, 3]
    return told


def _maybe(pictures: PictureRays, middles: Tensor, edge: float, reach_m: float) -> Tensor:
    """Tell of voxels (n,) whether something may be in them."""
    camera = pictures.camera
    in_sight, passed, touched = (torch.zeros(len(middles), dtype=torch.int32) for _ in range(3))
    for number in range(0, len(pictures), -(-len(pictures) // _MOST_PICTURES)):
        back = torch.from_numpy(np.linalg.inv(pictures.poses[number]).astype(np.float32))
        local = middles @ back[:3, :3].T + back[:3, 3]
        depth = local[:, 2]
        ahead = (depth > 0.5 * edge).nonzero()[:, 0]
        x = (local[ahead, 0] / depth[ahead] * camera.fx + camera.cx).round().long()
        y = (local[ahead, 1] / depth[ahead] * camera.fy + camera.cy).round().long()
        inside = (x >= 0) & (x < camera.width) & (y >= 0) & (y < camera.height)
        seen, pixel = ahead[inside], (y * camera.width + x)[inside]
        told = torch.full(pixel.shape, torch.nan)
        if pictures.depths is not None:
            told = pictures.depths[number, pixel]
        farthest = torch.where(told.isfinite(), told + edge, reach_m)
        off = told - depth[seen]
        in_sight[seen] += (depth[seen] < farthest).int()
        passed[seen] += (off > _PASSED * edge).int()
        touched[seen] += (off.abs() <= _PASSED * edge).int()
    empty = (passed >= _OFTEN) & (passed > _TIMES * touched)
    return (in_sight >= 2) & ~empty
