# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The invertible part, fitted to how far alignments were off."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from local_inn_ros.systems.pose_inn.config import OUTCOME
from local_inn_ros.systems.pose_inn.objective import fitted_posterior
from local_inn_ros.systems.pose_inn.outcome import latents_of
from local_inn_ros.systems.pose_inn.presets import PRESETS
from local_inn_ros.systems.pose_inn.rehearsal import Trial

_BLOCKS, _OF_EACH = 4, 40


def _trials(rng: np.random.Generator, tails: float) -> list[Trial]:
    """Return trials twice as far off as they claim, some of them four times as far as the others.

    Args:
        rng: draws them.
        tails: share of those that are far off.
    """
    trials = []
    for number in range(_BLOCKS * _OF_EACH):
        far = 4.0 if rng.random() < tails else 1.0
        offset = 2.0 * far * rng.normal(size=6)
        trials.append(Trial(offset, rng.normal(size=OUTCOME), 0.1, 1.0, True, number // _OF_EACH))
    return trials


def _anees(tails: float) -> tuple[float, float]:
    """Return ANEES over six, and how often the half holds the truth, of trials that are new."""
    rng = np.random.default_rng(1)
    flow = fitted_posterior(_trials(rng, tails), PRESETS["standard"], 0)
    latents = torch.from_numpy(latents_of(256, rng))
    lengths = []
    for one in _trials(rng, tails):
        outcome = torch.from_numpy(one.outcome[None].astype(np.float32))
        with torch.no_grad():
            drawn = flow.sample(latents[None], outcome)[0].double().numpy()
        away = one.offset - drawn.mean(axis=0)
        lengths.append(away @ np.linalg.solve(np.cov(drawn.T), away))
    return float(np.mean(lengths)) / 6.0, float(np.mean(np.array(lengths) < 5.348))


def test_covariances_are_as_wide_as_errors_ask() -> None:
    anees, coverage = _anees(0.0)
    assert 0.8 < anees < 1.2
    assert 0.42 < coverage < 0.58


def test_covariances_count_the_tails_of_errors() -> None:
    anees, coverage = _anees(0.1)
    assert 0.8 < anees < 1.3
    # What is mostly near lies well within.
    assert coverage > 0.6
