# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How bright each picture was taken: light that varies is not painted into the scene."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Exposures(nn.Module):
    """A gain for each colour and an offset, of each picture; their means are 1 and 0.

    Attributes:
        log_gains: (k, 3) before their mean is taken away.
        offsets: (k, 1) likewise, of colours in [0, 1].
    """

    def __init__(self, count: int) -> None:
        """Begin with pictures that are as the scene is."""
        super().__init__()
        self.log_gains = nn.Parameter(torch.zeros(count, 3))
        self.offsets = nn.Parameter(torch.zeros(count, 1))

    def forward(self, colours: Tensor, pictures: Tensor) -> Tensor:
        """Return colours (n, 3) as pictures (n,) have them."""
        gains, offsets = self.told()
        return colours * gains[pictures] + offsets[pictures]

    def told(self) -> tuple[Tensor, Tensor]:
        """Return gains (k, 3) and offsets (k, 1)."""
        log_gains = self.log_gains - self.log_gains.mean(0)
        return log_gains.exp(), self.offsets - self.offsets.mean(0)

    def strayed(self) -> Tensor:
        """Return how far they are from none, squared, in the mean."""
        return self.log_gains.square().mean() + self.offsets.square().mean()
