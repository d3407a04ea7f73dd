# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a training is made of."""

from __future__ import annotations

from dataclasses import dataclass, field

from local_inn_ros.systems.pose_inn.config import NetworkSettings


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """Settings of one training.

    Attributes:
        steps: gradient steps.
        batch: patches in each.
        looks: how often each picture is looked at: once as it is, else as another camera of the
            same place would see it in another light.
        learning_rate: at its peak; it warms up, then falls by half a cosine.
        feature_noise: deviation of what is added to features, in deviations of theirs.
        depth_weight: of a place's error against depth, per metre.
        held_out: share of the pictures, in blocks, that the posterior is fitted to, at most.
        posterior_steps: gradient steps of the posterior at most.
        landmarks: points of the scene, at most, that poses are refined with; 0 for none. The
            bundle grows by 96 bytes for each.
        view_batch: pictures that the forward pass learns from in each step.
        network: sizes of the networks.
    """

    steps: int
    batch: int = 2_048
    looks: int = 6
    learning_rate: float = 2e-3
    feature_noise: float = 0.4
    depth_weight: float = 10.0
    held_out: float = 0.15
    posterior_steps: int = 200
    landmarks: int = 20_000
    view_batch: int = 16
    network: NetworkSettings = field(default_factory=NetworkSettings)


STANDARD = "standard"
PRESETS = {
    "quick": TrainingSettings(steps=3_000),
    STANDARD: TrainingSettings(steps=24_000),
    "best": TrainingSettings(steps=80_000),
}
