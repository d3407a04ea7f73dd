# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What PoseINN as published descends on."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from local_inn_ros.flows.fit_task import ObjectiveValue
from local_inn_ros.systems.pose_inn.config import POSE
from local_inn_ros.systems.pose_inn.paper_network import PaperInn
from local_inn_ros.systems.pose_inn.paper_presets import PaperSettings
from local_inn_ros.systems.pose_inn.paper_source import PaperBatch

_TINY = 1e-8


class PaperObjective:
    """From looks to a loss.

    - the picture by the autoencoder, and by the pose: L1;
    - the latent's divergence from a unit normal;
    - latents by picture and by pose: L1;
    - in reverse: L1 of the place in its box and the angle of the rotation, at z = 0 and of the
      best of several draws.

    The best draw is chosen for each picture, by place and rotation together. (The published code
    takes the best place of each picture, and the rotations of the draw that is best over a batch.)
    """

    def __init__(self, model: PaperInn, settings: PaperSettings, half: bool) -> None:
        """Set up.

        Args:
            model: the networks.
            settings: of the training.
            half: whether the autoencoder's products are computed in half precision.
        """
        self._model, self._settings, self._half = model, settings, half

    def __call__(self, samples: PaperBatch, done: float, noise: torch.Generator) -> ObjectiveValue:
        """Compute the loss of one batch (see ``flows.fit_task.Objective``)."""
        model = self._model
        poses, shown = torch.from_numpy(samples.poses), torch.from_numpy(samples.pictures)
        with torch.autocast("cpu", torch.bfloat16, enabled=self._half):
            mean, log_deviation = model.encoder.learned_part(torch.from_numpy(samples.features))
        deviation = torch.exp(log_deviation)
        seen = mean + deviation * torch.randn(mean.shape, generator=noise)
        expected = model.latents_of(poses)
        drawn = len(shown)
        with torch.autocast("cpu", torch.bfloat16, enabled=self._half):
            pictures = model.decoder(torch.cat([seen[:drawn], expected[:drawn]])).float()
        by_picture = 2.0 * (pictures - torch.cat([shown, shown])).abs().mean()
        divergence = (deviation.square() + mean.square() - log_deviation - 0.5).mean()
        loss = by_picture + self._settings.divergence_weight * divergence
        loss = loss + (expected - seen).abs().mean()
        at_zero, positions, turned = self._off(seen, poses, torch.zeros(len(seen), POSE))
        loss = loss + at_zero.mean() + self._best(seen[:drawn], poses[:drawn], noise).mean()

        def errors() -> tuple[float, float]:
            off_m = (positions - poses[:, :3]).detach().norm(dim=1)
            return float(off_m.median()), math.degrees(float(turned.detach().median()))

        return ObjectiveValue(loss, errors)

    def _best(self, seen: Tensor, poses: Tensor, noise: torch.Generator) -> Tensor:
        """Return how far the best draw of each latent (d, 60) is off (d,)."""
        draws = self._settings.hypotheses
        z = torch.randn((draws * len(seen), POSE), generator=noise)
        off, _, _ = self._off(seen.repeat(draws, 1), poses.repeat(draws, 1), z)
        return off.unflatten(0, (draws, len(seen))).min(dim=0).values

    def _off(self, seen: Tensor, poses: Tensor, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the loss (n,) of poses (n, 12) by latents (n, 60), positions (n, 3), angles (n,).

        The loss of a pose is its L1 in the box and the angle in rad.
        """
        positions, rotations = self._model.poses_of(seen, z)
        places = self._model.code.places
        turned = angles_between(rotations, poses[:, 3:].unflatten(1, (3, 3)))
        off = (places(positions) - places(poses[:, :3])).abs().mean(dim=1)
        return off + turned, positions, turned


def angles_between(rotations: Tensor, others: Tensor) -> Tensor:
    """Return the angles (n,) in rad between rotations (n, 3, 3) and others: the geodesic distance.

    By the chord, whose slope stays finite where the two are alike.
    """
    chord = ((rotations - others).square().sum(dim=(1, 2)) + _TINY).sqrt()
    return 2.0 * torch.asin((chord / (2.0 * math.sqrt(2.0))).clamp(max=1.0 - 1e-6))
