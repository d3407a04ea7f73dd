# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What Local_INN is trained for."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from local_inn_ros.flows.local_inn import LocalInn

_CONSISTENCY_WEIGHT = 0.1
_FORWARD_WEIGHT = 3.0
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


@dataclass(frozen=True, slots=True, eq=False)
class Objective:
    """The loss and what it was computed from.

    Attributes:
        loss: scalar to descend on.
        answers: (b, 3) poses of the inverse pass at z = 0, without gradient.
    """

    loss: Tensor
    answers: Tensor


def local_inn_objective(
    model: LocalInn, batch: TrainingBatch, latents: Tensor, drawing_spread: float
) -> Objective:
    """Compute the loss of one batch.

    - inverse pass at z = 0: distance of the code to the true code;
    - inverse pass at drawn z: the energy score (Gneiting and Raftery, 2007), which is least where
      the samples are distributed as the truth is, so that their spread means something;
    - forward pass against encoder: L1 between their latents y;
    - forward pass against the map: L1 of the logarithm of the ranges.

    Args:
        model: the networks.
        batch: posed scans with priors.
        latents: (b, s, z) draws of z, s >= 2.
        drawing_spread: spread that the forward pass is conditioned on.
    """
    seen = model.encoder(batch.ranges, batch.states, batch.priors, batch.spreads)
    with_zero = torch.cat([torch.zeros_like(latents[:, :1]), latents], dim=1)
    codes = model.invert(seen, with_zero, batch.priors, batch.spreads)
    truth = model.pose_code.encode(batch.poses, batch.priors)
    circles = model.pose_code.as_circles(codes)
    true_circles = model.pose_code.as_circles(truth)[:, None]
    point = _lengths(circles[:, :1] - true_circles).mean()
    energy = energy_score(circles[:, 1:], true_circles)

    latent = model.latent_of(batch.poses, batch.priors, batch.spreads)
    consistency = (latent[:, : model.latent_y] - seen).abs().mean()

    drawn = model.expect(batch.poses, torch.full_like(batch.spreads, drawing_spread))
    off = (torch.log1p(drawn) - torch.log1p(batch.expected)).abs() * batch.expected_known
    forward = off.sum() / batch.expected_known.sum().clamp(min=1.0)

    loss = point + energy + _CONSISTENCY_WEIGHT * consistency + _FORWARD_WEIGHT * forward
    with torch.no_grad():
        answers = model.decode_samples(codes[:, :1], batch.priors)[:, 0]
    return Objective(loss, answers)


def energy_score(samples: Tensor, truth: Tensor) -> Tensor:
    """Return the energy score of samples (b, s, 3, octaves, 2) for truths (b, 1, 3, octaves, 2).

    The mean of two proper scores: of each number of the pose by itself, which keeps a precise one
    precise beside a vague one, and of the three together, which sees their correlation.
    """
    count = samples.shape[1]
    first, second = torch.triu_indices(count, count, offset=1)
    to_truth, between = samples - truth, samples[:, first] - samples[:, second]
    single = _lengths(to_truth).mean() - 0.5 * _lengths(between).mean()
    joint = _joint_lengths(to_truth).mean() - 0.5 * _joint_lengths(between).mean()
    return single + joint / 3.0**0.5


def _lengths(circles: Tensor) -> Tensor:
    """Lengths (..., 3, octaves) of differences on each circle."""
    return (circles.square().sum(dim=-1) + _TINY).sqrt()


def _joint_lengths(circles: Tensor) -> Tensor:
    """Lengths (..., octaves) of differences over x, y and yaw together."""
    return (circles.square().sum(dim=(-1, -3)) + _TINY).sqrt()
