# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From a latent to the scan that the map expects: the forward pass's second half."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from local_inn_ros.flows.encodings import FourierFeatures


class RangeDecoder(nn.Module):
    """Draws the panorama of a place in the map frame and reads the beams from it.

    The panorama does not turn with the robot, so nothing has to be learned again for another
    heading: yaw only chooses where each beam reads.
    """

    _angles: Tensor

    def __init__(
        self,
        angles_rad: Tensor,
        centre: tuple[float, float],
        span_m: float,
        latent: int,
        hidden: int,
        directions: int,
        range_max_m: float,
    ) -> None:
        """Build the decoder.

        Args:
            angles_rad: (n,) angles of the beams in the sensor frame.
            centre: middle of the map.
            span_m: the map's larger side.
            latent: length of the latent y.
            hidden: width of its layers.
            directions: ranges in the panorama, evenly spaced over a full turn.
            range_max_m: no range is longer.
        """
        super().__init__()
        self.register_buffer("_angles", angles_rad.to(torch.float32))
        self._place = FourierFeatures(centre, span_m, finest_m=0.5)
        self._directions = directions
        self._range_max_m = range_max_m
        self._draw = nn.Sequential(
            nn.Linear(self._place.size + latent, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, directions),
        )

    def forward(self, latent: Tensor, poses: Tensor) -> Tensor:
        """Draw what poses (b, 3) with latents (b, latent) see: ranges (b, n) in metres."""
        panorama = self._draw(torch.cat([self._place(poses[:, :2]), latent], dim=-1))
        turn = (self._angles + poses[:, 2:3]) * (self._directions / (2.0 * math.pi))
        turn = torch.remainder(turn, float(self._directions))
        before = torch.floor(turn)
        share = turn - before
        # The remainder can round up to a whole turn.
        index = torch.remainder(before, float(self._directions)).to(torch.int64)
        following = torch.remainder(before + 1.0, float(self._directions)).to(torch.int64)
        drawn = (1.0 - share) * panorama.gather(1, index) + share * panorama.gather(1, following)
        return torch.clamp(torch.expm1(torch.clamp(drawn, 0.0, 6.0)), max=self._range_max_m)
