# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where rays go through filled voxels, and how light adds up along them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from local_inn_ros.views.field import RadianceField
from local_inn_ros.views.rays import Rays
from local_inn_ros.views.voxels import BLOCK, VoxelGrid

# Samples along the edge of a block: one in two thirds of a voxel.
_IN_A_BLOCK = 6
# What lies behind so little light is not asked for.
_LEAST_LIGHT = 1e-3
NEAREST_M = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Places along rays, ray by ray and from near to far.

    Attributes:
        ray: (n,) number of the ray.
        depth: (n,) along the optical axis, in metres.
        length_m: (n,) of the piece of the ray that each stands for.
        points: (n, 3) in the map frame.
    """

    ray: Tensor
    depth: Tensor
    length_m: Tensor
    points: Tensor

    def at(self, some: Tensor) -> Samples:
        """Return some of them."""
        return Samples(self.ray[some], self.depth[some], self.length_m[some], self.points[some])


def samples_along(
    rays: Rays, grid: VoxelGrid, farthest: Tensor | None, shift: Tensor | None
) -> Samples:
    """Return places along rays in filled voxels.

    Args:
        rays: n of them.
        grid: the voxels.
        farthest: (n,) depth beyond which nothing is asked; None for the end of the box.
        shift: (n,) in [0, 1) by which each ray's places are moved along it, in steps; None for a
            half.
    """
    reach = rays.ways.norm(dim=1)
    near, far = _through_box(rays, grid)
    if farthest is not None:
        far = torch.minimum(far, farthest)
    block = BLOCK * grid.voxel_m / reach
    count = int(((far - near) / block).ceil().clamp(min=0).max()) if len(near) else 0
    starts = near[:, None] + block[:, None] * torch.arange(count, device=near.device)
    middles = starts + 0.5 * block[:, None]
    there = (rays.origins[:, None] + middles[:, :, None] * rays.ways[:, None]).reshape(-1, 3)
    looked = (starts < far[:, None]) & grid.blocks_at(there).reshape(starts.shape)
    ray, number = looked.nonzero(as_tuple=True)
    step = block / _IN_A_BLOCK
    places = torch.arange(_IN_A_BLOCK, device=near.device)
    moved = torch.full_like(near, 0.5) if shift is None else shift
    depth = starts[ray, number][:, None] + step[ray, None] * (places + moved[ray, None])
    ray, depth = ray[:, None].expand_as(depth).reshape(-1), depth.reshape(-1)
    points = rays.origins[ray] + depth[:, None] * rays.ways[ray]
    kept = (grid.filled_at(points) & (depth < far[ray])).nonzero()[:, 0]
    ray = ray[kept]
    return Samples(ray, depth[kept], (step * reach)[ray], points[kept])


def _through_box(rays: Rays, grid: VoxelGrid) -> tuple[Tensor, Tensor]:
    """Return depths (n,) at which rays enter and leave the box; the second is less if they miss."""
    size = torch.tensor(grid.filled.shape, device=rays.ways.device) * grid.voxel_m
    ways = torch.where(rays.ways.abs() < 1e-9, 1e-9, rays.ways)
    first = (grid.origin - rays.origins) / ways
    second = (grid.origin + size - rays.origins) / ways
    near = torch.minimum(first, second).max(dim=1).values.clamp(min=NEAREST_M)
    return near, torch.maximum(first, second).min(dim=1).values


@dataclass(frozen=True, slots=True, eq=False)
class Marched:
    """What rays meet.

    Attributes:
        samples: that light is left at.
        weights: (n,) share of the ray's light that each sample sends.
        colours: (rays, 3) of what is met, each times its share.
        opaque: (rays,) share of the light that comes from filled voxels.
        depths: (rays,) mean depth of what is met, times ``opaque``.
    """

    samples: Samples
    weights: Tensor
    colours: Tensor
    opaque: Tensor
    depths: Tensor


def march(field: RadianceField, samples: Samples, count: int) -> Marched:
    """Add up light along rays.

    Args:
        field: what is met.
        samples: along ``count`` rays.
        count: of rays.
    """
    corners, shares = field.grid.corners_of(samples.points)
    with torch.no_grad():
        lit = _light_before(field(corners, shares)[0] * samples.length_m, samples.ray)
        some = (lit > _LEAST_LIGHT).nonzero()[:, 0]
    samples = samples.at(some)
    density, colour = field(corners[some], shares[some])
    taken = density * samples.length_m
    weights = _light_before(taken, samples.ray) * -torch.expm1(-taken)
    told = torch.cat([colour, torch.ones_like(taken)[:, None], samples.depth[:, None]], dim=1)
    sums = along_rays(weights[:, None] * told, samples.ray, count)
    return Marched(samples, weights, sums[:, :3], sums[:, 3], sums[:, 4])


def along_rays(values: Tensor, ray: Tensor, count: int) -> Tensor:
    """Return sums (count, c) of values (n, c) of each ray."""
    sums = torch.zeros(count, values.shape[1], device=values.device)
    return sums.scatter_add(0, ray[:, None].expand_as(values), values)


def sums_before(values: Tensor, ray: Tensor) -> Tensor:
    """Return of each sample the sum (n,) of the values (n,) before it on its ray.

    Rays lie one after the other. Sums are of double precision, since they go over all rays.
    """
    if len(values) == 0:
        return values
    before = values.double().cumsum(0) - values
    begins = torch.ones_like(ray, dtype=torch.bool)
    begins[1:] = ray[1:] != ray[:-1]
    first = begins.nonzero()[:, 0]
    return (before - before[first][begins.long().cumsum(0) - 1]).to(values.dtype)


def _light_before(taken: Tensor, ray: Tensor) -> Tensor:
    """Return the share (n,) of a ray's light that is left before each sample."""
    return torch.exp(-sums_before(taken, ray))
