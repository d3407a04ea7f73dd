# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a scan may cost: how much is looked at for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from localization_helpers import BayesNetworks, bundle_of, gaussian, room, scan_at

from local_inn_ros.engines import Float32Array
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.monitoring.lost_prior import prior_while_lost
from local_inn_ros.sensing import Scan
from local_inn_ros.sensing.mount import Mount
from local_inn_ros.systems.local_inn_2d.localizer import Localizer
from local_inn_ros.systems.local_inn_2d.runtime import LocalInn2d
from local_inn_ros.systems.protocol import RunSettings

TRUTH = Pose2(1.0, 1.5, 0.7)
# Wide enough that many priors are looked from.
WIDE = gaussian(1.3, 1.2, 0.6, 1.5, 0.5)


class CountingNetworks(BayesNetworks):
    """Counts what it is asked for: poses drawn, and poses that ranges are expected at."""

    drawn = expected = 0

    def sample_poses(self, ranges_m: Any, states: Any, priors: Any, *rest: Any) -> Any:
        self.drawn += len(priors)
        return super().sample_poses(ranges_m, states, priors, *rest)

    def expected_ranges(self, poses: Float32Array) -> Float32Array:
        self.expected += len(poses)
        ranges: Float32Array = super().expected_ranges(poses)
        return ranges


@pytest.fixture
def networks() -> CountingNetworks:
    counting = CountingNetworks(room())
    counting.truth = TRUTH
    return counting


def localizer_of(networks: CountingNetworks, **settings: Any) -> Localizer:
    model = LocalInn2d(bundle_of(room()), networks)
    return model.fix_producer(Mount.level(Pose2.identity()), RunSettings(**settings))


@pytest.fixture(scope="module")
def scan() -> Scan:
    return scan_at(room(), TRUTH, np.random.default_rng(1))


def test_a_bound_leaves_one_look_at_one_place(networks: CountingNetworks, scan: Scan) -> None:
    localizer_of(networks).measure(scan, WIDE)
    unbounded, networks.drawn = networks.drawn, 0
    fix = localizer_of(networks, scan_budget_s=1e-9).locate(scan, WIDE)
    assert unbounded > 50
    assert 0 < networks.drawn <= 9
    assert len(fix.modes) == 1


def test_a_bound_changes_nothing_where_the_pose_is_known(
    networks: CountingNetworks, scan: Scan
) -> None:
    prior = GaussianPose2.from_deviations(TRUTH @ Pose2(0.02, 0.01, 0.01), 0.05, 0.05, 0.02)
    free = localizer_of(networks).locate(scan, prior)
    bound = localizer_of(networks, scan_budget_s=1e-9).locate(scan, prior)
    assert bound.measurement.mean == free.measurement.mean
    assert np.array_equal(bound.measurement.covariance, free.measurement.covariance)
    assert bound.measurement.mean.distance_to(TRUTH) < 0.02


@pytest.mark.parametrize("off_m", [0.0, 4.0, 500.0])
def test_a_scan_while_lost_is_asked_about_one_place(
    networks: CountingNetworks, scan: Scan, off_m: float
) -> None:
    model = LocalInn2d(bundle_of(room()), networks)
    watcher = model.follower(Mount.level(Pose2.identity()), RunSettings())
    unknown = gaussian(TRUTH.x + off_m, TRUTH.y, TRUTH.yaw, 10.0, 3.0)
    fix = watcher.locate(scan, prior_while_lost(unknown))
    assert len(fix.modes) == 1
    assert networks.drawn <= 2
    # The quality, and no more.
    assert networks.expected == 1
    assert (fix.quality > 0.9) == (off_m == 0.0)


def test_where_little_is_explained_nothing_is_completed(
    networks: CountingNetworks, scan: Scan
) -> None:
    networks.truth = Pose2(TRUTH.x + 500.0, TRUTH.y, TRUTH.yaw)
    localizer = localizer_of(networks)
    off = GaussianPose2.from_deviations(networks.truth, 0.05, 0.05, 0.02)
    fix = localizer.locate(scan, off)
    assert fix.unexplained == 1.0
    assert networks.expected == 1
