# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A radiance field: how dense the scene is at a place, and of which colour."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from local_inn_ros.views.voxels import VoxelGrid

# Share of the light that a voxel takes before anything is learned.
_FIRST_ALPHA = 1e-2
# A voxel is emptied where none of its corners takes so much.
_LEAST_ALPHA = 5e-2
_SHIFT = math.log(math.expm1(-math.log1p(-_FIRST_ALPHA)))


class RadianceField(nn.Module):
    """Density and colour, trilinear between the corners of filled voxels.

    What is interpolated is bent afterwards: an edge may lie anywhere within a voxel (Sun et al.,
    *Direct Voxel Grid Optimization*, 2022). Colours are the same from all sides.

    Attributes:
        grid: the voxels.
        rows: (corners, 4) density and colours of the corners, before they are bent.
        NUMBERS: in a row.
    """

    NUMBERS = 4

    def __init__(self, grid: VoxelGrid, rows: Tensor | None = None) -> None:
        """Begin with thin grey fog where no rows are given."""
        super().__init__()
        self.grid = grid
        if rows is None:
            rows = torch.zeros(grid.corner_count, self.NUMBERS, device=grid.origin.device)
        self.rows = nn.Parameter(rows)

    def forward(self, corners: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        """Return densities (n,) per metre and colours (n, 3) in [0, 1] at points.

        Args:
            corners: (n, 8) rows of the corners about the points (see ``VoxelGrid.corners_of``).
            weights: (n, 8) of the corners.
        """
        numbers: Tensor = _Interpolated.apply(self.rows, corners, weights)
        density = functional.softplus(numbers[:, 0] + _SHIFT) / self.grid.voxel_m
        return density, torch.sigmoid(numbers[:, 1:])

    @torch.no_grad()
    def kept_voxels(self) -> Tensor:
        """Tell which voxels (nx, ny, nz) have a corner that has learned to take light.

        Where none has, as after very few steps, all stay.
        """
        alpha = -torch.expm1(-functional.softplus(self.rows[:, 0] + _SHIFT))
        taken = torch.zeros_like(self.grid.index, dtype=torch.bool)
        taken[self.grid.index >= 0] = alpha > _LEAST_ALPHA
        some = functional.max_pool3d(taken[None].float(), 2, 1)[0] > 0.5
        kept = some & self.grid.filled
        return kept if kept.any() else self.grid.filled

    @torch.no_grad()
    def divided(self, parts: int) -> RadianceField:
        """Return the same field in voxels of a part of the edge, without those that are empty."""
        fine = self.grid.divided(self.kept_voxels(), parts)
        places = fine.corner_places()
        rows = torch.zeros(len(places), self.NUMBERS, device=places.device)
        # Corners on the outer faces of what was kept belong to voxels on one side of them.
        for part in torch.arange(len(places), device=places.device).split(200_000):
            left = part
            for shift in _nudges(fine.voxel_m, places.device):
                inside = self.grid.filled_at(places[left] + shift)
                some = left[inside]
                told = self.grid.corners_of(places[some] + shift)
                rows[some] = _Interpolated.apply(self.rows, *told)
                left = left[~inside]
        return RadianceField(fine, rows)


def _nudges(voxel_m: float, device: torch.device) -> Tensor:
    """Return steps (8, 3) to all sides that are too small to matter."""
    small = 1e-3 * voxel_m
    sides = [(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]
    return small * torch.tensor(sides, dtype=torch.float32, device=device)


class _Interpolated(torch.autograd.Function):
    """Weighed sums of rows. Its own backward pass takes half the time of autograd's."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, numbers: Tensor, weights: Tensor) -> Tensor:
        ctx.save_for_backward(numbers, weights)
        ctx.count = len(rows)
        return functional.embedding_bag(numbers, rows, per_sample_weights=weights, mode="sum")

    @staticmethod
    def backward(ctx: Any, *given: Tensor) -> tuple[Tensor, None, None]:
        numbers, weights = ctx.saved_tensors
        (grad,) = given
        spread = (grad[:, None, :] * weights[:, :, None]).reshape(-1, grad.shape[1])
        rows = torch.zeros(ctx.count, grad.shape[1], device=grad.device)
        rows.scatter_add_(0, numbers.reshape(-1, 1).expand(-1, grad.shape[1]), spread)
        return rows, None, None
