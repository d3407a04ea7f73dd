# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The networks of PoseINN as published (Zang et al., 2024), but for what README.md says."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from local_inn_ros.flows.coupling import CouplingStack
from local_inn_ros.flows.efficientnet import PARTS, WIDTH, EfficientNetLite0
from local_inn_ros.systems.pose_inn.config import POSE
from local_inn_ros.systems.pose_inn.paper_config import CODE, LATENT, OCTAVES

_COUPLINGS, _HIDDEN = 4, 1024
# Of the decoder: a small picture of 8 x 8, and the channels that each doubling of it has.
_FIRST = (20, 8, 8)
_CHANNELS = (20, 40, 40, 20)
_LEAST_SPAN_M = 0.5
_TINY = 1e-8
# From x right, y down, z ahead to x ahead, y left, z up.
_LEVEL_FROM_OPTICAL = ((0.0, 0.0, 1.0), (-1.0, 0.0, 0.0), (0.0, -1.0, 0.0))


class PictureEncoder(nn.Module):
    """From a picture to mean and log deviation of its latent; the first parts are frozen."""

    def __init__(self, learned_parts: int) -> None:
        """Build it untrained.

        Args:
            learned_parts: of the backbone's parts that are trained, the last ones.
        """
        super().__init__()
        self.backbone = EfficientNetLite0()
        self.split = PARTS - learned_parts
        self.mean = nn.Linear(WIDTH, LATENT)
        self.log_deviation = nn.Linear(WIDTH, LATENT)
        self.backbone.requires_grad_(False)
        for one in self.backbone.parameters_from(self.split):
            one.requires_grad_(True)

    def train(self, mode: bool = True) -> PictureEncoder:
        """Train all but the backbone's normalization: its statistics stay those of its weights."""
        super().train(mode)
        for one in self.backbone.modules():
            if isinstance(one, nn.BatchNorm2d):
                one.train(False)
        return self

    def frozen_part(self, pictures: Tensor) -> Tensor:
        """Take pictures (b, channels, 128, 128), 0 to 1, to what the frozen parts make of them."""
        coloured = pictures.expand(-1, 3, -1, -1) if pictures.shape[1] == 1 else pictures
        found = self.backbone.part(255.0 * coloured, 0, self.split)
        return found.mean(dim=(2, 3)) if self.split == PARTS else found

    def learned_part(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Take what the frozen parts made to means and log deviations (b, 60)."""
        pooled = features
        if self.split < PARTS:
            pooled = self.backbone.part(features, self.split, PARTS).mean(dim=(2, 3))
        return self.mean(pooled).float(), self.log_deviation(pooled).float()

    def forward(self, pictures: Tensor) -> Tensor:
        """Take pictures (b, channels, 128, 128) to the means (b, 60) of their latents."""
        return self.learned_part(self.frozen_part(pictures))[0]


class PictureDecoder(nn.Module):
    """From a latent to a picture."""

    def __init__(self, channels: int) -> None:
        """Build it untrained."""
        super().__init__()
        self.first = nn.Sequential(
            nn.Linear(LATENT, math.prod(_FIRST)), nn.BatchNorm1d(math.prod(_FIRST)), nn.ReLU()
        )
        layers: list[nn.Module] = []
        for inputs, outputs in zip(_CHANNELS, (*_CHANNELS[1:], channels), strict=True):
            layers += [nn.ConvTranspose2d(inputs, outputs, 4, 2, 1), nn.BatchNorm2d(outputs)]
            layers.append(nn.ReLU())
        # The last one gives the picture itself.
        self.doublings = nn.Sequential(*layers[:-2], nn.Sigmoid())

    def forward(self, latents: Tensor) -> Tensor:
        """Take latents (b, 60) to pictures (b, channels, 128, 128), 0 to 1."""
        return self.doublings(self.first(latents).unflatten(1, _FIRST))


class PaperPoseCode(nn.Module):
    """A pose as 66 numbers: place in a box and three angles, plain and as sines and cosines.

    The angles are yaw, pitch and roll, in this one convention everywhere, of a camera that is
    upright as those of the training are on average and looks where they look on average: they turn
    over far from where any camera looks, and yaw has no seam in what is decoded, which is sines
    and cosines. The place is decoded from the plain numbers, which do not wrap.
    """

    low: Tensor
    span: Tensor
    map_from_level: Tensor
    _level_from_optical: Tensor
    _phase: Tensor

    def __init__(self) -> None:
        """Build it for cameras within a metre of the origin; see ``fit_to``."""
        super().__init__()
        self.register_buffer("low", -torch.ones(3))
        self.register_buffer("span", torch.full((3,), 2.0))
        self.register_buffer("map_from_level", torch.eye(3))
        self.register_buffer("_level_from_optical", torch.tensor(_LEVEL_FROM_OPTICAL))
        lowest = torch.tensor([0.5 * math.pi] * 3 + [math.pi] * 3)
        octaves = 2.0 ** torch.arange(OCTAVES, dtype=torch.float32)
        self.register_buffer("_phase", octaves[:, None] * lowest)

    def fit_to(self, poses: NDArray[np.float64]) -> None:
        """Take where cameras (n, 4, 4) are, and how they stand and look; of the training alone."""
        low, high = poses[:, :3, 3].min(axis=0), poses[:, :3, 3].max(axis=0)
        self.low.copy_(torch.from_numpy(low))
        self.span.copy_(torch.from_numpy(np.maximum(high - low, _LEAST_SPAN_M)))
        up = -poses[:, :3, 1].mean(axis=0)
        # Cameras that stand all ways have no up to speak of, and those that look all round no
        # direction: then any will do.
        up = up / np.linalg.norm(up) if np.linalg.norm(up) > 0.1 else np.array([0.0, 0.0, 1.0])
        ahead = poses[:, :3, 2].mean(axis=0)
        across = np.cross(up, ahead)
        if np.linalg.norm(across) < 0.1:
            across = np.cross(up, np.eye(3)[np.abs(up).argmin()])
        across /= np.linalg.norm(across)
        level = np.column_stack([np.cross(across, up), across, up])
        self.map_from_level.copy_(torch.from_numpy(level))

    def encode(self, poses: Tensor) -> Tensor:
        """Encode poses (b, 12), positions and rotations row by row, as (b, 66)."""
        plain = torch.cat([self.places(poses[:, :3]), self._angles(poses[:, 3:]) / math.pi], dim=1)
        phase = plain[:, None] * self._phase
        circles = torch.cat([torch.sin(phase), torch.cos(phase)], dim=2)
        return torch.cat([plain, circles.flatten(1)], dim=1)

    def decode(self, code: Tensor) -> tuple[Tensor, Tensor]:
        """Decode codes (n, 66) into positions (n, 3) in m and rotations (n, 3, 3)."""
        positions = self.low + 0.5 * (code[:, :3] + 1.0) * self.span
        sines, cosines = code[:, POSE + 3 : POSE + 6], code[:, POSE + 9 : POSE + 12]
        radii = torch.rsqrt(sines.square() + cosines.square() + _TINY)
        level = _turned(sines * radii, cosines * radii)
        return positions, self.map_from_level @ level @ self._level_from_optical

    def places(self, positions: Tensor) -> Tensor:
        """Return positions (b, 3) in m as they are in the box, from -1 to 1."""
        return 2.0 * (positions - self.low) / self.span - 1.0

    def _angles(self, rotations: Tensor) -> Tensor:
        """Return yaw, pitch and roll (b, 3) of rotations (b, 9)."""
        turned = rotations.unflatten(1, (3, 3))
        level = self.map_from_level.T @ turned @ self._level_from_optical.T
        ahead = level[:, :, 0]
        flat = (ahead[:, 0].square() + ahead[:, 1].square() + _TINY).sqrt()
        return torch.stack(
            [
                torch.atan2(ahead[:, 1], ahead[:, 0]),
                torch.atan2(-ahead[:, 2], flat),
                torch.atan2(level[:, 2, 1], level[:, 2, 2]),
            ],
            dim=1,
        )


def _turned(sines: Tensor, cosines: Tensor) -> Tensor:
    """Return rotations (n, 3, 3) by sines (n, 3) and cosines of yaw, pitch and roll."""
    (sy, sp, sr), (cy, cp, cr) = sines.unbind(1), cosines.unbind(1)
    rows = (
        (cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr),
        (sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr),
        (-sp, cp * sr, cp * cr),
    )
    return torch.stack([torch.stack(row, dim=1) for row in rows], dim=1)


class PaperInn(nn.Module):
    """All networks: the autoencoder of pictures, and what lies between its latent and poses."""

    def __init__(self, channels: int, learned_parts: int) -> None:
        """Build them untrained.

        Args:
            channels: of the pictures.
            learned_parts: of the encoder's backbone.
        """
        super().__init__()
        self.encoder = PictureEncoder(learned_parts)
        self.decoder = PictureDecoder(channels)
        self.code = PaperPoseCode()
        self.couplings = CouplingStack(CODE, 0, _COUPLINGS, _HIDDEN)

    def latents_of(self, poses: Tensor) -> Tensor:
        """Take poses (b, 12) to latents (b, 60): the forward pass."""
        return self.couplings.forward(self.code.encode(poses))[:, :LATENT]

    def poses_of(self, latents: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
        """Take latents (n, 60) and z (n, 6) to positions (n, 3) and rotations (n, 3, 3)."""
        return self.code.decode(self.couplings.backward(torch.cat([latents, z], dim=1)))
