# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a network has learned of every place: grids of features over the map."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from local_inn_ros.world import Bounds

# Small beside what is learned, so that no place begins with an opinion.
_INITIAL_DEVIATION = 0.1


class FeatureMap(nn.Module):
    """Learned grids of several cell sizes, read between their nodes.

    A scan moves only the few nodes round each of its points, so that a place is learned from the
    scans that see it and from no others: minutes where a network of Fourier features takes hours
    (docs/accuracy.md). Its size grows with the map's area, the time to read it does not. After
    Mueller et al., Instant Neural Graphics Primitives (2022), section 3, with dense grids: the
    maps of a plane need no hashing.
    """

    _lows: Tensor
    _scales: Tensor

    def __init__(self, bounds: Bounds, cells_m: Sequence[float], channels: int) -> None:
        """Lay the grids.

        Args:
            bounds: what they cover at least, in the map frame; points beyond read the edge.
            cells_m: distance of the nodes of each grid.
            channels: features of each grid.
        """
        super().__init__()
        self.size = channels * len(cells_m)
        self.grids = nn.ParameterList()
        lows, scales = [], []
        for cell_m in cells_m:
            columns, rows = (
                math.ceil(side / cell_m) + 1 for side in (bounds.width_m, bounds.height_m)
            )
            self.grids.append(_INITIAL_DEVIATION * torch.randn(1, channels, rows, columns))
            lows.append((bounds.x_min_m, bounds.y_min_m))
            scales.append((2.0 / ((columns - 1) * cell_m), 2.0 / ((rows - 1) * cell_m)))
        self.register_buffer("_lows", torch.tensor(lows, dtype=torch.float32))
        self.register_buffer("_scales", torch.tensor(scales, dtype=torch.float32))

    def forward(self, points: Tensor) -> Tensor:
        """Read the features (b, n, size) at points (b, n, 2); no gradient flows to the points."""
        places = points.detach().reshape(1, 1, -1, 2)
        read = [
            functional.grid_sample(
                grid,
                (places - low) * scale - 1.0,
                mode="bilinear",
                padding_mode="border",
                align_corners=True,
            )
            for grid, low, scale in zip(self.grids, self._lows, self._scales, strict=True)
        ]
        features = torch.cat(read, dim=1).reshape(self.size, points.shape[0], points.shape[1])
        return features.permute(1, 2, 0)
