# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from local_inn_bundles import build_localizer, build_relocalizer
from localization_helpers import (
    LATENT_SIZE,
    SENSOR,
    bundle_of,
    ranges_on,
    scan_at,
)

from local_inn_ros.geometry import GaussianPose2, Pose2, wrap_angles
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.localization.search.place_search import PlaceSearch, PlaceSearchSettings
from local_inn_ros.sensing import Scan
from local_inn_ros.world import OccupancyGrid, RayCaster

RESOLUTION_M = 0.05
ROOM_CELLS = 120
CORRIDOR_CELLS = 50
APART_M = RESOLUTION_M * ROOM_CELLS


def twin_rooms() -> OccupancyGrid:
    """Two rooms that are alike, the second 6 m to the right of the first, doors on one corridor.

    What tells them apart, the ends of the corridor, is seen from there alone.
    """
    one = np.zeros((90, ROOM_CELLS), dtype=np.int8)
    one[:4], one[-4:], one[:, :4], one[:, -4:] = 100, 100, 100, 100
    one[20:34, 80:100] = 100
    one[60:72, 4:24] = 100
    one[-4:, 50:70] = 0
    corridor = np.zeros((CORRIDOR_CELLS, 2 * ROOM_CELLS), dtype=np.int8)
    corridor[-4:], corridor[:, :4], corridor[:, -4:] = 100, 100, 100
    corridor[-14:, -14:] = 100
    return OccupancyGrid(np.vstack([np.hstack([one, one]), corridor]), 0.05, Pose2.identity())


GRID = twin_rooms()
CASTER = RayCaster(GRID, threads=1)
LIMITS = PlaceSearchSettings()


class AliasEngine:
    """A network that answers with the true pose, or its copy in the other room, near either."""

    name = "alias"

    def __init__(self) -> None:
        self.truth = Pose2.identity()

    def sample_poses(self, ranges_m, states, priors, spreads, latents):
        deviations = np.array([0.02, 0.02, math.radians(1.0)])
        assert latents.shape[1] == LATENT_SIZE
        answers = priors.astype(np.float64)
        for x in (-APART_M, 0.0, APART_M):
            place = moved(self.truth, x).to_array()
            near = np.hypot(*(priors[:, :2] - place[:2]).T) < 0.5
            near &= np.abs(wrap_angles(priors[:, 2] - place[2])) < 0.5
            answers[near] = place
        return (answers[:, None] + deviations * latents[None, :, :3]).astype(np.float32)

    def expected_ranges(self, poses):
        return ranges_on(CASTER, poses, SENSOR.network_angles_rad(), SENSOR)


ENGINE = AliasEngine()
RELOCALIZER = build_relocalizer(bundle_of(GRID), ENGINE, Pose2.identity(), RefinerChoice.FIELD)
LOCALIZER = build_localizer(bundle_of(GRID), ENGINE, Pose2.identity(), RefinerChoice.FIELD)


def search_of(offered=(), settings=LIMITS) -> PlaceSearch:
    return PlaceSearch(RELOCALIZER, LOCALIZER, settings, offered)


def scan_from(pose: Pose2, stamp_s: float = 0.0, seed: int = 0) -> Scan:
    ENGINE.truth = pose
    return scan_at(GRID, pose, np.random.default_rng([seed, int(1000 * stamp_s)]), stamp_s)


def is_at(pose: Pose2, truth: Pose2) -> bool:
    turned = abs(truth.between(pose).yaw)
    return pose.distance_to(truth) < 0.15 and turned < math.radians(5.0)


def moved(pose: Pose2, x: float) -> Pose2:
    return Pose2(pose.x + x, pose.y, pose.yaw)


def drive(search: PlaceSearch, start: Pose2, steps, period_s: float = 0.2):
    """Feed scans along a way until the search answers; return the answer, and where it was."""
    at, odometry = start, Pose2(3.0, -1.0, 0.7)
    for k, step in enumerate([Pose2.identity(), *steps]):
        at, odometry = at @ step, odometry @ step
        result = search.add(scan_from(at, period_s * k), odometry)
        if result is not None:
            return result, at, k
    return None, at, len(steps)


# In the first room; through the door nothing but the wall across is seen.
IN_ROOM = Pose2(1.6, 2.2, -0.6)
STANDING = [Pose2.identity()] * 30
# Out of the door and into the corridor.
LEAVING = [
    *[Pose2(0.0, 0.0, 0.36)] * 4,
    *[Pose2(0.2, 0.0, 0.0)] * 6,
    *[Pose2(0.2, 0.0, 0.07)] * 8,
    *[Pose2(0.2, 0.0, 0.0)] * 10,
]


def test_two_rooms_alike_stay_ambiguous_as_long_as_the_robot_stands():
    result, truth, _ = drive(search_of(), IN_ROOM, STANDING)
    assert not result.found
    assert result.pose is None
    assert result.reason.startswith("ambiguous")
    assert len(result.hypotheses) == 2
    for one in result.hypotheses:
        assert 0.35 < one.weight < 0.65
        assert one.score > 0.9
    poses = [one.pose.mean for one in result.hypotheses]
    assert any(is_at(pose, truth) for pose in poses)
    assert any(is_at(pose, moved(truth, APART_M)) for pose in poses)
    assert sum(one.weight for one in result.hypotheses) == pytest.approx(1.0)


@pytest.mark.parametrize("in_second_room", [False, True])
def test_motion_that_leads_to_a_difference_settles_it(in_second_room):
    start = moved(IN_ROOM, APART_M if in_second_room else 0.0)
    settings = PlaceSearchSettings(timeout_s=60.0)
    result, truth, steps = drive(search_of(settings=settings), start, LEAVING)
    assert result is not None
    assert result.found
    assert result.reason == ""
    assert is_at(result.pose.mean, truth)
    assert result.hypotheses[0].weight > 0.98
    # In the room nothing could tell.
    assert steps > 6


def test_an_offered_pose_wins_where_nothing_speaks_against_it():
    for x in (0.0, APART_M):
        offered = GaussianPose2.from_deviations(moved(IN_ROOM, x + 0.1), 0.1, 0.1, 0.05)
        result, _, steps = drive(search_of((offered,)), IN_ROOM, STANDING)
        assert result.found
        assert is_at(result.pose.mean, moved(IN_ROOM, x))
        assert steps == LIMITS.confirm_readings


def test_an_offered_pose_that_does_not_explain_the_scans_does_not_win():
    elsewhere = GaussianPose2.from_deviations(Pose2(9.0, 1.2, 2.0), 0.05, 0.05, 0.05)
    start = Pose2(10.6, 5.0, 0.3)
    result, truth, _ = drive(search_of((elsewhere,)), start, STANDING)
    assert result.found
    assert is_at(result.pose.mean, truth)


def test_a_distinct_place_is_believed_after_as_many_readings_as_asked_for():
    start = Pose2(10.6, 5.0, 0.3)
    for readings in (0, 2, 5):
        settings = PlaceSearchSettings(confirm_readings=readings)
        result, truth, steps = drive(search_of(settings=settings), start, STANDING)
        assert result.found
        assert is_at(result.pose.mean, truth)
        assert steps == readings


def test_scans_that_come_too_soon_are_left_out_but_their_motion_counts():
    search = search_of(settings=PlaceSearchSettings(confirm_readings=1))
    start = Pose2(10.6, 5.0, 0.3)
    assert search.add(scan_from(start, 0.0), Pose2.identity()) is None
    step = Pose2(0.1, 0.0, 0.0)
    assert search.add(scan_from(start @ step, 0.05), step) is None
    told = search.give_up("asked in between")
    assert not told.found
    assert told.reason == "asked in between"
    assert is_at(told.hypotheses[0].pose.mean, start @ step)
    assert search.add(scan_from(start @ step, 0.1), step).found


def test_scans_that_fit_nowhere_fit_nowhere():
    rng = np.random.default_rng(4)
    search = search_of(settings=PlaceSearchSettings(timeout_s=0.5))
    like = scan_from(IN_ROOM)
    result = None
    for k in range(10):
        ranges = rng.uniform(0.3, 9.0, like.ranges_m.size).astype(np.float32)
        scan = Scan(0.1 * k, ranges, like.angle_min_rad, like.angle_increment_rad, 0.05, 15.0)
        result = search.add(scan, Pose2.identity())
        if result is not None:
            break
    assert not result.found
    assert result.reason.startswith("nothing fits")


def test_blind_scans_give_no_place_and_do_not_break_the_search():
    search = search_of(settings=PlaceSearchSettings(timeout_s=0.2))
    like = scan_from(IN_ROOM)
    nothing = np.full(like.ranges_m.size, np.nan, np.float32)
    results = [
        search.add(
            Scan(0.1 * k, nothing, like.angle_min_rad, like.angle_increment_rad, 0.05, 15.0),
            Pose2.identity(),
        )
        for k in range(3)
    ]
    assert results[:2] == [None, None]
    assert results[2].hypotheses == ()
    assert results[2].reason.startswith("nothing fits")


def test_a_search_whose_first_scan_was_blocked_begins_again():
    start = Pose2(10.6, 5.0, 0.3)
    search = search_of()
    first = scan_from(start)
    wall = np.full(first.ranges_m.size, 0.4, np.float32)
    blocked = Scan(0.0, wall, first.angle_min_rad, first.angle_increment_rad, 0.05, 15.0)
    assert search.add(blocked, Pose2.identity()) is None
    for k in range(1, 12):
        result = search.add(scan_from(start, 0.2 * k), Pose2.identity())
        if result is not None:
            break
    assert result.found
    assert is_at(result.pose.mean, start)


@pytest.mark.parametrize("name", ["timeout_s", "confirm_readings"])
def test_settings_that_make_no_sense_are_refused(name):
    with pytest.raises(ValueError, match=name):
        PlaceSearchSettings(**{name: -1})
