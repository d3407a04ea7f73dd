# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Voxels of a box, of which only some are filled: rows of numbers lie in the corners of those."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

# Voxels along an edge of a block: rays skip blocks that are empty.
BLOCK = 4


@dataclass(frozen=True, slots=True, eq=False)
class VoxelGrid:
    """Which voxels of a box are filled, and where the rows of their corners are.

    Attributes:
        origin: (3,) lower corner of the box in the map frame, in metres.
        voxel_m: edge of a voxel.
        filled: (nx, ny, nz) bool; the outermost voxels are empty.
        index: (nx + 1, ny + 1, nz + 1) int32 row of each corner, -1 for corners of empty ones.
        blocks: bool, whether a block of ``BLOCK`` voxels along each edge, or one beside it, has
            a filled voxel.
    """

    origin: Tensor
    voxel_m: float
    filled: Tensor
    index: Tensor
    blocks: Tensor

    @staticmethod
    def of(origin: Tensor, voxel_m: float, filled: Tensor) -> VoxelGrid:
        """Number the corners of filled voxels; an empty voxel is put around the box."""
        held = functional.pad(filled, (1, 1, 1, 1, 1, 1))
        wanted = torch.zeros([one + 1 for one in held.shape], dtype=torch.bool, device=held.device)
        nx, ny, nz = held.shape
        for dx, dy, dz in _CORNERS:
            wanted[dx : dx + nx, dy : dy + ny, dz : dz + nz] |= held
        flat = wanted.flatten()
        index = torch.where(flat, flat.cumsum(0) - 1, -1).to(torch.int32).reshape(wanted.shape)
        return VoxelGrid(origin - voxel_m, voxel_m, held, index, _blocks_of(held))

    @property
    def corner_count(self) -> int:
        """How many corners have rows."""
        return int(self.index.max()) + 1

    def to(self, device: torch.device) -> VoxelGrid:
        """Return the same on another device."""
        moved = (one.to(device) for one in (self.filled, self.index, self.blocks))
        return VoxelGrid(self.origin.to(device), self.voxel_m, *moved)

    def corner_places(self) -> Tensor:
        """Return where the corners are that have rows (corners, 3), in the order of the rows."""
        return self.origin + self.voxel_m * (self.index >= 0).nonzero()

    def filled_at(self, points: Tensor) -> Tensor:
        """Tell of points (n, 3) whether they are in filled voxels."""
        return _looked_up(self.filled, (points - self.origin) / self.voxel_m)

    def blocks_at(self, points: Tensor) -> Tensor:
        """Tell of points (n, 3) whether anything is in their block or one beside it."""
        return _looked_up(self.blocks, (points - self.origin) / (BLOCK * self.voxel_m))

    def corners_of(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Return rows (n, 8) and trilinear weights (n, 8) of the corners about points (n, 3).

        Args:
            points: in filled voxels.
        """
        places = (points - self.origin) / self.voxel_m
        lower = places.floor()
        share = places - lower
        _, ny, nz = self.index.shape
        strides = torch.tensor([ny * nz, nz, 1], device=points.device)
        first = (lower.long() * strides).sum(1)
        steps = torch.tensor(_CORNERS, device=points.device)
        rows = self.index.flatten()[first[:, None] + (steps * strides).sum(1)].long()
        x, y, z = torch.stack([1.0 - share, share], dim=2).unbind(1)
        weights = x[:, :, None, None] * y[:, None, :, None] * z[:, None, None, :]
        return rows, weights.reshape(-1, 8)

    def divided(self, filled: Tensor, parts: int) -> VoxelGrid:
        """Return voxels of a part of the edge, in the least box about those that stay filled.

        Args:
            filled: which voxels stay so, of the shape of ``filled``.
            parts: of an edge; with 1 voxels stay as they are.
        """
        some = filled.nonzero()
        first, last = some.min(0).values, some.max(0).values + 1
        (a, b, c), (d, e, f) = first.tolist(), last.tolist()
        fine = filled[a:d, b:e, c:f]
        for axis in range(3):
            fine = fine.repeat_interleave(parts, dim=axis)
        return VoxelGrid.of(self.origin + self.voxel_m * first, self.voxel_m / parts, fine)


_CORNERS = tuple((x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1))


def grown(filled: Tensor) -> Tensor:
    """Return what is filled together with all that touches it."""
    return functional.max_pool3d(filled[None].float(), 3, 1, 1)[0] > 0.5


def _blocks_of(filled: Tensor) -> Tensor:
    blocks = functional.max_pool3d(filled[None].float(), BLOCK, BLOCK, ceil_mode=True)[0]
    # An empty block around, as around the voxels: what is looked up outside is there.
    return grown(functional.pad(blocks, (0, 1, 0, 1, 0, 1)) > 0.5)


def _looked_up(table: Tensor, places: Tensor) -> Tensor:
    """Return what a table (x, y, z) has at places (n, 3) in its cells; False outside."""
    limits = torch.tensor(table.shape, device=places.device)
    cells = places.floor().long()
    inside = ((cells >= 0) & (cells < limits)).all(1)
    cells = torch.minimum(cells.clamp(min=0), limits - 1)
    _, ny, nz = table.shape
    flat = (cells[:, 0] * ny + cells[:, 1]) * nz + cells[:, 2]
    found: Tensor = table.flatten()[flat] & inside
    return found
