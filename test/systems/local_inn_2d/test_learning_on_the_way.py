# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The shipped bundle with a laser that reads too short, learning on its way and not."""

from dataclasses import replace

import numpy as np
import pytest

from local_inn_ros.benchmarking.drive_conditions import CONDITIONS
from local_inn_ros.benchmarking.simulated_drive import Drive
from local_inn_ros.benchmarking.worlds import drive_lap_of
from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.evaluation.replay import Replay, replay
from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.pipeline import LocalizationPipeline
from local_inn_ros.localization.self_calibration.learned import Learned
from local_inn_ros.localization.self_calibration.producer import SelfCalibratingProducer
from local_inn_ros.resources import resource_directory
from local_inn_ros.sensing.mount import Mount
from local_inn_ros.systems.protocol import RunSettings, fix_producer_of
from local_inn_ros.systems.registry import load_bundle, open_model

MOUNT = Pose2(0.1, 0.0, 0.0)


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return load_bundle(resource_directory("models") / "generated_track")


@pytest.fixture(scope="module")
def way(bundle: Bundle) -> Drive:
    laser = bundle.description.laser.model_copy(update={"rate_hz": 10.0})
    return drive_lap_of(bundle, laser, MOUNT, CONDITIONS["clean"], 4.0, 14.0, 0)


def driven(bundle: Bundle, way: Drive, longer_m: float, learns: bool) -> tuple[Replay, Learned]:
    """Return what came of a drive with ranges that are longer, and what was learned."""
    scans = tuple(
        replace(scan, ranges_m=scan.ranges_m + np.float32(longer_m)) for scan in way.swept_scans
    )
    producer = fix_producer_of(
        open_model(bundle), Mount.level(MOUNT), RunSettings(self_calibrate=learns)
    )
    pipeline = LocalizationPipeline(producer, PoseFilter(), mount=MOUNT)
    run = replay(pipeline, replace(way, swept_scans=scans).readings(), way.truth)
    if not learns:
        return run, Learned(0.0, (1.0, 1.0, 1.0), 0)
    assert isinstance(producer, SelfCalibratingProducer)
    return run, producer.calibration.learned


def error_m(run: Replay, way: Drive) -> float:
    """Return the median error of the last third of a drive."""
    last = slice(2 * len(run.stamps_s) // 3, None)
    return float(np.median(np.hypot(*(run.fused - way.truth.at(run.stamps_s))[last, :2].T)))


def test_ranges_too_short_are_learned_and_the_error_falls(bundle: Bundle, way: Drive) -> None:
    before, _ = driven(bundle, way, -0.03, learns=False)
    after, learned = driven(bundle, way, -0.03, learns=True)
    assert learned.range_bias_m == pytest.approx(-0.03, abs=0.006)
    assert learned.deviation_factors == (1.0, 1.0, 1.0)
    assert error_m(before, way) > 0.02
    assert error_m(after, way) < 0.3 * error_m(before, way)


def test_where_nothing_is_wrong_nothing_changes(bundle: Bundle, way: Drive) -> None:
    before, _ = driven(bundle, way, 0.0, learns=False)
    after, learned = driven(bundle, way, 0.0, learns=True)
    assert learned.scans > 50
    assert learned.range_bias_m == 0.0
    assert np.array_equal(after.fused, before.fused)
    assert np.array_equal(after.covariances, before.covariances)
