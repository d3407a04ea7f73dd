# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A search along a straight that looks the same everywhere says so, and names no place."""

from __future__ import annotations

import math

import numpy as np
import pytest
from local_inn_bundles import build_relocalizer
from localization_helpers import BayesNetworks, bundle_of
from straight_walls import LASER, straight, straight_scan

from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice


class StraightNetworks(BayesNetworks):
    """Answers as an ideal network on a straight: it knows all but how far along it the robot is."""

    def sample_poses(self, ranges_m, states, priors, spreads, latents):
        ahead = np.array([math.cos(self.truth.yaw), math.sin(self.truth.yaw)])
        offsets = (priors[:, :2] - [self.truth.x, self.truth.y]) @ ahead
        answer = np.empty((len(priors), len(latents), 3))
        answer[..., :2] = ([self.truth.x, self.truth.y] + offsets[:, None] * ahead)[:, None]
        answer[..., 2] = self.truth.yaw
        told = math.tau * np.array([0.01, 0.01, math.radians(0.1)])
        return (answer + latents[None, :, :3] * told).astype(np.float32)


@pytest.mark.parametrize("degrees", [0.0, 3.0, 10.0, 30.0, 45.0])
def test_a_search_along_a_straight_names_no_place(degrees: float) -> None:
    angle, rng = math.radians(degrees), np.random.default_rng(3)
    grid, caster = straight(angle)
    engine = StraightNetworks(grid, LASER)
    search = build_relocalizer(
        bundle_of(grid, LASER), engine, Pose2.identity(), RefinerChoice.FIELD
    )
    for along_m in (0.3, 8.0, 17.7):
        engine.truth = Pose2(0.0, 0.0, angle) @ Pose2(along_m, rng.uniform(-0.5, 0.5), 0.1)
        result = search.search(straight_scan(caster, engine.truth, 0.0, rng))
        assert not result.found
        assert result.reason.startswith("ambiguous")
