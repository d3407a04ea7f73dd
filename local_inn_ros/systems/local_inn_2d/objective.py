# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What Local_INN is trained for."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from local_inn_ros.flows.fit_task import ObjectiveValue
from local_inn_ros.systems.local_inn_2d.network import LocalInn
from local_inn_ros.systems.local_inn_2d.presets import TrainingSettings
from local_inn_ros.systems.local_inn_2d.scan_sources import ScanBatch

_OCTAVE_WEIGHT = 0.05
_CONSISTENCY_WEIGHT = 0.1
_FORWARD_WEIGHT = 3.0
# Wide priors alone come first: while the answers are off by more than a narrow prior is wide,
# narrow ones teach nothing.
_WIDE_ONLY = 0.3
_WIDE = (0.7, 1.0)
# Beyond so many deviations the pose code would come near its limits.
_FARTHEST = 4.0
_FAR_SHARE = 0.3
# Keeps the gradient of a norm finite at zero.
_TINY = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class TrainingBatch:
    """A batch as tensors.

    Attributes:
        poses: (b, 3) true poses.
        priors: (b, 3) priors drawn round them.
        spreads: (b,) how wide they were drawn.
        ranges: (b, n) for the encoder.
        states: (b, n) for the encoder.
        expected: (b, n) for the forward pass, in metres.
        expected_known: (b, n) 1 where it counts.
    """

    poses: Tensor
    priors: Tensor
    spreads: Tensor
    ranges: Tensor
    states: Tensor
    expected: Tensor
    expected_known: Tensor

    def to(self, device: torch.device) -> TrainingBatch:
        """Return the batch on a device."""
        return TrainingBatch(*(getattr(self, each.name).to(device) for each in fields(self)))


class LocalInnObjective:
    """Draws a prior round each pose, and computes the loss (see ``fit_task.Objective``)."""

    def __init__(self, model: LocalInn, settings: TrainingSettings) -> None:
        """Descend on a model."""
        self._model = model
        self._settings = settings

    def __call__(self, samples: ScanBatch, done: float, noise: torch.Generator) -> ObjectiveValue:
        """Compute the loss of one batch."""
        model, settings = self._model, self._settings
        device = next(model.parameters()).device
        batch = with_priors(samples, settings, done, noise).to(device)
        count = len(batch.poses)
        latents = torch.randn(count, settings.samples, model.latent_z, generator=noise)
        beams = torch.randperm(model.encoder.beams, generator=noise)[: settings.drawn_beams]
        loss, answers = local_inn_objective(
            model, batch, latents.to(device), beams.to(device), settings.narrowest_spread
        )
        return ObjectiveValue(loss, lambda: median_errors(answers, batch.poses))


def median_errors(answers: Tensor, poses: Tensor) -> tuple[float, float]:
    """Return the medians of the errors in m and in degrees, of answers (b, 3) to poses (b, 3)."""
    error = (answers - poses).detach()
    position = error[:, :2].norm(dim=1).median()
    turn = torch.remainder(error[:, 2] + math.pi, 2.0 * math.pi) - math.pi
    return float(position), math.degrees(float(turn.abs().median()))


def with_priors(
    scans: ScanBatch, settings: TrainingSettings, done: float, noise: torch.Generator
) -> TrainingBatch:
    """Draw a prior round each pose, of spreads that suit the share of the training done."""
    poses = torch.from_numpy(scans.poses.astype(np.float32))
    count = len(poses)
    chance = torch.rand(3, count, generator=noise)
    spreads = _WIDE[0] + (_WIDE[1] - _WIDE[0]) * chance[0]
    if done > _WIDE_ONLY:
        any_width = torch.exp(math.log(settings.narrowest_spread) * chance[1])
        spreads = torch.where(chance[2] < 0.5, spreads, any_width)
    deviation = torch.tensor(settings.prior_deviation)
    offset = torch.randn(count, 3, generator=noise).clamp(-_FARTHEST, _FARTHEST)
    # A normal draw seldom turns far, and those that do are the hard ones: their errors would make
    # up most of the mean.
    far = torch.rand(count, 3, generator=noise) < _FAR_SHARE
    anywhere = _FARTHEST * (2.0 * torch.rand(count, 3, generator=noise) - 1.0)
    offset = torch.where(far, anywhere, offset) * deviation
    return TrainingBatch(
        poses,
        poses + offset * spreads[:, None],
        spreads,
        torch.from_numpy(scans.ranges_m),
        torch.from_numpy(scans.states),
        torch.from_numpy(scans.expected_m),
        torch.from_numpy(scans.expected_known.astype(np.float32)),
    )


def local_inn_objective(
    model: LocalInn,
    batch: TrainingBatch,
    latents: Tensor,
    beams: Tensor,
    drawing_spread: float,
) -> tuple[Tensor, Tensor]:
    """Compute the loss of one batch.

    - inverse pass at z = 0: L1 of the offset from the prior, and of its sines and cosines;
    - inverse pass at drawn z: the energy score (Gneiting and Raftery, 2007), which is least where
      the samples are distributed as the truth is, so that their spread means something;
    - forward pass against encoder: L1 between their latents y;
    - forward pass against the map: L1 of the logarithm of the ranges, of every guess on the way.

    Args:
        model: the networks.
        batch: posed scans with priors.
        latents: (b, s, z) draws of z, s >= 2.
        beams: (k,) indices of the beams that the forward pass draws; a few teach it as much as all.
        drawing_spread: spread that the forward pass is conditioned on.

    Returns:
        The loss, and the answers (b, 3) of the inverse pass at z = 0, without gradient.
    """
    seen = model.encoder(batch.ranges, batch.states, batch.priors, batch.spreads)
    with_zero = torch.cat([torch.zeros_like(latents[:, :1]), latents], dim=1)
    codes = model.invert(seen, with_zero, batch.priors, batch.spreads)
    truth = model.pose_code.encode(batch.poses, batch.priors, batch.spreads)[:, None]
    offsets, true_offset = model.pose_code.plain(codes), model.pose_code.plain(truth)
    point = (offsets[:, :1] - true_offset).abs().mean()
    energy = energy_score(offsets[:, 1:], true_offset)
    circles = model.pose_code.circles(codes[:, :1]) - model.pose_code.circles(truth)
    octaves = _octave_mean(_lengths(circles))

    latent = model.latent_of(batch.poses, batch.priors, batch.spreads)
    consistency = (latent[:, : model.latent_y] - seen.detach()).abs().mean()

    forward = _forward_loss(model, batch, beams, drawing_spread)

    loss = point + energy + _OCTAVE_WEIGHT * octaves
    loss = loss + _CONSISTENCY_WEIGHT * consistency + _FORWARD_WEIGHT * forward
    with torch.no_grad():
        answers = model.decode_samples(codes[:, :1], batch.priors, batch.spreads)[:, 0]
    return loss, answers


def _forward_loss(
    model: LocalInn, batch: TrainingBatch, beams: Tensor, drawing_spread: float
) -> Tensor:
    guesses = model.expect(batch.poses, torch.full_like(batch.spreads, drawing_spread), beams)
    expected, known = torch.log1p(batch.expected[:, beams]), batch.expected_known[:, beams]
    off = sum((torch.log1p(guess) - expected).abs() for guess in guesses) * known
    return off.sum() / known.sum().clamp(min=1.0)


def energy_score(samples: Tensor, truth: Tensor) -> Tensor:
    """Return the energy score of samples (b, s, 3) for truths (b, 1, 3).

    The mean of two proper scores: of each number of the pose by itself, which keeps a precise one
    precise beside a vague one, and of the three together, which sees their correlation.
    """
    first, second = torch.triu_indices(samples.shape[1], samples.shape[1], offset=1)
    to_truth, between = samples - truth, samples[:, first] - samples[:, second]
    single = to_truth.abs().mean() - 0.5 * between.abs().mean()
    joint = _lengths(to_truth).mean() - 0.5 * _lengths(between).mean()
    return single + joint / 3.0**0.5


def _octave_mean(lengths: Tensor) -> Tensor:
    """Mean over all but the octaves (the last axis), which are weighed by their periods.

    An octave whose period is shorter than the present error is noise. So weighed, every octave
    that is not pulls with the same force per metre, and those that are do not drown it.
    """
    octaves = lengths.shape[-1]
    weights = 0.5 ** torch.arange(octaves, dtype=lengths.dtype, device=lengths.device)
    return (lengths.flatten(0, -2).mean(dim=0) * weights).sum()


def _lengths(vectors: Tensor) -> Tensor:
    """Lengths of vectors along the last axis."""
    return (vectors.square().sum(dim=-1) + _TINY).sqrt()
