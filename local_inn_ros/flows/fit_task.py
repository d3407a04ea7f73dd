# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a system gives the fit loop: a model, where samples come from, what to descend on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn


class SampleSource(Protocol):
    """Anything that training samples can be drawn from; what they are is the system's business."""

    def draw(self, rng: np.random.Generator, count: int) -> Any:
        """Draw samples."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class ObjectiveValue:
    """The loss of one batch, and what it is worth for people.

    Attributes:
        loss: scalar to descend on.
        errors: tells the medians of the position's error in m and of the rotation's in degrees
            over the batch; asked now and then.
    """

    loss: Tensor
    errors: Callable[[], tuple[float, float]]


class Objective(Protocol):
    """From samples to a loss."""

    def __call__(self, samples: Any, done: float, noise: torch.Generator) -> ObjectiveValue:
        """Compute the loss of one batch.

        Args:
            samples: what the source drew.
            done: share of the training that is done, in (0, 1].
            noise: source of all chance; on the processor, whatever device the model is on.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class FitTask:
    """A training for the fit loop.

    Attributes:
        model: trained in place.
        optimizer: of its parameters, at the peak of their learning rates.
        source: draws samples.
        objective: what is descended on.
        steps: gradient steps.
        batch: samples in each.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    source: SampleSource
    objective: Objective
    steps: int
    batch: int
