# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The probability that a pose is right."""

from __future__ import annotations

import numpy as np
import pytest

from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.localization.alignment.sightings import Sightings
from local_inn_ros.systems.pose_inn.quality import (
    Recognised,
    fit_quality,
    likeness,
    quality_features,
    quality_of,
)


def _features(rng: np.random.Generator, share: float, like: float, count: int) -> np.ndarray:
    noise = rng.normal(0.0, [1.0, 0.2], (count, 2))
    return np.c_[np.ones(count), share + noise[:, 0], like + noise[:, 1]]


def test_probabilities_are_as_often_right() -> None:
    rng = np.random.default_rng(0)
    weights = fit_quality(_features(rng, 1.0, 0.5, 2000), _features(rng, -1.0, 0.2, 2000))
    right, wrong = _features(rng, 1.0, 0.5, 4000), _features(rng, -1.0, 0.2, 4000)
    said = np.array([quality_of(one, weights) for one in np.concatenate([right, wrong])])
    truth = np.repeat([True, False], 4000)
    for low in (0.1, 0.4, 0.7):
        inside = (said >= low) & (said < low + 0.2)
        assert truth[inside].mean() == pytest.approx(said[inside].mean(), abs=0.1)


def test_weights_stay_finite_where_all_is_told_apart() -> None:
    rng = np.random.default_rng(0)
    weights = fit_quality(_features(rng, 8.0, 0.9, 50), _features(rng, -8.0, 0.0, 50))
    assert np.abs(weights).max() < 10.0
    assert quality_of(np.array([1.0, 8.0, 0.9]), weights) > 0.9


def test_likeness_does_not_depend_on_light() -> None:
    rng = np.random.default_rng(0)
    view = rng.random((15, 20)).astype(np.float32)
    assert likeness(view, 0.3 * view + 2.0) == pytest.approx(1.0, abs=1e-5)
    assert likeness(view, -view) == pytest.approx(-1.0, abs=1e-5)
    assert likeness(view, np.ones_like(view)) == 0.0


@pytest.mark.parametrize(
    ("recognised", "odds"),
    [
        (Recognised(200, 100), 0.0),
        (Recognised(200, 150), np.log(3.0)),
        # None, and all: as few as one in a hundred, and as many.
        (Recognised(0, 0), -np.log(99.0)),
        (Recognised(50, 50), np.log(99.0)),
    ],
)
def test_of_landmarks_both_number_and_share_count(recognised: Recognised, odds: float) -> None:
    nothing = Sightings(np.zeros((0, 3)), np.zeros((0, 2)), np.zeros(0))
    view = np.zeros((2, 2), np.float32)
    told = quality_features(nothing, Pose3.identity(), view, view, recognised)
    assert told[3] == pytest.approx(np.log1p(recognised.explained))
    assert told[4] == pytest.approx(odds)
    assert len(quality_features(nothing, Pose3.identity(), view, view)) == 3
