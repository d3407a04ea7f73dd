# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From a scan, seen in the map frame under a prior, to the latent that says what it shows."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from local_inn_ros.flows.encodings import FourierFeatures, PriorFeatures

_BEAM_HIDDEN = 64
_BEAM_FEATURES = 16
# Brings end points relative to the sensor to about unit size.
_NEAR_M = 10.0


class ScanEncoder(nn.Module):
    """End points under the prior, through features of the place they fall on, to a latent.

    One small network looks at every end point: its Fourier features in the map frame tell what
    the map holds there, so the walls are learned once for all beams and headings. Where the end
    points lie as seen from the sensor tells how they move with the pose.
    """

    _angles: Tensor

    def __init__(
        self,
        angles_rad: Tensor,
        centre: tuple[float, float],
        span_m: float,
        hidden: int,
        latent: int,
    ) -> None:
        """Build the encoder.

        Args:
            angles_rad: (n,) angles of the beams in the sensor frame.
            centre: middle of the map.
            span_m: the map's larger side, plus how far beams reach past it.
            hidden: width of the layers that see the whole scan.
            latent: length of the answer.
        """
        super().__init__()
        self.beams = len(angles_rad)
        self.register_buffer("_angles", angles_rad.to(torch.float32))
        self._place = FourierFeatures(centre, span_m, finest_m=0.5)
        self._prior = PriorFeatures(centre, span_m)
        self._beam = nn.Sequential(
            nn.Linear(self._place.size, _BEAM_HIDDEN),
            nn.ReLU(),
            nn.Linear(_BEAM_HIDDEN, _BEAM_FEATURES),
        )
        inputs = self.beams * (_BEAM_FEATURES + 4 + 2) + self._prior.size
        self._scan = nn.Sequential(
            nn.Linear(inputs, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, latent),
        )

    def forward(self, ranges: Tensor, states: Tensor, priors: Tensor, spreads: Tensor) -> Tensor:
        """Encode scans (see ``Engine.sample_poses`` for the inputs) as (b, latent)."""
        heading = self._angles + priors[:, 2:3]
        direction = torch.stack([torch.cos(heading), torch.sin(heading)], dim=-1)
        reach = ranges[..., None] * direction
        place = self._beam(self._place(reach + priors[:, None, :2]))
        returned = torch.clamp(states, min=0.0)[..., None]
        beams = torch.cat([place, reach / _NEAR_M, direction], dim=-1) * returned
        seen = [beams.flatten(1), torch.relu(states), torch.relu(-states)]
        return self._scan(torch.cat([*seen, self._prior(priors, spreads)], dim=-1))
