# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Two rooms that are alike, with a network trained on them."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from local_inn_bundles import build_localizer, build_relocalizer, train_small
from localization_helpers import scan_at
from twin_floor import APART_M, poses_without_a_clue, twin_floor

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.geometry import GaussianPose2, Pose2, wrap_angle
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.localization.search.place_search import PlaceSearch, PlaceSearchSettings
from local_inn_ros.resources import resource_directory
from local_inn_ros.sensing import load_laser_spec
from local_inn_ros.systems.local_inn_2d.networks import open_onnx

pytestmark = pytest.mark.slow
POSES = 20
# In the first room.
START = Pose2(6.0, 3.6, -1.0)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle of the floor, trained for about a minute."""
    pytest.importorskip("torch")
    pytest.importorskip("FrEIA")
    from local_inn_ros.systems.local_inn_2d.presets import PRESETS

    settings = replace(PRESETS["quick"], steps=600, calibration_scans=300)
    sensor = load_laser_spec(resource_directory("config") / "sensors" / "f1tenth.yaml")
    out: Path = tmp_path_factory.mktemp("twins") / "bundle"
    return Bundle.load(train_small(twin_floor(), sensor, settings, 0, out, lambda _: None))


def is_at(pose: Pose2, place: Pose2) -> bool:
    turned = abs(place.between(pose).yaw)
    return pose.distance_to(place) < 0.15 and turned < math.radians(5.0)


def twins(row: np.ndarray) -> tuple[Pose2, Pose2]:
    """A pose in the first room, and the same in the second."""
    here = Pose2.from_array(row)
    return here, Pose2(here.x + APART_M, here.y, here.yaw)


def test_a_wide_prior_gives_both_rooms(bundle: Bundle) -> None:
    localizer = build_localizer(bundle, open_onnx(bundle), Pose2.identity(), RefinerChoice.FIELD)
    sensor = bundle.description.laser
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


def test_a_search_from_within_a_room_says_both(bundle: Bundle) -> None:
    relocalizer = build_relocalizer(
        bundle, open_onnx(bundle), Pose2.identity(), RefinerChoice.FIELD
    )
    sensor = bundle.description.laser
    rng = np.random.default_rng(7)
    for k, row in enumerate(poses_without_a_clue(bundle.grid, sensor, rng, POSES)):
        rooms = twins(row)
        result = relocalizer.search(scan_at(bundle.grid, rooms[k % 2], rng, sensor=sensor))
        assert not result.found
        assert result.reason.startswith("ambiguous")
        for room in rooms:
            (one,) = [one for one in result.hypotheses if is_at(one.pose.mean, room)]
            assert 0.35 < one.weight < 0.65


@pytest.mark.parametrize("in_second", [False, True])
@pytest.mark.parametrize("to_x_m", [3.0, 12.5])
def test_a_search_finds_the_robot_once_it_drives_into_the_corridor(
    bundle: Bundle, in_second: bool, to_x_m: float
) -> None:
    engine, choice = open_onnx(bundle), RefinerChoice.FIELD
    relocalizer = build_relocalizer(bundle, engine, Pose2.identity(), choice)
    localizer = build_localizer(bundle, engine, Pose2.identity(), choice)
    search = PlaceSearch(relocalizer, localizer, PlaceSearchSettings(timeout_s=60.0))
    sensor, rng = bundle.description.laser, np.random.default_rng(3)
    at, odometry, result, stamp_s = START, Pose2(2.0, -1.0, 0.5), None, 0.0
    shift_m = APART_M if in_second else 0.0
    for step in (*[Pose2.identity()] * 6, *out_of_the_door(to_x_m - shift_m)):
        at, odometry, stamp_s = at @ step, odometry @ step, stamp_s + 0.1
        truth = Pose2(at.x + shift_m, at.y, at.yaw)
        result = search.add(scan_at(bundle.grid, truth, rng, stamp_s, sensor), odometry)
        # While it stood in the room nothing could tell.
        assert result is None or stamp_s > 0.65
        if result is not None:
            break
    assert result is not None
    assert result.found
    assert result.pose is not None
    assert is_at(result.pose.mean, truth)


def out_of_the_door(to_x_m: float) -> list[Pose2]:
    """The steps of a way out of the first room and along the corridor."""
    at, steps = START, []
    for x, y in ((6.85, 2.9), (6.85, 1.1), (to_x_m, 1.1)):
        turn = wrap_angle(math.atan2(y - at.y, x - at.x) - at.yaw)
        way_m = math.hypot(x - at.x, y - at.y)
        turns, moves = math.ceil(abs(turn) / 0.15), math.ceil(way_m / 0.1)
        steps += [Pose2(0.0, 0.0, turn / turns)] * turns + [Pose2(way_m / moves, 0.0, 0.0)] * moves
        at = Pose2(x, y, at.yaw + turn)
    return steps
