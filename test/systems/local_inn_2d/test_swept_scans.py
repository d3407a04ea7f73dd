# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Scans that take time, from beam to fused pose, beside scans of one instant."""

from dataclasses import replace

import pytest

from local_inn_ros.benchmarking.drive_conditions import Condition
from local_inn_ros.benchmarking.simulated_drive import Drive, drive_lap
from local_inn_ros.benchmarking.worlds import lap_of, world_of
from local_inn_ros.evaluation.evaluation import score
from local_inn_ros.evaluation.metrics import Score
from local_inn_ros.evaluation.replay import replay
from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.pipeline import LocalizationPipeline
from local_inn_ros.resources import resource_directory
from local_inn_ros.sensing.mount import Mount
from local_inn_ros.simulation.worlds import WorldKind
from local_inn_ros.systems.local_inn_2d.runtime import LocalInn2d
from local_inn_ros.systems.protocol import RunSettings, fix_producer_of
from local_inn_ros.systems.registry import load_bundle, open_model

MOUNT = Pose2(0.27, 0.0, 0.0)
# Scans a second, and how long each takes over 270 degrees.
LASERS = [(10.0, 0.075), (40.0, 0.01875), (5.0, 0.15)]


@pytest.fixture(scope="module")
def model() -> LocalInn2d:
    return open_model(load_bundle(resource_directory("models") / "generated_track"))


def drive(model: LocalInn2d, rate_hz: float, sweep_s: float, speed_mps: float, last_s: float):
    bundle = model.bundle
    laser = bundle.description.laser.model_copy(
        update={"rate_hz": rate_hz, "scan_duration_s": sweep_s}
    )
    route = lap_of(bundle)
    world = world_of(bundle, WorldKind.SMOOTH, route, 1)
    return drive_lap(world, route, laser, MOUNT, Condition("clean"), speed_mps, last_s, 1)


def followed(model: LocalInn2d, way: Drive) -> Score:
    producer = fix_producer_of(model, Mount.level(MOUNT), RunSettings())
    pipeline = LocalizationPipeline(producer, PoseFilter(), mount=MOUNT)
    return score(replay(pipeline, way.readings(), way.truth), way.truth, {})


def told_as_instant(way: Drive) -> Drive:
    """Return the same scans from a driver that says nothing of their time."""
    silent = tuple(replace(scan, time_increment_s=0.0) for scan in way.swept_scans)
    return replace(way, scans=silent, swept_scans=silent)


@pytest.mark.parametrize(("rate_hz", "sweep_s"), LASERS)
def test_a_scan_that_takes_time_is_as_good_as_one_of_an_instant(model, rate_hz, sweep_s):
    swept = drive(model, rate_hz, sweep_s, 2.0, 8.0)
    instant = followed(model, drive(model, rate_hz, 0.0, 2.0, 8.0)).fused
    in_turn = followed(model, swept).fused
    ignored = followed(model, told_as_instant(swept)).fused
    assert in_turn.ape_rmse_m < 1.3 * instant.ape_rmse_m
    # Unread, the time is most of the error.
    assert ignored.ape_median_m > 2.0 * in_turn.ape_median_m


@pytest.mark.slow
@pytest.mark.parametrize(("rate_hz", "sweep_s"), LASERS)
def test_its_covariance_tells_the_truth(model, rate_hz, sweep_s):
    told = followed(model, drive(model, rate_hz, sweep_s, 2.0, 60.0))
    assert told.calibration is not None
    assert 2.4 < told.calibration.anees < 3.6
