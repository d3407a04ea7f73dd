# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Two rooms that are alike, with a network trained on them."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from localization_helpers import scan_at
from twin_floor import APART_M, poses_without_a_clue, twin_floor

from local_inn_ros.engines import Bundle, OnnxEngine
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.from_bundle import build_localizer
from local_inn_ros.localization.refiner_choice import RefinerChoice
from local_inn_ros.resources import resource_directory
from local_inn_ros.sensing import load_sensor_spec

pytestmark = pytest.mark.slow
POSES = 20


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle of the floor, trained for about a minute."""
    pytest.importorskip("torch")
    pytest.importorskip("FrEIA")
    from local_inn_ros.training.settings import PRESETS
    from local_inn_ros.training.train import train_bundle

    settings = replace(PRESETS["quick"], steps=600, calibration_scans=300)
    sensor = load_sensor_spec(resource_directory("config") / "sensors" / "f1tenth.yaml")
    out: Path = tmp_path_factory.mktemp("twins") / "bundle"
    return Bundle.load(train_bundle(twin_floor(), sensor, settings, 0, out, lambda _: None))


def is_at(pose: Pose2, place: Pose2) -> bool:
    turned = abs(place.between(pose).yaw)
    return pose.distance_to(place) < 0.15 and turned < math.radians(5.0)


def twins(row: np.ndarray) -> tuple[Pose2, Pose2]:
    """A pose in the first room, and the same in the second."""
    here = Pose2.from_array(row)
    return here, Pose2(here.x + APART_M, here.y, here.yaw)


def test_a_wide_prior_gives_both_rooms(bundle: Bundle) -> None:
    localizer = build_localizer(bundle, OnnxEngine(bundle), Pose2.identity(), RefinerChoice.FIELD)
    sensor = bundle.description.sensor
    rng = np.random.default_rng(7)
    for k, row in enumerate(poses_without_a_clue(bundle.grid, sensor, rng, POSES)):
        rooms = twins(row)
        middle = Pose2(rooms[0].x + 0.5 * APART_M, rooms[0].y, rooms[0].yaw)
        prior = GaussianPose2.from_deviations(middle, 1.5, 1.5, 0.3)
        truth = rooms[k % 2]
        fix = localizer.locate(scan_at(bundle.grid, truth, rng, sensor=sensor), prior)
        assert fix.ambiguous
        assert all(0.35 < mode.weight < 0.65 for mode in fix.modes)
        assert len(fix.modes) == 2
        assert sum(mode.weight for mode in fix.modes) == pytest.approx(1.0)
        for room in rooms:
            assert sum(is_at(mode.pose.mean, room) for mode in fix.modes) == 1
        assert fix.measurement.mean == fix.modes[0].pose.mean
