# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The fit loop."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from local_inn_ros.systems.local_inn_2d.network import LocalInn
from local_inn_ros.systems.local_inn_2d.objective import TrainingBatch, local_inn_objective
from local_inn_ros.systems.local_inn_2d.presets import TrainingSettings
from local_inn_ros.systems.local_inn_2d.scan_sources import ScanBatch, ScanSource

_LOG = logging.getLogger(__name__)
_WARM_UP_STEPS = 100
_LAST_RATE = 1e-2
_LARGEST_GRADIENT = 1.0
# Wide priors alone come first: while the answers are off by more than a narrow prior is wide,
# narrow ones teach nothing.
_WIDE_ONLY = 0.3
_WIDE = (0.7, 1.0)
# Beyond so many deviations the pose code would come near its limits.
_FARTHEST = 4.0
_FAR_SHARE = 0.3
_REPORT_EVERY = 25


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """Where a training stands.

    Attributes:
        step: gradient steps done.
        steps: gradient steps in all.
        loss: of the last batch.
        position_error_m: median over the last batch, one inverse pass from priors of any spread.
        yaw_error_deg: likewise.
    """

    step: int
    steps: int
    loss: float
    position_error_m: float
    yaw_error_deg: float


def fit(
    model: LocalInn,
    source: ScanSource,
    settings: TrainingSettings,
    rng: np.random.Generator,
    progress: Callable[[TrainingProgress], None],
) -> int:
    """Train in place; an interrupt (Ctrl-C) ends the training early and keeps what was learned.

    Returns:
        The number of steps done.
    """
    device = next(model.parameters()).device
    # Chance is drawn on the CPU, so that a device does not change what is drawn.
    noise = torch.Generator().manual_seed(int(rng.integers(2**62)))
    optimizer = _optimizer(model, settings)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: _rate(step, settings.steps)
    )
    model.train()
    step = 0
    try:
        for step in range(1, settings.steps + 1):
            scans = source.draw(rng, settings.batch)
            batch = with_priors(scans, settings, step / settings.steps, noise).to(device)
            latents = torch.randn(settings.batch, settings.samples, model.latent_z, generator=noise)
            beams = torch.randperm(model.encoder.beams, generator=noise)[: settings.drawn_beams]
            result = local_inn_objective(
                model, batch, latents.to(device), beams.to(device), settings.narrowest_spread
            )
            optimizer.zero_grad(set_to_none=True)
            result.loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), _LARGEST_GRADIENT)
            optimizer.step()
            schedule.step()
            if step % _REPORT_EVERY == 0 or step == settings.steps:
                progress(_report(step, settings.steps, result.loss, result.answers, batch.poses))
    except KeyboardInterrupt:
        _LOG.warning("interrupted at step %d of %d: keeping what was learned", step, settings.steps)
    model.eval()
    return step


def _optimizer(model: LocalInn, settings: TrainingSettings) -> torch.optim.Optimizer:
    """Nodes of feature maps are moved by few scans of each batch, and take larger steps for it."""
    places = [*model.encoder.places.parameters(), *model.decoder.places.parameters()]
    of_places = {id(parameter) for parameter in places}
    others = [each for each in model.parameters() if each.requires_grad]
    others = [each for each in others if id(each) not in of_places]
    return torch.optim.Adam(
        [
            {"params": others, "lr": settings.learning_rate},
            {"params": places, "lr": settings.map_learning_rate},
        ],
        betas=(0.9, 0.99),
        eps=1e-10,
        fused=True,
    )


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


def _rate(step: int, steps: int) -> float:
    """Share of the peak learning rate at a step."""
    warm = min(1.0, (step + 1) / _WARM_UP_STEPS)
    fall = 0.5 * (1.0 + math.cos(math.pi * min(1.0, step / max(1, steps))))
    return warm * (_LAST_RATE + (1.0 - _LAST_RATE) * fall)


def _report(
    step: int, steps: int, loss: Tensor, answers: Tensor, poses: Tensor
) -> TrainingProgress:
    error = (answers - poses).detach()
    position = error[:, :2].norm(dim=1).median()
    turn = torch.remainder(error[:, 2] + math.pi, 2.0 * math.pi) - math.pi
    yaw = math.degrees(float(turn.abs().median()))
    return TrainingProgress(step, steps, float(loss.detach()), float(position), yaw)
