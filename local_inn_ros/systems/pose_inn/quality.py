# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How probable it is that a pose is right, from what patches and the forward pass say of it.

Two witnesses, or three: the share of the patches whose places lie, seen from the pose, where the
picture shows them; how alike the picture is to the one that the forward pass draws there; and the
landmarks that are where the pose says: how many, and which share of those that seem to be about
there. By chance alone a wrong pose explains some tens of them, but few of those that it matches.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.geometry.pose3 import Pose3
from local_inn_ros.localization.alignment.sightings import Sightings, explained_by

QualityWeights = tuple[float, ...]
"""Log-odds: what stands alone, for the log-odds of the share of the patches, for the likeness, and,
where there are landmarks, for the logarithm of how many are where a pose says, and for the log-odds
of their share."""

# A share of none or all would have no log-odds.
_LEAST_SHARE = 0.01
# Of 1e-2 to 1e-5, that which foretold best whether poses in stretches of a drive were right whose
# pictures and landmarks were left out.
_RIDGE = 1e-4
_STEPS = 50


@dataclass(frozen=True, slots=True)
class Recognised:
    """Landmarks of a picture that are about where a pose says.

    Attributes:
        matched: that seem to be about there.
        explained: of those, the ones that are just there.
    """

    matched: int
    explained: int


def quality_features(
    sightings: Sightings,
    pose: Pose3,
    seen: NDArray[np.float32],
    expected: NDArray[np.float32],
    landmarks: Recognised | None = None,
) -> NDArray[np.float64]:
    """Return (3,) what the log-odds of a pose are linear in; (5,) with landmarks.

    Args:
        sightings: what the picture shows.
        pose: of the camera, in question.
        seen: (rows, cols) small picture, as it is.
        expected: (rows, cols) that the forward pass draws at the pose.
        landmarks: that are recognised at the pose; None where the bundle has none.
    """
    told = [1.0, _log_odds(explained_by(sightings, pose).share), likeness(seen, expected)]
    if landmarks is not None:
        told.append(math.log1p(landmarks.explained))
        told.append(_log_odds(landmarks.explained / max(landmarks.matched, 1)))
    return np.array(told)


def _log_odds(share: float) -> float:
    within = min(max(share, _LEAST_SHARE), 1.0 - _LEAST_SHARE)
    return math.log(within / (1.0 - within))


def likeness(seen: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    """Return the correlation of two small pictures; 0 where one of them shows nothing."""
    first, second = seen.ravel() - seen.mean(), expected.ravel() - expected.mean()
    lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / lengths if lengths > 0.0 else 0.0


def quality_of(features: NDArray[np.float64], weights: QualityWeights) -> float:
    """Return the probability, in [0, 1], that a pose is right."""
    return float(1.0 / (1.0 + math.exp(-float(np.clip(features @ weights, -50.0, 50.0)))))


def fit_quality(right: NDArray[np.float64], wrong: NDArray[np.float64]) -> QualityWeights:
    """Fit weights to features of right (n, k) and of wrong poses (m, k): logistic regression.

    Both kinds count alike, however many there are of each. Newton's method with a small ridge,
    which keeps weights finite where the two are told apart entirely.
    """
    features = np.concatenate([right, wrong])
    truth = np.repeat([1.0, 0.0], [len(right), len(wrong)])
    counts = np.repeat([0.5 / len(right), 0.5 / len(wrong)], [len(right), len(wrong)])
    weights = np.zeros(features.shape[1])
    for _ in range(_STEPS):
        said = 1.0 / (1.0 + np.exp(-np.clip(features @ weights, -30.0, 30.0)))
        gradient = features.T @ (counts * (said - truth)) + _RIDGE * weights
        slopes = counts * said * (1.0 - said)
        curvature = features.T @ (slopes[:, None] * features) + _RIDGE * np.eye(len(weights))
        step = np.linalg.solve(curvature, gradient)
        weights -= step / max(1.0, float(np.abs(step).max()))
    return tuple(weights.tolist())
