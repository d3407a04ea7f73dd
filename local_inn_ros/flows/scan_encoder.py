# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From a scan, seen in the map frame under a prior, to the latent that says what it shows."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from local_inn_ros.flows.alignment import NUMBERS_PER_POINT, align
from local_inn_ros.flows.feature_map import FeatureMap

_OFFSET = 3
_INFORMATION = 6
# Brings levers to about unit size.
_NEAR_M = 5.0


class ScanEncoder(nn.Module):
    """End points under the prior, through what is learned of the places they fall on, to a latent.

    One small network looks at every end point: the features of the place tell which wall is near
    and where, the lever tells how the point moves with the pose. It says where the point should
    be (``alignment``), and describes it for a summary of the scan. The alignment stands in the
    first three numbers of the latent; what the summary knows better is added to it.
    """

    _angles: Tensor
    _deviation: Tensor

    def __init__(
        self,
        angles_rad: Tensor,
        places: FeatureMap,
        deviation: tuple[float, float, float],
        hidden: int,
        summary: int,
        latent: int,
    ) -> None:
        """Build the encoder.

        Args:
            angles_rad: (n,) angles of the beams in the sensor frame.
            places: what is learned of the map.
            deviation: (x m, y m, yaw rad) of a prior of spread 1.
            hidden: width of the layers that look at a point.
            summary: width of the layers that look at the scan.
            latent: length of the answer.
        """
        super().__init__()
        self.beams = len(angles_rad)
        self._described = hidden
        self.register_buffer("_angles", angles_rad.to(torch.float32))
        self.register_buffer("_deviation", torch.tensor(deviation, dtype=torch.float32))
        self.places = places
        self._point = nn.Sequential(
            nn.Linear(places.size + 6, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, NUMBERS_PER_POINT + hidden),
        )
        last = nn.Linear(summary, latent)
        # Begins with the alignment alone.
        nn.init.normal_(last.weight, std=1e-3)
        nn.init.zeros_(last.bias)
        self._scan = nn.Sequential(
            nn.Linear(hidden + _OFFSET + _INFORMATION + 3, summary),
            nn.ReLU(),
            nn.Linear(summary, summary),
            nn.ReLU(),
            last,
        )

    def forward(self, ranges: Tensor, states: Tensor, priors: Tensor, spreads: Tensor) -> Tensor:
        """Encode scans (see ``Engine.sample_poses`` for the inputs) as (b, latent)."""
        heading = self._angles + priors[:, 2:3]
        direction = torch.stack([torch.cos(heading), torch.sin(heading)], dim=-1)
        levers = ranges[..., None] * direction
        width = torch.log(spreads)[:, None]
        seen = [
            self.places(levers + priors[:, None, :2]),
            levers / _NEAR_M,
            direction,
            torch.log1p(ranges)[..., None],
            width[:, None].expand(-1, self.beams, -1),
        ]
        returned = torch.clamp(states, min=0.0)[..., None]
        said = self._point(torch.cat(seen, dim=-1)) * returned
        opinions, described = said.split([NUMBERS_PER_POINT, self._described], dim=-1)
        found = align(opinions, levers, self._deviation * spreads[:, None])
        count = returned.sum(dim=1)
        summary = described.sum(dim=1) / count.clamp(min=1.0)
        open_beams = torch.clamp(-states, min=0.0).sum(dim=1, keepdim=True)
        shares = [count / self.beams, open_beams / self.beams]
        latent = self._scan(
            torch.cat([summary, found.offset, found.information, width, *shares], dim=-1)
        )
        return torch.cat([latent[:, :_OFFSET] + found.offset, latent[:, _OFFSET:]], dim=-1)
