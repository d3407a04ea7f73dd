# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The networks of PoseINN.

The backbone is that of XFeat (Potje et al., XFeat: Accelerated Features for Lightweight Image
Matching, CVPR 2024) without its heads; its weights are frozen. That a network says of each patch
which place of the scene it shows is scene coordinate regression (Shotton et al., 2013; Brachmann
et al., Accelerated Coordinate Encoding, CVPR 2023). The couplings between alignment and pose take
the place of those of PoseINN (Zang et al., 2024).
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from local_inn_ros.errors import LocalInnError
from local_inn_ros.flows.coupling import CouplingStack
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.systems.pose_inn.backbone_weights import backbone_file
from local_inn_ros.systems.pose_inn.config import (
    FEATURES,
    OUTCOME,
    POOLED,
    POSE,
    STRIDE,
    NetworkSettings,
    view_size,
)

_TINY = 1e-5
# Untrained, a patch may show any place within this many pixels: exp of it.
_FIRST_LOG_DEVIATION = 1.0


class _Layer(nn.Module):
    """Convolution, normalization without weights of its own, and what is below zero cut off."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__()
        # Named as in the file of weights.
        self.layer = nn.Sequential(
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(outputs, affine=False),
            nn.ReLU(),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        """Take pictures (b, inputs, h, w) to features."""
        return self.layer(pictures)


class Backbone(nn.Module):
    """Features of patches at stride 8, from brightness; it is never trained here."""

    def __init__(self) -> None:
        """Build it untrained; the names are those of XFeat's weights."""
        super().__init__()
        self.skip1 = nn.Sequential(nn.AvgPool2d(4, 4), nn.Conv2d(1, 24, 1))
        self.block1 = nn.Sequential(
            _Layer(1, 4), _Layer(4, 8, 3, 2), _Layer(8, 8), _Layer(8, 24, 3, 2)
        )
        self.block2 = nn.Sequential(_Layer(24, 24), _Layer(24, 24))
        self.block3 = nn.Sequential(_Layer(24, 64, 3, 2), _Layer(64, 64), _Layer(64, 64, 1))
        self.block4 = nn.Sequential(_Layer(64, 64, 3, 2), _Layer(64, 64), _Layer(64, 64))
        self.block5 = nn.Sequential(
            _Layer(64, 128, 3, 2), _Layer(128, 128), _Layer(128, 128), _Layer(128, 64, 1)
        )
        self.block_fusion = nn.Sequential(_Layer(64, 64), _Layer(64, 64), nn.Conv2d(64, 64, 1))
        self.requires_grad_(False)
        self.eval()

    def train(self, mode: bool = True) -> Backbone:
        """Stay as it is: its normalization is that of its weights."""
        return super().train(False)

    def forward(self, brightness: Tensor) -> Tensor:
        """Take brightness (b, height, width) to the features (b, patches, 64), row by row."""
        pictures = normalized(brightness)[:, None]
        quarter = self.block2(self.block1(pictures) + self.skip1(pictures))
        eighth = self.block3(quarter)
        sixteenth = self.block4(eighth)
        size = eighth.shape[-2:]
        both = [
            functional.interpolate(one, size, mode="bilinear")
            for one in (sixteenth, self.block5(sixteenth))
        ]
        return self.block_fusion(eighth + both[0] + both[1]).flatten(2).transpose(1, 2)


class KeypointHead(nn.Module):
    """Where in each patch a keypoint is, from brightness; it is never trained here either."""

    def __init__(self) -> None:
        """Build it untrained; the names are those of XFeat's weights."""
        super().__init__()
        self.keypoint_head = nn.Sequential(
            _Layer(64, 64, 1), _Layer(64, 64, 1), _Layer(64, 64, 1), nn.Conv2d(64, 65, 1)
        )
        self.requires_grad_(False)
        self.eval()

    def train(self, mode: bool = True) -> KeypointHead:
        """Stay as it is: its normalization is that of its weights."""
        return super().train(False)

    def forward(self, brightness: Tensor) -> Tensor:
        """Take brightness (b, height, width) to peaks (b, patches, 3).

        They are the likeliest pixel of each patch (across, down), and how likely it is a keypoint.
        """
        cells = functional.pixel_unshuffle(normalized(brightness)[:, None], STRIDE)
        # The last of the 65 is that a patch has none.
        likely = functional.softmax(self.keypoint_head(cells), dim=1)[:, :-1]
        most, pixel = likely.flatten(2).max(dim=1)
        # Remainders are not read by every TensorRT.
        down = pixel // STRIDE
        across = pixel - STRIDE * down
        return torch.stack([across.float(), down.float(), most], dim=2)


def normalized(brightness: Tensor) -> Tensor:
    """Return pictures (b, h, w) of mean 0 and deviation 1 each: light and exposure cancel out."""
    mean = brightness.mean(dim=(1, 2), keepdim=True)
    variance = (brightness - mean).square().mean(dim=(1, 2), keepdim=True)
    return (brightness - mean) * torch.rsqrt(variance + _TINY)


def pooled(features: Tensor) -> Tensor:
    """Return what pictures with features (b, patches, 64) are like as a whole (b, 128)."""
    mean = features.mean(dim=1)
    variance = (features - mean[:, None]).square().mean(dim=1)
    return torch.cat([mean, (variance + _TINY).sqrt()], dim=1)


class PlaceNetwork(nn.Module):
    """Says of each patch what place of the scene it shows, and how surely."""

    feature_mean: Tensor
    feature_deviation: Tensor
    pooled_mean: Tensor
    projection: Tensor
    centre: Tensor
    scale: Tensor

    def __init__(self, settings: NetworkSettings) -> None:
        """Build it untrained, for a scene of a metre round the origin; see ``fit_to``."""
        super().__init__()
        width = settings.place_hidden
        self.first = nn.Linear(FEATURES + settings.context, width)
        self.inner = nn.ModuleList(nn.Linear(width, width) for _ in range(settings.place_blocks))
        self.outer = nn.ModuleList(nn.Linear(width, width) for _ in range(settings.place_blocks))
        self.last = nn.Linear(width, 4)
        self.register_buffer("feature_mean", torch.zeros(FEATURES))
        self.register_buffer("feature_deviation", torch.ones(FEATURES))
        self.register_buffer("pooled_mean", torch.zeros(POOLED))
        self.register_buffer("projection", torch.zeros(POOLED, settings.context))
        self.register_buffer("centre", torch.zeros(3))
        self.register_buffer("scale", torch.ones(()))

    def fit_to(
        self, features: Tensor, pooled: Tensor, centre: NDArray[np.float64], scale_m: float
    ) -> None:
        """Take what a scene's patches and pictures are like, where it is, and how large.

        Args:
            features: (n, 64) of patches.
            pooled: (k, 128) of pictures.
            centre: (3,) of the scene, in the map frame.
            scale_m: of the scene.
        """
        self.pooled_mean.copy_(pooled.mean(dim=0))
        centred = pooled - self.pooled_mean
        # The directions in which pictures differ most, each in deviations of theirs.
        _, lengths, ways = torch.linalg.svd(centred, full_matrices=False)
        count = min(self.projection.shape[1], len(lengths))
        deviations = lengths[:count] / len(pooled) ** 0.5
        self.projection.zero_()
        self.projection[:, :count] = (ways[:count] / (deviations[:, None] + 1e-3)).T
        self.feature_mean.copy_(features.mean(dim=0))
        self.feature_deviation.copy_(features.std(dim=0) + 1e-3)
        self.centre.copy_(torch.from_numpy(centre))
        self.scale.fill_(scale_m)

    def normalize(self, features: Tensor, pooled: Tensor) -> Tensor:
        """Return what is told of patches, all in deviations of its own (..., 64 + context).

        Args:
            features: (..., 64) of the patches.
            pooled: (..., 128) of the pictures that they are of.
        """
        normal = (features - self.feature_mean) / self.feature_deviation
        context = (pooled - self.pooled_mean) @ self.projection
        return torch.cat([normal, context], dim=-1)

    def forward(self, normal: Tensor) -> tuple[Tensor, Tensor]:
        """Take what is told of patches to places (..., 3) and log deviations (...) in pixels."""
        hidden = functional.relu(self.first(normal))
        for inner, outer in zip(self.inner, self.outer, strict=True):
            hidden = hidden + functional.relu(outer(functional.relu(inner(hidden))))
        told = self.last(hidden).float()
        return self.centre + self.scale * told[..., :3], _FIRST_LOG_DEVIATION + told[..., 3]


class PosteriorFlow(nn.Module):
    """The invertible part: offset of the pose from the alignment <-> latent z.

    Offsets are in deviations of the alignment, so that untrained it says that those are true.
    """

    outcome_mean: Tensor
    outcome_deviation: Tensor

    def __init__(self, settings: NetworkSettings) -> None:
        """Build it as the identity."""
        super().__init__()
        self.couplings = CouplingStack(POSE, OUTCOME, settings.couplings, settings.coupling_hidden)
        # Deviations of alignments are too small by about the same factor everywhere.
        self.log_scale = nn.Parameter(torch.zeros(POSE))
        self.register_buffer("outcome_mean", torch.zeros(OUTCOME))
        self.register_buffer("outcome_deviation", torch.ones(OUTCOME))

    def fit_to(self, outcomes: Tensor) -> None:
        """Take what outcomes (n, OUTCOME) of alignments are like."""
        self.outcome_mean.copy_(outcomes.mean(dim=0))
        self.outcome_deviation.copy_(outcomes.std(dim=0) + 1e-3)

    def log_likelihood(self, offsets: Tensor, outcomes: Tensor) -> Tensor:
        """Return the log density (b,) of offsets (b, 6), but for a constant."""
        scaled = offsets * torch.exp(-self.log_scale)
        latent, log_volume = self.couplings.forward_and_volume(scaled, self._condition(outcomes))
        return log_volume - self.log_scale.sum() - 0.5 * latent.square().sum(dim=1)

    def sample(self, latents: Tensor, outcomes: Tensor) -> Tensor:
        """Take latents (b, s, 6) under outcomes (b, OUTCOME) to offsets (b, s, 6)."""
        draws = latents.shape[1]
        condition = self._condition(outcomes)[:, None].expand(-1, draws, -1).flatten(0, 1)
        scaled = self.couplings.backward(latents.flatten(0, 1), condition)
        return scaled.unflatten(0, latents.shape[:2]) * torch.exp(self.log_scale)

    def _condition(self, outcomes: Tensor) -> Tensor:
        # Further from what was fitted than this, nothing is known to change any more.
        return ((outcomes - self.outcome_mean) / self.outcome_deviation).clamp(-3.0, 3.0)


class ViewNetwork(nn.Module):
    """The forward pass: from a pose to the small picture that is expected there."""

    low: Tensor
    span: Tensor

    def __init__(self, camera: CameraSpec, settings: NetworkSettings) -> None:
        """Build it untrained, for cameras within a metre of the origin; see ``fit_to``."""
        super().__init__()
        self._size = view_size(camera)
        self._octaves = settings.octaves
        code = 12 + 6 * settings.octaves
        hidden = settings.view_hidden
        self._draw = nn.Sequential(
            nn.Linear(code, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, 2 * hidden),
            nn.ReLU(),
            nn.Linear(2 * hidden, self._size[0] * self._size[1]),
        )
        self.register_buffer("low", -torch.ones(3))
        self.register_buffer("span", torch.full((3,), 2.0))

    def fit_to(self, low: NDArray[np.float64], high: NDArray[np.float64]) -> None:
        """Take between which positions the cameras are."""
        self.low.copy_(torch.from_numpy(low))
        self.span.copy_(torch.from_numpy(np.maximum(high - low, 0.5)))

    def forward(self, poses: Tensor) -> Tensor:
        """Draw views (b, rows, cols) at poses (b, 12): positions, then rotations row by row."""
        place = 2.0 * (poses[:, :3] - self.low) / self.span - 1.0
        code = [place, poses[:, 3:]]
        for octave in range(self._octaves):
            phase = 0.5 * math.pi * 2.0**octave * place
            code += [torch.sin(phase), torch.cos(phase)]
        return self._draw(torch.cat(code, dim=1)).unflatten(1, self._size)


class PoseInn(nn.Module):
    """All networks that are trained, and those of XFeat, which are not."""

    def __init__(self, camera: CameraSpec, settings: NetworkSettings) -> None:
        """Build untrained networks for a camera."""
        super().__init__()
        self.backbone = Backbone()
        self.keypoints = KeypointHead()
        self.places = PlaceNetwork(settings)
        self.posterior = PosteriorFlow(settings)
        self.landmark_posterior = PosteriorFlow(settings)
        self.view = ViewNetwork(camera, settings)


def load_backbone(backbone: Backbone | KeypointHead) -> None:
    """Put the frozen weights into a network of XFeat.

    Raises:
        LocalInnError: they are not there, or cannot be read.
    """
    file = backbone_file()
    try:
        weights = torch.load(file, map_location="cpu", weights_only=True)
        wanted = backbone.state_dict()
        backbone.load_state_dict({name: weights[name] for name in wanted})
    except (OSError, RuntimeError, KeyError) as error:
        raise LocalInnError(f"the weights {file} cannot be used: {error}") from error
