# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from scipy import ndimage

from local_inn_ros.errors import MapError
from local_inn_ros.geometry import Pose2, interpolate_poses
from local_inn_ros.sensing import LaserSpec, Odometry, Scan
from local_inn_ros.simulation import Event, LaserModel, OdometryModel, Simulator, TruthState
from local_inn_ros.simulation.driven_way import DrivenWay
from local_inn_ros.simulation.sensors import Laser
from local_inn_ros.simulation.worlds import GeneratedWorld, generate_floor, generate_race_track
from local_inn_ros.world import ClosedPath, FreeSpace, OccupancyGrid, RayCaster

SPEC = LaserSpec(
    name="test",
    beam_count=109,
    angle_min_rad=-2.35,
    angle_max_rad=2.35,
    range_min_m=0.05,
    range_max_m=30.0,
    noise_std_m=0.01,
    rate_hz=40.0,
    network_beams=55,
)


@pytest.fixture(scope="module")
def track() -> GeneratedWorld:
    return generate_race_track(np.random.default_rng(0))


@pytest.fixture(scope="module")
def floor() -> GeneratedWorld:
    return generate_floor(np.random.default_rng(2))


def start(
    world: GeneratedWorld, speed_mps: float = 5.0, seed: int = 0, spec: LaserSpec = SPEC
) -> Simulator:
    return Simulator(
        world.grid,
        world.route,
        LaserModel(spec),
        OdometryModel(),
        speed_mps,
        np.random.default_rng(seed),
    )


def clearance_of(grid: OccupancyGrid, poses: list[Pose2]) -> np.ndarray:
    distance = ndimage.distance_transform_edt(grid.free_mask()) * grid.resolution_m
    cells = grid.world_to_cell([[pose.x, pose.y] for pose in poses])
    return np.asarray(distance[cells[:, 0], cells[:, 1]])


def truths(events: list[Event]) -> list[TruthState]:
    return [event for event in events if isinstance(event, TruthState)]


def test_events_come_in_order_at_their_rates(track: GeneratedWorld) -> None:
    events = start(track).advance_to(2.0)
    known = [event.end_s if isinstance(event, Scan) else event.stamp_s for event in events]
    np.testing.assert_allclose(known, sorted(known), atol=1e-9)
    scans = [event.stamp_s for event in events if isinstance(event, Scan)]
    odometry = [event.stamp_s for event in events if isinstance(event, Odometry)]
    np.testing.assert_allclose(scans, np.arange(1, 80) / 40.0)
    np.testing.assert_allclose(odometry, np.arange(1, 201) / 100.0)
    # The truth comes once for each instant at which something begins or ends, and first.
    ends = np.array(scans) + 4.7 / (2.0 * math.pi) / 40.0
    told = [t.stamp_s for t in truths(events)]
    assert len(told) == len(set(told))
    np.testing.assert_allclose(told, sorted({*scans, 2.0, *ends, *odometry}), atol=1e-9)
    kinds = [type(event) for event in events if event.stamp_s == 0.05]
    assert kinds == [TruthState, Odometry, Scan]


def test_however_time_is_cut_the_stream_is_the_same(track: GeneratedWorld) -> None:
    whole = start(track).advance_to(1.0)
    cut = start(track)
    pieces = [event for stamp in np.linspace(0.0, 1.0, 38) for event in cut.advance_to(stamp)]
    generated = list(start(track).events(1.0))
    for other in (pieces, generated):
        assert len(other) == len(whole)
        for a, b in zip(whole, other, strict=True):
            if isinstance(a, Scan) and isinstance(b, Scan):
                np.testing.assert_array_equal(a.ranges_m, b.ranges_m)
            else:
                assert a == b


def test_another_seed_gives_other_readings(track: GeneratedWorld) -> None:
    one, other = start(track, seed=0).advance_to(1.0), start(track, seed=1).advance_to(1.0)
    (first, *_), (second, *_) = (
        [event for event in events if isinstance(event, Scan)] for events in (one, other)
    )
    assert (first.ranges_m != second.ranges_m).any()


def test_a_laser_that_measures_all_at_once_sees_from_where_the_truth_is(
    track: GeneratedWorld,
) -> None:
    caster = RayCaster(track.grid)
    truth: TruthState | None = None
    errors = []
    at_once = SPEC.model_copy(update={"scan_duration_s": 0.0})
    for event in start(track, spec=at_once).events(3.0):
        if isinstance(event, TruthState):
            truth = event
        elif isinstance(event, Scan):
            assert truth is not None
            assert truth.stamp_s == event.stamp_s
            assert event.time_increment_s == 0.0
            exact = caster.cast(truth.pose.to_array()[None], SPEC.beam_angles_rad(), 30.0)[0]
            errors.append(event.ranges_m - exact)
    assert np.std(errors) == pytest.approx(0.01, rel=0.1)


@pytest.mark.parametrize("duration_s", [None, 0.01, 0.04])
def test_each_beam_is_measured_from_where_the_robot_is_then(
    track: GeneratedWorld, duration_s: float | None
) -> None:
    """The last one is longer than the time between scans: two are measured at a time."""
    spec = SPEC.model_copy(update={"scan_duration_s": duration_s})
    events = start(track, spec=spec).advance_to(3.0)
    told = truths(events)
    stamps, poses = np.array([one.stamp_s for one in told]), [one.pose for one in told]
    caster, angles = RayCaster(track.grid), SPEC.beam_angles_rad()
    scans = [event for event in events if isinstance(event, Scan)]
    expected_s = 4.7 / (2.0 * math.pi) / 40.0 if duration_s is None else duration_s
    errors, without = [], []
    for scan in scans[40:]:
        assert scan.sweep_s == pytest.approx(expected_s)
        for beam in range(0, len(angles), 9):
            at_s = scan.stamp_s + beam * scan.time_increment_s
            after = min(int(np.searchsorted(stamps, at_s)), len(stamps) - 1)
            share = (at_s - stamps[after - 1]) / (stamps[after] - stamps[after - 1])
            pose = interpolate_poses(poses[after - 1], poses[after], share)
            first = poses[int(np.argmin(np.abs(stamps - scan.stamp_s)))]
            one, other = caster.cast([pose.to_array(), first.to_array()], angles[[beam]], 30.0)
            errors.append(scan.ranges_m[beam] - one[0])
            without.append(scan.ranges_m[beam] - other[0])
    assert np.percentile(np.abs(errors), 90) == pytest.approx(0.0165, rel=0.25)
    assert np.percentile(np.abs(without), 90) > 0.04


def test_the_sweep_against_a_wall_is_what_geometry_says() -> None:
    """Ahead of a robot that nears a wall, each beam is shorter by what was driven till then."""
    spec = SPEC.model_copy(update={"noise_std_m": 1e-6, "scan_duration_s": 0.1})
    cells = np.zeros((400, 400), dtype=np.int8)
    cells[:, 390] = 100
    grid = OccupancyGrid(cells, 0.05, Pose2.identity())
    laser = Laser(RayCaster(grid), LaserModel(spec), np.random.default_rng(0))
    way = DrivenWay(2.0, Pose2(5.0, 10.0, 0.0))
    way.add(2.05, Pose2(5.2, 10.0, 0.0))
    way.add(2.1, Pose2(5.4, 10.0, 0.0))
    scan = laser.sweep(way, 2.0)
    angles = spec.beam_angles_rad()
    ahead = np.abs(angles) < 0.5
    begins = 5.0 + 4.0 * scan.time_increment_s * np.arange(angles.size)
    expected = (19.5 - begins) / np.cos(angles)
    np.testing.assert_allclose(scan.ranges_m[ahead], expected[ahead], atol=1e-4)
    # On the spot, half a turn in 0.1 s: the beams run ahead of, or behind, where they point.
    way = DrivenWay(0.0, Pose2(18.0, 10.0, 0.0))
    way.add(0.1, Pose2(18.0, 10.0, 0.5))
    turned = laser.sweep(way, 0.0)
    bearings = angles + 5.0 * turned.time_increment_s * np.arange(angles.size)
    seen = np.abs(bearings) < 1.0
    np.testing.assert_allclose(turned.ranges_m[seen], 1.5 / np.cos(bearings[seen]), atol=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_it_races_round_the_track_at_five_metres_a_second(seed: int) -> None:
    world = generate_race_track(np.random.default_rng(seed))
    states = truths(list(start(world).events(15.0)))
    poses = [state.pose for state in states]
    assert clearance_of(world.grid, poses).min() > 0.6
    assert np.mean([state.speed_mps for state in states[300:]]) > 4.8
    # More than one lap of 60 m.
    steps = [a.distance_to(b) for a, b in pairwise(poses)]
    assert sum(steps) > 62.0
    assert poses[-1].distance_to(poses[0]) < 15.0


def test_speed_and_rate_of_turn_are_the_derivatives_of_the_pose(track: GeneratedWorld) -> None:
    states = truths(list(start(track).events(6.0)))
    for a, b in pairwise(states[200:]):
        duration = b.stamp_s - a.stamp_s
        motion = a.pose.between(b.pose)
        assert motion.x / duration == pytest.approx(0.5 * (a.speed_mps + b.speed_mps), abs=0.02)
        mean_rate = 0.5 * (a.yaw_rate_radps + b.yaw_rate_radps)
        assert motion.yaw / duration == pytest.approx(mean_rate, abs=0.03)


def test_odometry_drifts_as_ten_percent_slip_does(track: GeneratedWorld) -> None:
    events = list(start(track).events(12.0))
    last = next(event for event in reversed(events) if isinstance(event, Odometry))
    poses = [state.pose for state in truths(events)]
    error = last.pose.distance_to(poses[0].between(poses[-1]))
    assert 0.3 < error < 20.0


def test_without_slip_odometry_is_the_truth(track: GeneratedWorld) -> None:
    model = OdometryModel(0.0, 0.0, 1.0, 0.0, 0.0, 0.0)
    simulator = Simulator(
        track.grid, track.route, LaserModel(SPEC), model, 5.0, np.random.default_rng(0)
    )
    first = simulator.truth.pose
    last = next(e for e in reversed(list(simulator.events(10.0))) if isinstance(e, Odometry))
    # Between two readings the steering moves, which one arc does not quite follow.
    assert last.pose.distance_to(first.between(simulator.truth.pose)) < 0.02


def test_it_stands_when_told_to_and_drives_on(track: GeneratedWorld) -> None:
    simulator = start(track)
    simulator.advance_to(4.0)
    assert simulator.truth.speed_mps > 4.0
    simulator.set_speed(0.0)
    simulator.advance_to(6.0)
    halt = simulator.truth.pose
    still = [event for event in simulator.advance_to(7.0) if isinstance(event, Odometry)]
    assert simulator.truth.pose == halt
    assert all(reading.speed_mps == 0.0 for reading in still)
    simulator.set_speed(3.0)
    simulator.advance_to(10.0)
    assert simulator.truth.speed_mps == pytest.approx(3.0)
    with pytest.raises(ValueError, match="negative"):
        simulator.set_speed(-1.0)


def test_odometry_does_not_notice_that_the_robot_is_carried_away(track: GeneratedWorld) -> None:
    simulator = start(track)
    before = [e for e in simulator.advance_to(4.0) if isinstance(e, Odometry)][-1]
    far = ClosedPath.through(track.route)
    elsewhere = far.pose(far.nearest(simulator.truth.pose.x, simulator.truth.pose.y) - 300)
    assert elsewhere.distance_to(simulator.truth.pose) > 3.0
    simulator.teleport(elsewhere)
    assert simulator.truth.pose == elsewhere
    assert simulator.truth.speed_mps == 0.0
    after = next(e for e in simulator.advance_to(4.02) if isinstance(e, Odometry))
    assert after.pose.distance_to(before.pose) < 0.01
    scan = next(e for e in simulator.advance_to(4.1) if isinstance(e, Scan))
    exact = RayCaster(track.grid).cast(elsewhere.to_array()[None], SPEC.beam_angles_rad(), 30.0)[0]
    assert np.median(np.abs(scan.ranges_m - exact)) < 0.05


@pytest.mark.parametrize("kind", ["track", "floor"])
def test_from_wherever_it_is_put_it_drives_back_to_its_lap(
    kind: str, request: pytest.FixtureRequest
) -> None:
    world: GeneratedWorld = request.getfixturevalue(kind)
    simulator = start(world, speed_mps=2.0)
    lap = ClosedPath.through(world.route)
    places = FreeSpace(world.grid, 0.3).sample(np.random.default_rng(6), 12)
    stamp_s = 0.0
    for place in places:
        simulator.teleport(Pose2.from_array(place))
        assert not simulator.on_lap
        poses: list[Pose2] = []
        deadline_s = stamp_s + 60.0
        while not simulator.on_lap and stamp_s < deadline_s:
            stamp_s += 0.25
            poses += [state.pose for state in truths(simulator.advance_to(stamp_s))]
        assert simulator.on_lap
        assert clearance_of(world.grid, poses).min() > 0.05
        stamp_s += 3.0
        poses = [state.pose for state in truths(simulator.advance_to(stamp_s))]
        assert clearance_of(world.grid, poses).min() > 0.3
        end = poses[-1]
        nearest = lap.points[lap.nearest(end.x, end.y)]
        assert math.hypot(nearest[0] - end.x, nearest[1] - end.y) < 0.4
        assert simulator.truth.speed_mps > 1.5


@pytest.mark.parametrize("generate", [generate_race_track, generate_floor])
def test_a_route_that_is_not_on_the_map_is_refused(
    generate: Callable[[np.random.Generator], GeneratedWorld],
) -> None:
    world = generate(np.random.default_rng(0))
    with pytest.raises(MapError, match="does not lie in the free space"):
        start(GeneratedWorld(world.grid, world.route + 500.0))


def test_a_person_takes_over_and_the_stream_is_the_same_however_it_is_cut(
    floor: GeneratedWorld,
) -> None:
    ends = []
    for pieces in (1, 7):
        simulator = start(floor, speed_mps=1.0)
        simulator.advance_to(1.0)
        simulator.drive(0.5, 0.3)
        for piece in range(pieces):
            simulator.advance_to(1.0 + 0.4 * (piece + 1) / pieces)
        ends.append(simulator.truth)
        assert ends[-1].speed_mps == pytest.approx(0.5, abs=0.02)
        simulator.advance_to(1.7)
        assert simulator.truth.speed_mps == 0.0
        stopped = simulator.truth.pose
        simulator.advance_to(5.0)
        assert simulator.truth.pose == stopped
        assert abs(ends[-1].pose.between(stopped).yaw) < 0.2
    assert ends[0] == ends[1]


@pytest.mark.parametrize("speed_mps", [2.0, -2.0])
def test_a_person_drives_into_no_wall(floor: GeneratedWorld, speed_mps: float) -> None:
    simulator = start(floor, speed_mps=1.0)
    here = simulator.truth.pose
    simulator.take_over()
    simulator.teleport(Pose2(here.x, here.y, here.yaw + 0.5 * math.pi))
    poses = []
    for k in range(200):
        simulator.drive(speed_mps, 0.0)
        events = simulator.advance_to(0.05 * (k + 1))
        poses += [event.pose for event in events if isinstance(event, TruthState)]
    assert simulator.truth.speed_mps == 0.0
    assert clearance_of(floor.grid, poses).min() > 0.05
    moved = abs(poses[0].between(poses[-1]).x)
    assert 0.2 < moved < 4.0
    # Away from it the way is free.
    simulator.drive(-0.5 * speed_mps, 0.0)
    simulator.advance_to(10.4)
    assert abs(poses[-1].between(simulator.truth.pose).x) > 0.1
