# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""With a network, too, a scan is aligned from all along a prior that is wide in one direction."""

from __future__ import annotations

import math

import numpy as np
import pytest
from local_inn_bundles import build_localizer
from localization_helpers import BayesNetworks, bundle_of, room, scan_at
from straight_walls import LASER, straight, straight_scan

from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice


class AsideNetworks(BayesNetworks):
    """Answers as an ideal network on a straight: it knows all but how far along it the robot is."""

    def sample_poses(self, ranges_m, states, priors, spreads, latents):
        ahead = np.array([math.cos(self.truth.yaw), math.sin(self.truth.yaw)])
        offsets = (priors[:, :2] - [self.truth.x, self.truth.y]) @ ahead
        width = 0.2 * spreads[:, None] * latents[None, :, 0]
        answer = np.empty((len(priors), len(latents), 3))
        answer[..., :2] = [self.truth.x, self.truth.y] + (offsets[:, None] + width)[
            ..., None
        ] * ahead
        answer[..., 2] = self.truth.yaw + 0.002 * latents[None, :, 2]
        answer[..., :2] += 0.01 * latents[None, :, 1, None] * [-ahead[1], ahead[0]]
        return answer.astype(np.float32)


def along(truth: Pose2, off_m: float, deviation_m: float) -> GaussianPose2:
    """A prior around a place ahead of the truth, wide ahead alone."""
    turn = np.array(
        [
            [math.cos(truth.yaw), -math.sin(truth.yaw)],
            [math.sin(truth.yaw), math.cos(truth.yaw)],
        ]
    )
    covariance = np.diag([0.0, 0.0, 0.01**2])
    covariance[:2, :2] = turn @ np.diag([deviation_m**2, 0.02**2]) @ turn.T
    return GaussianPose2(truth @ Pose2(off_m, 0.0, 0.0), covariance)


@pytest.mark.parametrize("off_m", [-1.2, -0.4, 0.7, 1.5])
def test_the_right_place_is_found_metres_along(off_m: float) -> None:
    grid, truth = room(), Pose2(0.5, 0.6, 0.2)
    engine = AsideNetworks(grid, LASER)
    engine.truth = truth
    localizer = build_localizer(
        bundle_of(grid, LASER), engine, Pose2.identity(), RefinerChoice.FIELD
    )
    scan = scan_at(grid, truth, np.random.default_rng(4), sensor=LASER)
    told = localizer.locate(scan, along(truth, off_m, 0.8)).measurement
    assert told.mean.distance_to(truth) < 0.02
    assert told.deviations().max() < 0.05


@pytest.mark.parametrize("off_m", [-0.9, 0.5])
@pytest.mark.parametrize("degrees", [0.0, 3.0, 10.0, 30.0, 45.0])
def test_on_a_straight_it_stays_open(degrees: float, off_m: float) -> None:
    angle = math.radians(degrees)
    grid, caster = straight(angle)
    engine = AsideNetworks(grid, LASER)
    engine.truth = truth = Pose2(0.0, 0.0, angle) @ Pose2(6.0, 0.2, 0.0)
    localizer = build_localizer(
        bundle_of(grid, LASER), engine, Pose2.identity(), RefinerChoice.FIELD
    )
    scan = straight_scan(caster, truth, 0.0, np.random.default_rng(2))
    told = localizer.locate(scan, along(truth, off_m, 0.8)).measurement
    ahead = np.array([math.cos(angle), math.sin(angle)])
    deviation_m = math.sqrt(ahead @ told.covariance[:2, :2] @ ahead)
    # What it leaves open may be off: three deviations hold it.
    assert abs(off_m) < 3.0 * deviation_m
    assert deviation_m > 0.5
