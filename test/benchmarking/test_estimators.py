# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np
import pytest
from model_fixtures import OracleNetworks, oracle_model, room, scan_at

from local_inn_ros.benchmarking.estimators import wide_prior_run
from local_inn_ros.benchmarking.simulated_drive import Drive
from local_inn_ros.geometry import Pose2
from local_inn_ros.recordings.trajectory import Trajectory
from local_inn_ros.systems.local_inn_2d.config import config_of
from local_inn_ros.systems.local_inn_2d.runtime import LocalInn2d

MOUNT = Pose2(0.2, 0.05, 0.3)


class NotingEngine(OracleNetworks):
    """An oracle that notes the priors that it is asked from."""

    def __init__(self, *words) -> None:
        super().__init__(*words)
        self.asked: list[tuple[np.ndarray, float, int]] = []

    def sample_poses(self, ranges_m, states, priors, spreads, latents):
        self.asked.append((priors[0].copy(), float(spreads[0]), len(latents)))
        return super().sample_poses(ranges_m, states, priors, spreads, latents)


def standing_drive(count: int) -> Drive:
    """A robot that stands in the room."""
    base = Pose2(1.5, 0.8, 0.4)
    stamps = 0.1 * np.arange(count)
    truth = Trajectory(stamps, np.tile(base.to_array(), (count, 1)))
    scan = scan_at(room(), base @ MOUNT, 0.0)
    scans = tuple(
        type(scan)(stamp, scan.ranges_m, scan.angle_min_rad, scan.angle_increment_rad,
                   scan.range_min_m, scan.range_max_m)
        for stamp in stamps.tolist()
    )  # fmt: skip
    return Drive(scans, (), truth)


def test_wide_priors_are_as_far_off_as_they_say_and_two_passes_are_all() -> None:
    grid, drive = room(), standing_drive(400)
    bundle = oracle_model(grid).bundle
    engine = NotingEngine(grid, bundle.description.laser)
    base = Pose2.from_array(drive.truth.poses[0])
    engine.sensor_pose = base @ MOUNT
    run = wide_prior_run(LocalInn2d(bundle, engine), drive, MOUNT, 7, np.random.default_rng(0))
    assert run.seed == 7
    assert run.covariances is None
    assert run.errors().ape_median_m < 0.02
    assert len(engine.asked) == 2 * len(drive.scans)
    first, second = engine.asked[::2], engine.asked[1::2]
    # The sensor's prior swings round the base's; undone, the base's is left.
    priors = np.array([(Pose2.from_array(p) @ MOUNT.inverse()).to_array() for p, _, _ in first])
    off = (priors - base.to_array()) / [0.2, 0.2, math.radians(15.0)]
    np.testing.assert_allclose(off.std(axis=0), 1.0, rtol=0.12)
    np.testing.assert_allclose(off.mean(axis=0), 0.0, atol=0.15)
    # The first pass is told how wide its prior is, the second that its own is narrow.
    # A wide prior is drawn from, for the places that its answers gather at.
    assert {latents for _, _, latents in first} == {21}
    assert min(spread for _, spread, _ in first) >= 1.0
    assert {spread for _, spread, _ in second} == {config_of(bundle).prior.fine_spread}


def test_wide_priors_help_no_scan_but_their_own() -> None:
    """What is answered depends on the scan's own prior alone."""
    grid, drive = room(), standing_drive(30)
    bundle = oracle_model(grid).bundle
    engine = OracleNetworks(grid, bundle.description.laser)
    # Nowhere near: the oracle answers with the prior that it is given.
    engine.sensor_pose = Pose2(50.0, 50.0, 0.0)
    run = wide_prior_run(LocalInn2d(bundle, engine), drive, MOUNT, 0, np.random.default_rng(1))
    errors = run.estimates[:, :2] - run.truth[:, :2]
    assert errors.std(axis=0) == pytest.approx([0.2, 0.2], rel=0.5)
    assert abs(np.corrcoef(errors[:-1, 0], errors[1:, 0])[0, 1]) < 0.5
