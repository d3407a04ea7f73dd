# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The fit loop, of any model on any samples."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from local_inn_ros.flows.fit_task import FitTask, ObjectiveValue
from local_inn_ros.training.checkpoints import Checkpoints

_LOG = logging.getLogger(__name__)
_WARM_UP_STEPS = 100
_LAST_RATE = 1e-2
_LARGEST_GRADIENT = 1.0
_REPORT_EVERY = 25


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """Where a training stands.

    Attributes:
        step: gradient steps done.
        steps: gradient steps in all.
        loss: of the last batch.
        position_error_m: median over the last batch.
        yaw_error_deg: likewise.
    """

    step: int
    steps: int
    loss: float
    position_error_m: float
    yaw_error_deg: float


def fit(
    task: FitTask,
    rng: np.random.Generator,
    progress: Callable[[TrainingProgress], None],
    checkpoints: Checkpoints | None = None,
) -> int:
    """Train in place; an interrupt (Ctrl-C) ends the training early and keeps what was learned.

    Args:
        task: what to train, on what.
        rng: source of all chance.
        progress: called now and then.
        checkpoints: where the state is kept, and gone on from where there is one.

    Returns:
        The number of steps done.
    """
    # Chance is drawn on the CPU, so that a device does not change what is drawn.
    noise = torch.Generator().manual_seed(int(rng.integers(2**62)))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        task.optimizer, lambda step: _rate(step, task.steps)
    )
    step = 0 if checkpoints is None else checkpoints.restore(task, schedule, rng, noise)
    task.model.train()
    try:
        while step < task.steps:
            value = task.objective(
                task.source.draw(rng, task.batch), (step + 1) / task.steps, noise
            )
            task.optimizer.zero_grad(set_to_none=True)
            value.loss.backward()
            torch.nn.utils.clip_grad_norm_(task.model.parameters(), _LARGEST_GRADIENT)
            task.optimizer.step()
            schedule.step()
            step += 1
            if step % _REPORT_EVERY == 0 or step == task.steps:
                progress(_report(step, task.steps, value))
            if checkpoints is not None:
                checkpoints.keep(step, task, schedule, rng, noise)
    except KeyboardInterrupt:
        _LOG.warning("interrupted at step %d of %d: keeping what was learned", step, task.steps)
    task.model.eval()
    return step


def _rate(step: int, steps: int) -> float:
    """Share of the peak learning rate at a step."""
    warm = min(1.0, (step + 1) / _WARM_UP_STEPS)
    fall = 0.5 * (1.0 + math.cos(math.pi * min(1.0, step / max(1, steps))))
    return warm * (_LAST_RATE + (1.0 - _LAST_RATE) * fall)


def _report(step: int, steps: int, value: ObjectiveValue) -> TrainingProgress:
    position_m, yaw_deg = value.errors()
    return TrainingProgress(step, steps, float(value.loss.detach()), position_m, yaw_deg)
