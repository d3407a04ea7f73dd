# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The quality benchmark: scores, intervals, trials, drives that are watched, and the report."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_inn_bundles import build_localizer
from localization_helpers import SENSOR, BayesNetworks, bundle_of, room, scan_at

from local_inn_ros.benchmarking.quality_jobs import DriveJob, Place, TeleportJob, TrialJob
from local_inn_ros.benchmarking.quality_score import (
    JudgedPoses,
    auroc,
    calibration_error,
    reliability,
)
from local_inn_ros.benchmarking.quality_table import CROWDED, MOST_BLOCKED, QualityReport
from local_inn_ros.benchmarking.quality_trials import (
    Judged,
    PlacedScan,
    crowded_scans,
    near_pose,
    simulated_scans,
    trials,
)
from local_inn_ros.benchmarking.rates import rate_interval, share_interval
from local_inn_ros.benchmarking.watched_drive import MeasuredScan, Watch, is_wrong, spliced
from local_inn_ros.geometry import Pose2
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.localization.quality.scan_quality import scan_quality
from local_inn_ros.resources import resource_directory
from local_inn_ros.sensing import Odometry
from local_inn_ros.simulation.simulator import TruthState
from local_inn_ros.simulation.worlds import DrivenWorld
from local_inn_ros.world import FreeSpace

ROOT = Path(__file__).parents[2]
GRID = room()
SHIPPED = Place("track", resource_directory("models") / "generated_track")
KINDS = list(Judged)


def benchmark(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The benchmark, which finds its neighbours in its own folder."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    sys.modules.pop("quality", None)
    import quality

    return quality


def poses_of(quality, right, judged=Judged.TRUE, alike=False) -> JudgedPoses:
    values, kinds = np.asarray(quality, dtype=np.float64), np.asarray(right, dtype=bool)
    rows = [judged] * len(values) if isinstance(judged, Judged) else judged
    return JudgedPoses(
        values,
        kinds,
        ~kinds,
        np.array([KINDS.index(kind) for kind in rows]),
        np.full(len(values), alike),
    )


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=20),
    st.lists(st.integers(0, 5), min_size=1, max_size=20),
)
def test_the_area_is_the_share_of_pairs_that_are_told_apart(right, wrong):
    above = [(a > b) + 0.5 * (a == b) for a in right for b in wrong]
    found = auroc(np.array(right, dtype=float), np.array(wrong, dtype=float))
    assert found == pytest.approx(np.mean(above))


def test_there_is_no_area_without_wrong_poses():
    assert math.isnan(auroc(np.ones(3), np.ones(0)))


def test_half_of_the_weight_is_right_and_the_groups_of_wrong_poses_count_alike():
    kinds = [Judged.TRUE] * 4 + [Judged.NEAR] * 3 + [Judged.ANYWHERE] + [Judged.ALIGNED_NEAR] * 2
    poses = poses_of(np.zeros(10), [True] * 4 + [False] * 6, kinds)
    weights = poses.weights()
    assert weights[:4] == pytest.approx(0.125)
    assert weights[4:7].sum() == weights[7] == pytest.approx(weights[8:].sum())
    assert weights.sum() == pytest.approx(1.0)


def test_a_quality_that_is_the_share_of_right_poses_is_reliable():
    rng = np.random.default_rng(0)
    quality = rng.uniform(0.0, 1.0, 40_000)
    right = rng.random(40_000) < quality
    # The three groups of wrong poses, in the shares that they have anyway.
    kinds = [KINDS[(0, 2, 3, 4)[i]] for i in np.where(right, 0, rng.integers(1, 4, 40_000))]
    honest = poses_of(quality, right, kinds)
    bins = reliability([honest])
    assert [one.low for one in bins] == [0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95]
    assert sum(one.count for one in bins) == 40_000
    for one in bins:
        assert one.low <= one.quality <= one.high
        assert one.right == pytest.approx(one.quality, abs=0.03)
    assert calibration_error([honest]) < 0.01
    assert calibration_error([poses_of(np.sqrt(quality), right, kinds)]) > 0.1


def test_an_interval_of_a_share_holds_it_and_narrows():
    # Wilson's, as tabled: 8 of 10.
    found = share_interval(8, 10)
    assert (found.low, found.high) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert share_interval(0, 5).low == 0.0 and share_interval(5, 5).high == 1.0
    assert share_interval(0, 0).low == 0.0 and share_interval(0, 0).high == 1.0


def test_an_interval_of_a_rate_is_garwoods():
    none, three = rate_interval(0, 1.0), rate_interval(3, 2.0)
    assert none.low == 0.0 and none.high == pytest.approx(3.689, abs=1e-3)
    assert (three.low, three.high) == pytest.approx((0.6187 / 2, 8.7673 / 2), abs=1e-3)


@pytest.mark.parametrize("seed", range(5))
def test_near_poses_are_just_wrong_and_free(seed):
    rng, space = np.random.default_rng(seed), FreeSpace(GRID, 0.3)
    for row in space.sample(rng, 20):
        truth = Pose2.from_array(row)
        off = truth.between(near_pose(truth, space, rng))
        distance, turn = math.hypot(off.x, off.y), abs(off.yaw)
        by_place = 0.5 <= distance <= 1.0 and turn <= math.radians(5.0)
        by_heading = distance <= 0.25 and math.radians(10.0) <= turn <= math.radians(20.0)
        assert by_place or by_heading
        assert is_wrong(truth, truth @ off)


def test_trials_judge_every_kind_of_pose_and_know_which_are_right():
    bundle, rng = bundle_of(GRID), np.random.default_rng(1)
    engine, found = BayesNetworks(GRID), []
    localizer = build_localizer(bundle, engine, Pose2.identity(), RefinerChoice.FIELD)
    for placed in simulated_scans(bundle, DrivenWorld(bundle.grid, bundle.caster), 12, 0.4, rng):
        # This network is told where the sensor is.
        engine.truth = placed.pose
        found += list(trials(bundle, engine, localizer, [placed], rng))
    assert [one.judged for one in found].count(Judged.ALIGNED_NEAR) == 12
    assert {one.judged for one in found} == {*Judged}
    for one in found:
        if one.judged is Judged.TRUE:
            assert one.offset_m < 1e-6 and not one.wrong and one.alike
        if one.judged is Judged.FOUND:
            assert one.offset_m < 0.05 and not one.wrong
        if one.judged is Judged.NEAR:
            assert one.wrong and not one.alike
    qualities = [
        scan_quality(one.expected_m, one.reading, 0.02, SENSOR.range_max_m) for one in found
    ]
    poses = JudgedPoses.of(found, np.array(qualities))
    assert poses.right.sum() == 24
    assert not np.any(poses.right & poses.wrong)
    assert poses.auroc() > 0.98
    assert poses.auroc(poses.of_kind(Judged.ANYWHERE)) > 0.98


def test_people_stand_in_the_way_of_recorded_scans():
    rng, pose = np.random.default_rng(0), Pose2(0.5, 0.5, 0.3)
    scans = [scan_at(GRID, pose, rng) for _ in range(40)]
    poses = np.tile(pose.to_array(), (40, 1))
    placed: list[PlacedScan] = list(crowded_scans(scans, poses, 0.4, rng))
    shares = []
    for scan, one in zip(scans, placed, strict=True):
        assert np.all(one.scan.ranges_m <= scan.ranges_m)
        shares.append(np.mean(one.scan.ranges_m < scan.ranges_m))
        assert shares[-1] == pytest.approx(one.blocked_share, abs=0.15)
    assert 0.15 < np.mean(shares) < 0.3


def sighting(stamp_s: float, lost: bool, wrong: bool) -> MeasuredScan:
    return MeasuredScan(stamp_s, lost, wrong)


def test_an_alarm_counts_where_it_begins():
    seen = [
        sighting(0.0, False, False),
        sighting(1.0, True, False),
        sighting(2.0, True, True),
        sighting(3.0, False, True),
        sighting(5.0, True, True),
        sighting(6.0, False, False),
    ]
    assert Watch.of(seen) == Watch(6.0, false_alarms=1, true_alarms=1, wrong_s=4.0)
    assert Watch.of(seen[:1]) == Watch(0.0, 0, 0, 0.0)
    assert Watch.of([sighting(0.0, True, False)]).false_alarms == 1
    assert Watch.of(seen) + Watch(1.0, 2, 3, 0.5) == Watch(7.0, 3, 4, 4.5)


def test_a_robot_that_is_carried_notices_nothing_on_its_wheels():
    def part(start_s: float, x: float) -> list[TruthState | Odometry]:
        return [
            event
            for k in range(3)
            for event in (
                TruthState(start_s + k, Pose2(10.0 * x, 0.0, 0.0), 0.0, 0.0),
                Odometry(start_s + k, Pose2(x + k, 0.0, 0.5 * x), 1.0),
            )
        ]

    joined = list(spliced(part(5.0, 1.0), part(50.0, 4.0)))
    assert [event.stamp_s for event in joined] == pytest.approx(
        [5.0, 5.0, 6.0, 6.0, 7.0, 7.0, 7.2, 7.2, 8.2, 8.2, 9.2, 9.2]
    )
    wheels = [event.pose for event in joined if isinstance(event, Odometry)]
    assert wheels[2].between(wheels[3]).to_array() == pytest.approx(np.zeros(3))
    before, after = part(50.0, 4.0)[1].pose, part(50.0, 4.0)[3].pose
    assert wheels[3].between(wheels[4]).to_array() == pytest.approx(
        before.between(after).to_array()
    )
    truth = [event.pose.x for event in joined if isinstance(event, TruthState)]
    assert truth == [10.0] * 3 + [40.0] * 3


def test_a_robot_that_drives_is_not_missed_and_one_that_is_carried_off_is():
    drive = DriveJob(SHIPPED, "blocked", 10.0, 2.0, 3.0, 4)
    watch = drive.run()
    assert watch.seconds == pytest.approx(2.9, abs=0.2)
    assert watch.false_alarms == watch.true_alarms == 0 and watch.wrong_s == 0.0
    delays = TeleportJob(drive, 2).run()
    assert delays.shape == (2,)
    assert np.all((delays > 0.0) & (delays <= 1.0))
    assert np.array_equal(delays, TeleportJob(drive, 2).run())


def test_the_report_holds_what_was_measured():
    trial = TrialJob(SHIPPED, 6, MOST_BLOCKED, 3)
    drive = DriveJob(SHIPPED, "blocked", 40.0, 2.0, 3.0, 4)
    todo = [trial, TrialJob(SHIPPED, 6, CROWDED, 3), drive, drive, TeleportJob(drive, 4)]
    judged = trial.run()
    delays = np.array([0.4, 0.5, 1.5, math.inf])
    watches = Watch(900.0, 1, 0, 0.0), Watch(900.0, 0, 2, 3.0)
    report = QualityReport.of(todo, [judged, judged, *watches, delays])
    figures = report.to_json()
    assert figures["auroc"] == pytest.approx(judged.auroc())
    assert figures["false_alarms_per_hour"] == pytest.approx(2.0)
    assert figures["hours"] == pytest.approx(0.5)
    low, high = figures["false_alarms_per_hour_interval_95"]
    assert low < 2.0 < high
    (row,) = figures["teleports"]
    assert (row["map"], row["rate_hz"], row["times"]) == ("track", 40.0, 4)
    assert row["within_1s"] == 0.5 and row["never"] == 1
    assert row["median_s"] == 1.5 and row["p95_s"] is None
    assert [one["scans"] for one in figures["reliability"]] == [
        "simulated, to 40%",
        "simulated, to 70%",
    ]
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    text = report.markdown()
    assert "| track, 40 Hz | 4 | 50.0% |" in text
    assert "| blocked | 0.50 | 1 | 2.00 |" in text


def test_the_work_is_shared_out_to_all_places(monkeypatch):
    quality = benchmark(monkeypatch)
    real = Place("lab", Path("lab"), recording=Path("bag"))
    where = [SHIPPED, Place("other", Path("other")), real]
    todo = quality.jobs(where, quality.FULL, seed=9)
    blocked = [job for job in todo if isinstance(job, DriveJob) and job.condition == "blocked"]
    assert sum(job.seconds for job in blocked) >= quality.FULL.blocked_s
    assert {job.place.name for job in blocked} == {"track", "other"}
    assert all(job.rate_hz == 40.0 for job in blocked)
    drawn = [(job.place.name, job.seed) for job in blocked]
    assert len(set(drawn)) == len(drawn)
    trials_of = [(job.place.name, job.most_blocked) for job in todo if isinstance(job, TrialJob)]
    assert len(trials_of) == 6 and ("lab", 0.4) in trials_of
    carried = [job for job in todo if isinstance(job, TeleportJob)]
    assert sum(job.count for job in carried) >= quality.FULL.teleports
    (recorded,) = (job for job in carried if job.drive.place is real)
    assert recorded.drive.condition == "recorded"


def test_a_fit_finds_the_odds_that_were_drawn(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    pytest.importorskip("torch")
    from fit_quality import logistic

    rng = np.random.default_rng(2)
    features = rng.normal(2.0, 3.0, (20_000, 2))
    odds = 0.5 + features @ [0.6, -0.4]
    right = rng.random(20_000) < 1.0 / (1.0 + np.exp(-odds))
    found = logistic(features, right, np.full(20_000, 1.0 / 20_000))
    assert found == pytest.approx([0.5, 0.6, -0.4], abs=0.06)
