# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from localization_helpers import SENSOR, gaussian, room

from local_inn_ros.benchmarking import kidnap
from local_inn_ros.benchmarking.drive_conditions import CONDITIONS
from local_inn_ros.benchmarking.kidnap import (
    Attempt,
    KidnapScore,
    attempt_moving,
    attempt_standing,
    is_right,
)
from local_inn_ros.benchmarking.kidnap_table import KidnapRow, markdown
from local_inn_ros.benchmarking.simulated_drive import Drive, with_gaps
from local_inn_ros.benchmarking.teleports import CLEARANCE_M, driving, recorded, standing
from local_inn_ros.errors import BagError
from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.search.hypotheses import Hypothesis, SearchResult
from local_inn_ros.localization.search.place_search import PlaceSearchSettings
from local_inn_ros.recordings.bag_reader import BagTopics, Recording
from local_inn_ros.recordings.trajectory import Trajectory
from local_inn_ros.sensing import Odometry, Scan
from local_inn_ros.simulation.worlds import DrivenWorld, generate_floor
from local_inn_ros.world import FreeSpace, RayCaster

GRID = room()
HALL = DrivenWorld(GRID, RayCaster(GRID, threads=1))
FOUND = Attempt(True, True, True, "", 0.1, 0.4)
WRONG = replace(FOUND, right=False, listed=False, search_s=0.2)
UNSURE = Attempt(False, False, True, "ambiguous: two places", 0.3, 3.0)
NOWHERE = Attempt(False, False, False, "nothing fits: 0.1", 0.4, 3.0)


def test_a_place_is_right_within_half_a_metre_and_ten_degrees():
    truth = Pose2(3.0, -2.0, 3.1)
    assert is_right(Pose2(3.3, -1.7, -3.1), truth)
    assert not is_right(Pose2(3.4, -1.6, 3.1), truth)
    assert not is_right(Pose2(3.0, -2.0, 3.1 - math.radians(11.0)), truth)


def test_attempts_are_counted():
    score = KidnapScore.of([FOUND] * 6 + [WRONG, UNSURE, UNSURE, NOWHERE])
    assert score.trials == 10
    assert score.success == 0.6
    assert score.false_confirm == 0.1
    assert score.ambiguous == 0.2
    assert score.listed == 0.8
    assert score.median_search_ms == pytest.approx(100.0)
    assert score.median_decided_s == pytest.approx(0.4)
    # Wilson's intervals, by hand for 6 and 1 of 10.
    assert score.success_interval == pytest.approx((0.3127, 0.8318), abs=1e-3)
    assert score.false_confirm_interval == pytest.approx((0.0179, 0.4042), abs=1e-3)


def test_rows_carry_the_keys_that_programs_read():
    row = KidnapRow("lab", "standing", "clean", "real", KidnapScore.of([FOUND, UNSURE]))
    read = json.loads(json.dumps(row.to_json()))
    wanted = {"map", "mode", "world", "trials", "success", "false_confirm", "median_search_ms"}
    assert wanted <= set(read)
    assert (read["map"], read["mode"], read["trials"], read["success"]) == (
        "lab",
        "standing",
        2,
        0.5,
    )
    assert len(read["success_interval"]) == 2
    table = markdown([row]).splitlines()
    assert len(table) == 3
    assert "50.0%" in table[2]
    assert table[0].count("|") == table[1].count("|") == table[2].count("|")


def test_standing_robots_stand_anywhere_in_the_free_space():
    drives = list(standing(HALL, SENSOR, 0.0, 40, np.random.default_rng(0)))
    poses = np.array([drive.truth.poses[0] for drive in drives])
    assert FreeSpace(GRID, CLEARANCE_M).contains(poses[:, :2]).all()
    assert np.ptp(poses[:, 2]) > 4.0
    caster = RayCaster(GRID, threads=1)
    for drive in drives:
        (scan,) = drive.scans
        expected = caster.cast(drive.truth.poses, scan.angles_rad(), SENSOR.range_max_m)[0]
        assert np.percentile(np.abs(scan.ranges_m - expected), 95) < 0.03


def test_standing_robots_meet_people():
    for drive in standing(HALL, SENSOR, 0.3, 5, np.random.default_rng(0)):
        scan = drive.scans[0]
        caster = RayCaster(GRID, threads=1)
        expected = caster.cast(drive.truth.poses, scan.angles_rad(), SENSOR.range_max_m)[0]
        assert 0.2 < np.mean(scan.ranges_m < expected - 0.1) < 0.6


def test_drives_begin_anywhere_on_the_lap_and_go_on():
    world = generate_floor(np.random.default_rng(0))
    drives = list(
        driving(
            DrivenWorld(world.grid, RayCaster(world.grid)),
            SENSOR,
            world.route,
            CONDITIONS["clean"],
            2.0,
            1.0,
            4,
            np.random.default_rng(0),
        )
    )
    starts = []
    for drive in drives:
        at = drive.truth.at([scan.stamp_s for scan in drive.scans])
        assert np.isfinite(at).all()
        starts.append(at[0])
        assert np.min(np.hypot(*(world.route - at[0, :2]).T)) < 0.5
        assert drive.truth.path_m() > 0.3
        assert np.ptp([scan.stamp_s for scan in drive.scans]) == pytest.approx(1.0, abs=0.06)
        # The odometry knows nothing of where the robot was put down.
        assert drive.odometry[0].stamp_s <= drive.scans[0].stamp_s + 0.02
    assert np.ptp(np.array(starts)[:, :2], axis=0).max() > 3.0


class TenScans(Recording):
    """A recording of ten scans, half a second apart; the reference covers all but the last."""

    def scans(self):
        for k in range(10):
            yield Scan(0.5 * k, np.ones(8, np.float32), -1.0, 0.1, 0.05, 10.0)


def ten_scans(reference: bool = True) -> Recording:
    stamps = np.arange(0.0, 4.05, 0.1)
    poses = np.column_stack([stamps, np.zeros_like(stamps), np.zeros_like(stamps)])
    odometry = tuple(Odometry(0.1 * k - 0.03, Pose2(0.1 * k, 0.0, 0.0)) for k in range(45))
    return TenScans(
        Path("none"),
        BagTopics(),
        "base_link",
        Pose2.identity(),
        10,
        odometry,
        Trajectory(stamps, poses) if reference else None,
    )


def test_stretches_of_a_recording_are_whole_and_known():
    drives = list(recorded(ten_scans(), 1.0, 30, np.random.default_rng(0)))
    assert len(drives) == 30
    assert {drive.scans[0].stamp_s for drive in drives} == {0.5 * k for k in range(7)}
    for drive in drives:
        assert len(drive.scans) == 3
        stamps = [reading.stamp_s for reading in drive.odometry]
        assert stamps[-1] >= drive.scans[-1].stamp_s
        assert len(stamps) < 20
    single = list(recorded(ten_scans(), 0.0, 9, np.random.default_rng(0)))
    # None is drawn twice as long as there are enough.
    assert len({drive.scans[0].stamp_s for drive in single}) == 9


def test_recordings_without_what_is_needed_are_refused():
    with pytest.raises(BagError, match="reference"):
        list(recorded(ten_scans(reference=False), 1.0, 1, np.random.default_rng(0)))
    with pytest.raises(BagError, match="9 s"):
        list(recorded(ten_scans(), 9.0, 1, np.random.default_rng(0)))


def answer(pose: Pose2 | None, reason: str = "") -> SearchResult:
    place = None if pose is None else gaussian(pose.x, pose.y, pose.yaw, 0.1, 0.1)
    hypotheses = () if place is None else (Hypothesis(place, 0.9, 1.0),)
    return SearchResult(not reason, None if reason else place, hypotheses, reason, 0.07)


def drive_of(count: int) -> Drive:
    (drive,) = recorded(ten_scans(), 0.5 * (count - 1), 1, np.random.default_rng(1))
    return drive


class Searcher:
    """Stands in for a relocalizer, and for a search over several scans."""

    def __init__(self, answers) -> None:
        self.answers = list(answers)
        self.stamps: list[float] = []

    def search(self, scan):
        return self.answers[0]

    def add(self, scan, odometry):
        self.stamps.append(scan.stamp_s)
        return self.answers.pop(0)

    def give_up(self, reason):
        return answer(None, reason)


def test_standing_attempts_are_judged_by_the_truth():
    drive = drive_of(1)
    truth = Pose2(drive.scans[0].stamp_s, 0.0, 0.0)
    found = attempt_standing(Searcher([answer(truth)]), drive)
    assert (found.found, found.right, found.listed, found.search_s) == (True, True, True, 0.07)
    far = attempt_standing(Searcher([answer(Pose2(50.0, 0.0, 0.0))]), drive)
    assert (far.found, far.right, far.listed) == (True, False, False)
    unsure = attempt_standing(Searcher([answer(truth, "ambiguous: two")]), drive)
    assert (unsure.found, unsure.right, unsure.listed) == (False, False, True)


def test_moving_attempts_are_judged_where_the_robot_has_come_to(monkeypatch):
    drive = drive_of(5)
    stamps = [scan.stamp_s for scan in drive.scans]
    searcher = Searcher([None, None, answer(Pose2(stamps[2], 0.0, 0.0))])
    monkeypatch.setattr(kidnap, "PlaceSearch", lambda *_: searcher)
    found = attempt_moving(None, None, PlaceSearchSettings(), drive)
    assert (found.found, found.right) == (True, True)
    assert found.decided_s == pytest.approx(1.0)
    assert searcher.stamps == stamps[:3]


def test_a_drive_that_ends_undecided_is_a_failure(monkeypatch):
    monkeypatch.setattr(kidnap, "PlaceSearch", lambda *_: Searcher([None] * 5))
    ended = attempt_moving(None, None, PlaceSearchSettings(), drive_of(5))
    assert not ended.found
    assert "over" in ended.reason


def test_gaps_are_drawn_by_lot_and_the_first_scan_stays():
    drive = drive_of(9)
    left = with_gaps(drive, 0.5, np.random.default_rng(3))
    stamps = [scan.stamp_s for scan in drive.scans]
    assert left.scans[0] is drive.scans[0]
    assert 1 < len(left.scans) < 9
    assert [scan.stamp_s for scan in left.scans if scan.stamp_s in stamps] == sorted(
        scan.stamp_s for scan in left.scans
    )
    assert with_gaps(drive, 0.0, np.random.default_rng(3)).scans == drive.scans
