# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From a latent to the scan that the map expects: the forward pass's second half."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from local_inn_ros.flows.feature_map import FeatureMap

_HARMONICS = 3
# Longest range that a first guess can be, as the logarithm of one plus metres.
_LONGEST_LOG = 5.0
_SMALLEST_SCALE = 0.1


class RangeDecoder(nn.Module):
    """Follows each beam to the wall, in a few strides.

    The first guess is made from the features of the place where the sensor stands. Every further
    one looks at the features of the place that the guess before it leads to, where it sees how
    far off the wall is; so a range comes out as exact as the map is known at the wall, however
    far away that is. After sphere tracing, with learned strides that may go back.
    """

    _angles: Tensor

    def __init__(
        self,
        angles_rad: Tensor,
        places: FeatureMap,
        latent: int,
        hidden: int,
        strides: int,
        range_max_m: float,
    ) -> None:
        """Build the decoder.

        Args:
            angles_rad: (n,) angles of the beams in the sensor frame.
            places: what is learned of the map.
            latent: length of the latent y.
            hidden: width of its layers.
            strides: corrections of the first guess.
            range_max_m: no range is longer.
        """
        super().__init__()
        self.register_buffer("_angles", angles_rad.to(torch.float32))
        self.places = places
        self._range_max_m = range_max_m
        self._strides = strides
        self._latent = nn.Linear(latent, hidden)
        inputs = places.size + 2 * _HARMONICS
        self._first = _Layers(inputs, hidden)
        self._next = _Layers(inputs + 2, hidden)

    def forward(self, latent: Tensor, poses: Tensor, beams: Tensor | None = None) -> list[Tensor]:
        """Draw what poses (b, 3) with latents (b, latent) see.

        Args:
            latent: (b, latent) what the couplings make of the poses.
            poses: (b, 3) poses of the sensor in the map frame.
            beams: (k,) indices of the beams to draw; all of them where left out.

        Returns:
            The guesses (b, n) in metres, each better than the one before it; the last one counts.
        """
        angles = self._angles if beams is None else self._angles[beams]
        heading = poses[:, 2:3] + angles
        direction = torch.stack([torch.cos(heading), torch.sin(heading)], dim=-1)
        turns = [direction]
        for harmonic in range(2, _HARMONICS + 1):
            turn = harmonic * heading
            turns += [torch.cos(turn)[..., None], torch.sin(turn)[..., None]]
        facing = torch.cat(turns, dim=-1)
        hint = self._latent(latent)[:, None]
        origin = poses[:, None, :2]

        here = self.places(origin).expand(-1, heading.shape[1], -1)
        logarithm = nn.functional.softplus(self._first(torch.cat([here, facing], dim=-1), hint))
        ranges = torch.expm1(logarithm.clamp(max=_LONGEST_LOG))
        guesses = [self._limited(ranges)]
        for stride in range(self._strides):
            ranges = guesses[-1].detach()
            there = self.places(origin + ranges[..., None] * direction)
            scale = torch.log1p(ranges)
            count = torch.full_like(scale, float(stride))
            seen = torch.cat([there, facing, scale[..., None], count[..., None]], dim=-1)
            step = self._next(seen, hint) * scale.clamp(min=_SMALLEST_SCALE)
            guesses.append(self._limited(ranges + step))
        return guesses

    def _limited(self, ranges: Tensor) -> Tensor:
        return ranges.clamp(0.0, self._range_max_m)


class _Layers(nn.Module):
    """Three layers to one number, with a hint for all beams of a scan."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self._inner = nn.Linear(inputs, hidden)
        self._outer = nn.Sequential(
            nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1)
        )

    def forward(self, seen: Tensor, hint: Tensor) -> Tensor:
        number: Tensor = self._outer(self._inner(seen) + hint)[..., 0]
        return number
