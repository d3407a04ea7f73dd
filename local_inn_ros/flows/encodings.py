# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Numbers that a network can read: Fourier features of places, a code for pose offsets."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class FourierFeatures(nn.Module):
    """Sines and cosines of coordinates at periods that halve from the map's size down.

    (Tancik et al., Fourier Features Let Networks Learn High Frequency Functions, 2020.)
    """

    _centre: Tensor

    def __init__(self, centre: tuple[float, float], span_m: float, finest_m: float) -> None:
        """Choose the periods.

        Args:
            centre: middle of the map, subtracted first so that float32 keeps its precision.
            span_m: the map's larger side; the coarsest period is the next power of two above.
            finest_m: the finest period, a power of two.
        """
        super().__init__()
        coarsest = 2.0 ** math.ceil(math.log2(span_m))
        count = round(math.log2(coarsest / finest_m)) + 1
        self.size = 4 * count
        self._count = count
        self.register_buffer("_centre", torch.tensor(centre, dtype=torch.float32))
        self._coarsest = coarsest

    def forward(self, points: Tensor) -> Tensor:
        """Encode points (..., 2) in metres as (..., size)."""
        phase = (points - self._centre) * (2.0 * math.pi / self._coarsest)
        sine, cosine = torch.sin(phase), torch.cos(phase)
        features = [sine, cosine]
        # Doubling the angle costs two products where a new sine costs tens of operations.
        for _ in range(self._count - 1):
            sine, cosine = 2.0 * sine * cosine, 1.0 - 2.0 * sine * sine
            features += [sine, cosine]
        return torch.cat(features, dim=-1)


class PriorFeatures(nn.Module):
    """The condition of the networks: where the prior is, which way it looks, how wide it is.

    Continuous in the prior, so that no border between zones shows in the answers.
    """

    def __init__(self, centre: tuple[float, float], span_m: float) -> None:
        """Set up for a map; see ``FourierFeatures``."""
        super().__init__()
        self._place = FourierFeatures(centre, span_m, finest_m=2.0)
        self.size = self._place.size + 5

    def forward(self, priors: Tensor, spreads: Tensor) -> Tensor:
        """Encode priors (b, 3) with spreads (b,) as (b, size)."""
        yaw = priors[:, 2:3]
        turn = [torch.sin(yaw), torch.cos(yaw), torch.sin(2.0 * yaw), torch.cos(2.0 * yaw)]
        return torch.cat([self._place(priors[:, :2]), *turn, torch.log(spreads)[:, None]], dim=-1)


class PoseCode(nn.Module):
    """A pose as its offset from the prior: plain, and as sines and cosines that ever finer turn.

    The plain part is the offset (map axes) in deviations of the prior: a narrow prior asks for the
    same digits as a wide one, where centimetres would vanish in a code for decimetres. It is what
    answers and samples are read from: it cannot wrap, and learns several times faster than an
    angle does (docs/training.md). The sines and cosines, at doubling frequencies as in the paper,
    tell the forward direction small offsets apart.
    """

    _deviation: Tensor
    _frequencies: Tensor

    def __init__(self, deviation: tuple[float, float, float], octaves: int) -> None:
        """Choose the code.

        Args:
            deviation: (x m, y m, yaw rad) standard deviations of a prior of spread 1.
            octaves: frequencies, each twice the one before; the lowest turns once in ten
                deviations, which no prior leaves.
        """
        super().__init__()
        self.octaves = octaves
        self.size = 3 + 6 * octaves
        self.register_buffer("_deviation", torch.tensor(deviation, dtype=torch.float32))
        frequencies = 0.2 * math.pi * 2.0 ** torch.arange(octaves, dtype=torch.float32)
        self.register_buffer("_frequencies", frequencies)

    def encode(self, poses: Tensor, priors: Tensor, spreads: Tensor) -> Tensor:
        """Encode poses (b, 3) seen from priors (b, 3) of spreads (b,) as (b, size)."""
        offset = poses - priors
        turn = torch.remainder(offset[:, 2:3] + math.pi, 2.0 * math.pi) - math.pi
        deviations = self._deviation * spreads[:, None]
        plain = torch.cat([offset[:, :2], turn], dim=-1) / deviations
        phase = plain[:, :, None] * self._frequencies
        circles = torch.stack([torch.sin(phase), torch.cos(phase)], dim=-1)
        return torch.cat([plain, circles.flatten(1)], dim=-1)

    def plain(self, code: Tensor) -> Tensor:
        """Return the plain part (..., 3) of codes: offsets in deviations."""
        return code[..., :3]

    def circles(self, code: Tensor) -> Tensor:
        """Return points on circles (..., 3, octaves, 2) of codes."""
        return code[..., 3:].unflatten(-1, (3, self.octaves, 2))

    def decode(self, code: Tensor, priors: Tensor, spreads: Tensor) -> Tensor:
        """Decode codes (..., size) seen from priors (..., 3) of spreads (...) into poses."""
        return priors + self.plain(code) * self._deviation * spreads[..., None]
