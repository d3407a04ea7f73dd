# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How long a scan takes, found from scans whose messages do not say it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from evaluation_fixtures import MOUNT, SPEC

from local_inn_ros.filtering.odometry_buffer import OdometryBuffer
from local_inn_ros.filtering.odometry_match import Estimate
from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.alignment.refiner import Refiner
from local_inn_ros.localization.alignment.sweep_duration import Sight, sweep_duration
from local_inn_ros.recordings.trajectory import Trajectory
from local_inn_ros.sensing import Odometry, Scan
from local_inn_ros.simulation.odometry_model import OdometryModel
from local_inn_ros.simulation.sensors import LaserModel
from local_inn_ros.simulation.simulator import Simulator
from local_inn_ros.simulation.worlds import generate_race_track
from local_inn_ros.world import LikelihoodField


def measured(rate_hz: float, duration_s: float, speed_mps: float) -> Estimate | None:
    """Drive for ten seconds; poses are known to 3 cm, and headers say nothing."""
    world = generate_race_track(np.random.default_rng(5), lap_m=45.0)
    spec = SPEC.model_copy(update={"rate_hz": rate_hz, "scan_duration_s": duration_s})
    rng = np.random.default_rng(5)
    laser = LaserModel(spec, base_from_laser=MOUNT)
    simulator = Simulator(world.grid, world.route, laser, OdometryModel(), speed_mps, rng)
    odometry, scans, truth = OdometryBuffer(100.0), [], []
    for event in simulator.events(10.0):
        if isinstance(event, Odometry):
            odometry.add(event)
        elif isinstance(event, Scan):
            scans.append(replace(event, time_increment_s=0.0))
        else:
            truth.append((event.stamp_s, *event.pose.to_array()))
    way = np.array(truth)
    poses = Trajectory.from_unordered(way[:, 0], way[:, 1:]).at([scan.stamp_s for scan in scans])
    poses += rng.normal(0.0, (0.03, 0.03, 0.01), poses.shape)
    sights = [Sight(one, Pose2.from_array(pose)) for one, pose in zip(scans, poses, strict=True)]
    refiner = Refiner(LikelihoodField(world.grid), spec.noise_std_m)
    period_s = 1.0 / rate_hz
    return sweep_duration(sights, odometry.pose_at, MOUNT, refiner, spec.range_max_m, period_s)


@pytest.mark.parametrize(
    ("rate_hz", "duration_s", "speed_mps"),
    [(10.0, 0.075, 3.0), (20.0, 0.05, 3.0), (40.0, 0.01875, 5.0)],
)
def test_a_duration_is_found(rate_hz: float, duration_s: float, speed_mps: float) -> None:
    found = measured(rate_hz, duration_s, speed_mps)
    assert found is not None
    assert found.value == pytest.approx(duration_s, rel=0.2)
    assert abs(found.value - duration_s) < 3.0 * found.deviation
    assert found.differs_from(0.0)


def test_beams_of_one_instant_are_found_to_be_so() -> None:
    found = measured(20.0, 0.0, 3.0)
    assert found is not None
    assert found.value < 0.005
    assert not found.differs_from(0.0)


def test_a_robot_that_stands_tells_nothing() -> None:
    assert measured(20.0, 0.05, 0.0) is None
