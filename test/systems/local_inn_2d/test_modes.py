# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Two places that are alike: a fix carries both, and no average of them."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from local_inn_bundles import build_localizer
from localization_helpers import (
    LATENT_SIZE,
    PRIOR_DEVIATION,
    SENSOR,
    bundle_of,
    ranges_on,
    scan_at,
)
from twin_floor import APART_M as FLOOR_APART_M
from twin_floor import twin_floor

from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.geometry import GaussianPose2, Pose2, wrap_angle, wrap_angles
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.localization.pipeline import LocalizationPipeline, ScanResult
from local_inn_ros.sensing import Odometry
from local_inn_ros.systems.local_inn_2d.inverse_passes import places_of
from local_inn_ros.systems.local_inn_2d.localizer import Localizer
from local_inn_ros.world import OccupancyGrid, RayCaster

APART_M = 3.0
MOUNT = Pose2(0.2, -0.05, 0.4)
YAW_RAD = 0.3
NEAR_M, NEAR_RAD = 0.5, math.radians(20.0)


def closed_rooms(clue: bool = False) -> OccupancyGrid:
    """Two rooms without doors, the second 3 m to the right; with a clue, a box in the first."""
    one = np.zeros((54, 60), dtype=np.int8)
    one[:4], one[-4:], one[:, :4], one[:, -4:] = 100, 100, 100, 100
    one[14:22, 40:56] = 100
    one[40:50, 12:20] = 100
    both = np.hstack([one, one])
    if clue:
        both[4:12, 4:16] = 100
    return OccupancyGrid(both, 0.05, Pose2.identity())


class TwinEngine:
    """Answers with the nearest pose that explains the scan, in either room; far off, the prior.

    Attributes:
        truth: pose of the sensor in the map frame.
    """

    name = "twin"

    def __init__(self, grid: OccupancyGrid, apart_m: float) -> None:
        self.truth = Pose2.identity()
        self.priors = np.zeros((0, 3))
        self._apart_m = apart_m
        self._caster = RayCaster(grid, threads=1)

    def sample_poses(self, ranges_m, states, priors, spreads, latents):
        assert latents.shape[1] == LATENT_SIZE
        if len(self.priors) == 0:
            self.priors = priors.astype(np.float64)
        places = self.truth.to_array() + [[k * self._apart_m, 0.0, 0.0] for k in (-1, 0, 1)]
        offsets = priors[:, None].astype(np.float64) - places
        away = np.hypot(offsets[..., 0], offsets[..., 1])
        away[np.abs(wrap_angles(offsets[..., 2])) > 0.8] = math.inf
        nearest = np.argmin(away, axis=1)
        known = (np.min(away, axis=1) < 0.7)[:, None]
        means = np.where(known, places[nearest], priors)
        sure = np.array([0.02, 0.02, math.radians(1.0)])
        unsure = np.array(PRIOR_DEVIATION) * spreads[:, None]
        deviations = np.where(known, sure, unsure)
        return (means[:, None] + deviations[:, None] * latents[None, :, :3]).astype(np.float32)

    def expected_ranges(self, poses):
        return ranges_on(self._caster, poses, SENSOR.network_angles_rad(), SENSOR)


class Scene:
    """A robot that stands in one of the closed rooms."""

    def __init__(
        self,
        base: Pose2,
        clue: bool = False,
        refiner: RefinerChoice = RefinerChoice.FIELD,
        mount: Pose2 = MOUNT,
    ) -> None:
        self.base = base
        self.grid = closed_rooms(clue)
        self.engine = TwinEngine(self.grid, APART_M)
        self.engine.truth = base @ mount
        self.scan = scan_at(self.grid, self.engine.truth, np.random.default_rng(5))
        self.localizer: Localizer = build_localizer(
            bundle_of(self.grid), self.engine, mount, refiner
        )

    def locate(self, mean: Pose2, position_m: float, yaw_rad: float = YAW_RAD):
        self.engine.priors = np.zeros((0, 3))
        prior = GaussianPose2.from_deviations(mean, position_m, position_m, yaw_rad)
        return self.localizer.locate(self.scan, prior)


IN_FIRST = Pose2(1.2, 1.3, 2.0)
IN_SECOND = Pose2(IN_FIRST.x + APART_M, IN_FIRST.y, IN_FIRST.yaw)
BETWEEN = Pose2(IN_FIRST.x + 0.5 * APART_M, IN_FIRST.y, IN_FIRST.yaw)


def is_at(pose: Pose2, place: Pose2, within_m: float = 0.1) -> bool:
    return pose.distance_to(place) < within_m and abs(wrap_angle(pose.yaw - place.yaw)) < 0.05


@pytest.mark.parametrize("refiner", [RefinerChoice.FIELD, RefinerChoice.NONE])
@pytest.mark.parametrize("position_m", [1.0, 1.5, 2.0, 2.4])
@pytest.mark.parametrize("base", [IN_FIRST, IN_SECOND])
def test_a_prior_of_both_rooms_gives_both_modes(base, position_m, refiner):
    fix = Scene(base, refiner=refiner).locate(BETWEEN, position_m)
    assert len(fix.modes) == 2
    assert fix.ambiguous
    assert all(0.35 < mode.weight < 0.65 for mode in fix.modes)
    assert sum(mode.weight for mode in fix.modes) == pytest.approx(1.0)
    assert fix.modes[0].weight >= fix.modes[1].weight
    poses = [mode.pose.mean for mode in fix.modes]
    # Of the base, though the sensor is mounted elsewhere.
    for room in (IN_FIRST, IN_SECOND):
        assert sum(is_at(pose, room) for pose in poses) == 1
    assert all(mode.pose.deviations()[0] < 0.1 for mode in fix.modes)


@pytest.mark.parametrize("position_m", [1.0, 1.5, 2.0, 2.4])
def test_the_measurement_is_in_a_room_and_reaches_the_other(position_m):
    fix = Scene(IN_FIRST).locate(BETWEEN, position_m)
    assert fix.measurement.mean == fix.modes[0].pose.mean
    assert any(is_at(fix.measurement.mean, room) for room in (IN_FIRST, IN_SECOND))
    for mode in fix.modes:
        assert fix.measurement.squared_mahalanobis(mode.pose.mean) < 1.0
    # Of the yaw, which is the same in both, there is little doubt.
    assert fix.measurement.deviations()[2] < 0.1
    assert is_at(fix.network.mean, fix.measurement.mean)


@pytest.mark.parametrize("position_m", [0.02, 0.1, 0.3])
@pytest.mark.parametrize("base", [IN_FIRST, IN_SECOND])
def test_a_prior_of_one_room_gives_one_mode(base, position_m):
    fix = Scene(base).locate(base @ Pose2(0.05, -0.05, 0.02), position_m, 0.1)
    assert [mode.weight for mode in fix.modes] == [1.0]
    assert not fix.ambiguous
    assert is_at(fix.measurement.mean, base)
    assert fix.measurement.deviations()[0] < 0.05
    assert fix.measurement.mean == fix.modes[0].pose.mean


@pytest.mark.parametrize("base", [IN_FIRST, IN_SECOND])
def test_a_clue_tells_the_rooms_apart(base):
    fix = Scene(base, clue=True).locate(BETWEEN, 1.5)
    assert fix.modes[0].weight > 0.95
    assert not fix.ambiguous
    assert is_at(fix.modes[0].pose.mean, base)
    assert is_at(fix.measurement.mean, base)


def test_the_prior_has_its_say_in_the_weights():
    # Log odds of two places a and b under a Gaussian at m: (|b - m|^2 - |a - m|^2) / 2 s^2.
    nearer = Pose2(BETWEEN.x - 0.4, BETWEEN.y, BETWEEN.yaw)
    fix = Scene(IN_SECOND, mount=Pose2.identity()).locate(nearer, 1.5)
    odds = math.exp((1.9**2 - 1.1**2) / (2.0 * 1.5**2))
    assert is_at(fix.modes[0].pose.mean, IN_FIRST)
    assert fix.modes[0].weight == pytest.approx(odds / (1.0 + odds), abs=0.03)


def explored(covariance: np.ndarray) -> np.ndarray:
    """The priors (k, 3) that the network is asked from, less the mean."""
    scene = Scene(IN_FIRST, mount=Pose2.identity())
    scene.engine.priors = np.zeros((0, 3))
    scene.localizer.locate(scene.scan, GaussianPose2(BETWEEN, covariance))
    offsets = scene.engine.priors - BETWEEN.to_array()
    offsets[:, 2] = wrap_angles(offsets[:, 2])
    return offsets


def ellipse(along_m: float, across_m: float, direction_rad: float, yaw_rad: float) -> np.ndarray:
    c, s = math.cos(direction_rad), math.sin(direction_rad)
    turn = np.array([[c, -s], [s, c]])
    covariance = np.zeros((3, 3))
    covariance[:2, :2] = turn @ np.diag([along_m**2, across_m**2]) @ turn.T
    covariance[2, 2] = yaw_rad**2
    return covariance


@pytest.mark.parametrize("direction_rad", [0.0, 0.8, 1.57])
@pytest.mark.parametrize("across_m", [0.01, 0.5, 1.5])
def test_wide_priors_are_explored_within_their_ellipse(across_m, direction_rad):
    covariance = ellipse(1.5, across_m, direction_rad, 0.4)
    offsets = explored(covariance)
    assert 8 <= len(offsets) <= 97
    assert np.allclose(offsets[0], 0.0, atol=1e-6)
    whitened = np.linalg.solve(np.linalg.cholesky(covariance), offsets.T).T
    assert np.abs(whitened).max() < 2.6
    # However thin it is, both its ends are looked at.
    along = offsets[:, :2] @ [math.cos(direction_rad), math.sin(direction_rad)]
    assert along.min() < -1.5
    assert along.max() > 1.5


def test_a_wider_prior_is_explored_from_more_poses():
    counts = [len(explored(ellipse(size, size, 0.0, 0.1))) for size in (0.5, 1.0, 1.5, 2.4)]
    assert counts == sorted(set(counts))
    assert len(explored(ellipse(0.5, 0.5, 0.0, 1.0))) > counts[0]


@pytest.mark.parametrize("position_m", [0.01, 0.19, 2.6, 10.0])
def test_one_prior_is_enough_where_the_networks_know_it_and_all_there_is_beyond_the_limit(
    position_m,
):
    offsets = explored(ellipse(position_m, position_m, 0.0, 0.1))
    assert offsets == pytest.approx(np.zeros((1, 3)), abs=1e-6)


POSES = arrays(
    np.float64,
    st.tuples(st.integers(1, 40), st.just(3)),
    elements=st.floats(-3.0, 3.0, width=32),
)


def near(poses: np.ndarray, place: np.ndarray) -> np.ndarray:
    offset = poses - place
    close = np.hypot(offset[:, 0], offset[:, 1]) < NEAR_M
    return close & (np.abs(wrap_angles(offset[:, 2])) < NEAR_RAD)


@given(POSES)
@settings(max_examples=60)
def test_every_pose_is_near_a_place_and_no_place_near_another(poses):
    places = places_of(poses)
    assert all(any(np.array_equal(place, pose) for pose in poses) for place in places)
    assert np.any([near(poses, place) for place in places], axis=0).all()
    for k, place in enumerate(places):
        assert np.count_nonzero(near(places, place)) == 1, k


@given(POSES)
@settings(max_examples=60)
def test_the_fullest_places_come_first(poses):
    places = places_of(poses)
    left, counts = poses, {}
    # Each pose belongs to the first one in order that is near it.
    while len(left):
        counts[tuple(left[0])] = np.count_nonzero(near(left, left[0]))
        left = left[~near(left, left[0])]
    ranked = [counts[tuple(place)] for place in places]
    assert ranked == sorted(ranked, reverse=True)
    assert sum(ranked) == len(poses)


def test_places_are_of_one_yaw_across_the_cut():
    poses = np.array([[1.0, 2.0, math.pi - 0.05], [1.0, 2.0, -math.pi + 0.05], [1.0, 2.0, 0.0]])
    assert places_of(poses).tolist() == [poses[0].tolist(), poses[2].tolist()]


PERIOD_S = 0.05
STANDING = 40


class Drive:
    """A robot that stands in one of the floor's twin rooms, then drives out and along."""

    def __init__(self, in_second: bool, to_the_left: bool) -> None:
        self.grid = twin_floor()
        self.engine = TwinEngine(self.grid, FLOOR_APART_M)
        self.pipeline = LocalizationPipeline(
            build_localizer(
                bundle_of(self.grid), self.engine, Pose2.identity(), RefinerChoice.FIELD
            ),
            PoseFilter(),
        )
        self.rng = np.random.default_rng(8)
        self.at = Pose2(6.0 + in_second * FLOOR_APART_M, 3.6, -1.0)
        self.middle = Pose2(6.0 + 0.5 * FLOOR_APART_M, 3.6, -1.0)
        self.to = 3.0 if to_the_left else 12.5
        self.door_x = 6.85 + in_second * FLOOR_APART_M
        self.odometry = Pose2.identity()
        self.stamp_s = 0.0
        self.pipeline.add_odometry(Odometry(0.0, self.odometry))

    def move(self, step: Pose2) -> ScanResult:
        self.at, self.odometry = self.at @ step, self.odometry @ step
        self.stamp_s += PERIOD_S
        self.engine.truth = self.at
        self.pipeline.add_odometry(Odometry(self.stamp_s, self.odometry))
        result = self.pipeline.add_scan(scan_at(self.grid, self.at, self.rng, self.stamp_s))
        assert result is not None
        return result

    def drive_to(self, x: float, y: float) -> list[ScanResult]:
        turn = wrap_angle(math.atan2(y - self.at.y, x - self.at.x) - self.at.yaw)
        way_m = math.hypot(x - self.at.x, y - self.at.y)
        turns, steps = math.ceil(abs(turn) / 0.1), math.ceil(way_m / 0.08)
        return [
            *[self.move(Pose2(0.0, 0.0, turn / turns)) for _ in range(turns)],
            *[self.move(Pose2(way_m / steps, 0.0, 0.0)) for _ in range(steps)],
        ]


@pytest.mark.parametrize("to_the_left", [False, True])
@pytest.mark.parametrize("in_second", [False, True])
def test_the_filter_does_not_choose_a_room_before_motion_has_settled_it(in_second, to_the_left):
    robot = Drive(in_second, to_the_left)
    start = GaussianPose2.from_deviations(robot.middle, 2.0, 0.5, 0.3)
    robot.pipeline.set_initial_pose(start, 0.0)
    for result in [robot.move(Pose2.identity()) for _ in range(STANDING)]:
        assert result.fix.ambiguous
        assert all(0.35 < mode.weight < 0.65 for mode in result.fix.modes)
        assert result.fused.mean.distance_to(robot.middle) < 0.1
        assert result.fused.deviations()[0] > 1.9
        # What the two rooms have in common is known all the same.
        assert result.fused.deviations()[2] < 0.05
    robot.drive_to(robot.door_x, 2.9)
    results = [*robot.drive_to(robot.door_x, 1.1), *robot.drive_to(robot.to, 1.1)]
    assert not results[-1].fix.ambiguous
    assert results[-1].fused.mean.distance_to(robot.at) < 0.05
    assert results[-1].fused.deviations()[0] < 0.1
