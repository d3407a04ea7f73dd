# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Cameras on a simulated robot, in its stream and in bags."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from camera_scenes import hall

from local_inn_ros.geometry import Pose2
from local_inn_ros.sensing import LaserSpec, Odometry, Scan
from local_inn_ros.sensing.camera.camera_spec import CameraSpec
from local_inn_ros.simulation import Event, LaserModel, OdometryModel, Simulator, TruthState
from local_inn_ros.simulation.camera import CameraModel
from local_inn_ros.simulation.camera.fitting import Looks, fitted_cameras, looking_ahead
from local_inn_ros.simulation.driven_way import DrivenWay
from local_inn_ros.simulation.simulated_picture import SimulatedPicture
from local_inn_ros.simulation.worlds import WorldKind, driven_world

LASER = LaserSpec(
    name="laser",
    beam_count=61,
    angle_min_rad=-2.0,
    angle_max_rad=2.0,
    range_min_m=0.05,
    range_max_m=30.0,
    noise_std_m=0.01,
    rate_hz=40.0,
    network_beams=31,
)
SPECS = [
    CameraSpec(name=name, rate_hz=rate, width=32, height=24, fx=22.0, fy=22.0, cx=15.5, cy=11.5)
    for name, rate in (("front", 20.0), ("left", 12.5))
]
TURN = np.linspace(0.0, 2.0 * math.pi, 60, endpoint=False)
ROUTE = np.column_stack([4.0 + 2.0 * np.cos(TURN), 3.0 + 1.5 * np.sin(TURN)])


def robot(cameras: int = 2, seed: int = 0) -> Simulator:
    world = driven_world(WorldKind.OWN, hall(), ROUTE, None)
    models = [
        CameraModel(spec, looking_ahead([0.2, 0.0, 0.3], yaw=0.5 * math.pi * k), sees_depth=k == 0)
        for k, spec in enumerate(SPECS[:cameras])
    ]
    rng = np.random.default_rng([seed, 1])
    fitted = fitted_cameras(world, Looks(people=2), models, rng) if models else []
    return Simulator(
        world.grid,
        ROUTE,
        LaserModel(LASER),
        OdometryModel(),
        1.5,
        np.random.default_rng(seed),
        caster=world.caster,
        cameras=fitted,
    )


def pictures_of(events: list[Event], name: str) -> list[SimulatedPicture]:
    return [one for one in events if isinstance(one, SimulatedPicture) and one.sensor == name]


def test_pictures_come_at_their_rates_with_the_truth_at_their_stamps() -> None:
    events = list(robot().events(1.0))
    front, left = (pictures_of(events, spec.name) for spec in SPECS)
    assert [one.stamp_s for one in front] == pytest.approx(0.05 * np.arange(1, 20))
    assert [one.stamp_s for one in left] == pytest.approx(0.08 * np.arange(1, 13))
    truths = {one.stamp_s for one in events if isinstance(one, TruthState)}
    assert {one.stamp_s for one in front + left} <= truths
    assert all(one.depth_m is not None for one in front)
    assert all(one.depth_m is None for one in left)
    # Each comes when it has been read out, and nothing comes before its time.
    ends = [
        one.stamp_s + 0.0155 if isinstance(one, SimulatedPicture) else getattr(one, "end_s", 0.0)
        for one in events
        if isinstance(one, SimulatedPicture | Scan)
    ]
    assert all(after > before - 1e-6 for before, after in pairwise(ends))


def test_a_picture_is_of_where_the_robot_is() -> None:
    simulator = robot(1)
    events = list(simulator.events(1.2))
    truth = {one.stamp_s: one.pose for one in events if isinstance(one, TruthState)}
    picture = pictures_of(events, "front")[-1]
    assert picture.depth_m is not None
    # The row of the middle is that of the stamp, level with the lens.
    pose = truth[picture.stamp_s]
    x, y = pose.x + 0.2 * math.cos(pose.yaw), pose.y + 0.2 * math.sin(pose.yaw)
    column = np.arange(32)
    bearing = pose.yaw - np.arctan2(column - 15.5, 22.0)
    to_x = np.where(np.cos(bearing) > 0.0, 8.0 - x, -x) / np.cos(bearing)
    to_y = np.where(np.sin(bearing) > 0.0, 6.0 - y, -y) / np.sin(bearing)
    wall = np.minimum(to_x, to_y) * np.cos(bearing - pose.yaw)
    rows = picture.depth_m[11:13]
    near = np.abs(rows / wall - 1.0) < 0.02
    # People may stand before it.
    assert near.mean() > 0.6 and (rows < 1.02 * wall).all()


def test_a_camera_changes_nothing_that_the_other_sensors_are_told_of_chance() -> None:
    with_it, without = (
        [one.ranges_m for one in robot(count).events(0.4) if isinstance(one, Scan)]
        for count in (1, 0)
    )
    assert len(with_it) == len(without) > 10
    for one, other in zip(with_it, without, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3)


def test_the_stream_is_the_same_however_it_is_cut() -> None:
    whole, parts = robot(1), robot(1)
    at_once = whole.advance_to(0.7)
    piecewise = [
        event for stamp in np.arange(0.013, 0.7, 0.013) for event in parts.advance_to(stamp)
    ]
    piecewise += parts.advance_to(0.7)
    assert len(at_once) == len(piecewise)
    for one, other in zip(
        pictures_of(at_once, "front"), pictures_of(piecewise, "front"), strict=True
    ):
        assert one.stamp_s == other.stamp_s
        assert (one.pixels == other.pixels).all()


def test_a_robot_that_is_carried_away_takes_no_picture_of_two_places() -> None:
    simulator = robot(1)
    simulator.advance_to(0.501)
    simulator.teleport(Pose2(2.0, 2.0, 1.0))
    events = simulator.advance_to(0.8)
    stamps = [one.stamp_s for one in pictures_of(events, "front")]
    # That of 0.5 s was being read out, and that of 0.55 s has not begun.
    assert stamps == pytest.approx([0.55, 0.6, 0.65, 0.7, 0.75])
    assert [one for one in events if isinstance(one, Odometry)]


def test_posters_stay_where_they_are_when_furniture_is_moved() -> None:
    """Another day in the same building: what was not moved looks as before."""
    cells = hall().cells.copy()
    moved = cells.copy()
    cells[20:24, 50:54] = 100
    moved[40:44, 20:24] = 100
    grids = [type(hall())(one, 0.1, hall().origin) for one in (cells, moved)]
    cameras = []
    for grid in grids:
        world = driven_world(WorldKind.OWN, grid, ROUTE, None)
        model = CameraModel(SPECS[0], looking_ahead([0.0, 0.0, 0.3]), sees_depth=True)
        (camera,) = fitted_cameras(world, Looks(), [model], np.random.default_rng(3))
        cameras.append(camera)
    for yaw in (0.5, 2.2, 4.0):
        way = DrivenWay(0.0, Pose2(4.0, 3.0, yaw))
        one, other = (camera.take(way, 0.0) for camera in cameras)
        assert one.depth_m is not None and other.depth_m is not None
        same = np.abs(one.depth_m - other.depth_m) < 1e-6
        assert same.mean() > 0.5
        off = np.abs(one.pixels.astype(int) - other.pixels).mean(axis=-1)[same]
        assert np.median(off) < 6.0
