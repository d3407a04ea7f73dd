# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Replays of a simulated run: the localizer, the baselines, the figures and the files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from evaluation_fixtures import MOUNT, SPEC, AligningLocalizer, KnowingRelocalizer, simulated_run
from PIL import Image

from local_inn_ros.bundles.description import CovarianceModel
from local_inn_ros.errors import BagError
from local_inn_ros.evaluation.baselines.field_tracker import FieldTracker
from local_inn_ros.evaluation.baselines.monte_carlo import MonteCarloLocalizer, MonteCarloSettings
from local_inn_ros.evaluation.evaluation import Evaluation, score, score_baseline, write_results
from local_inn_ros.evaluation.replay import Replay, replay, replay_baseline
from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.geometry import GaussianPose2, Pose2
from local_inn_ros.localization.alignment.refiner import Refiner
from local_inn_ros.localization.pipeline import LocalizationPipeline
from local_inn_ros.recordings.trajectory import Trajectory
from local_inn_ros.recordings.trajectory_file import read_trajectory
from local_inn_ros.sensing import Odometry, Scan
from local_inn_ros.world import LikelihoodField


def pipeline(relocalizer: KnowingRelocalizer | None = None) -> LocalizationPipeline:
    return LocalizationPipeline(AligningLocalizer(simulated_run().grid), PoseFilter(), relocalizer)


@pytest.fixture(scope="module")
def run() -> Replay:
    simulated = simulated_run()
    return replay(pipeline(), simulated.readings, simulated.truth)


def test_every_scan_is_answered_near_the_truth(run: Replay) -> None:
    simulated = simulated_run()
    assert run.stamps_s.tolist() == [scan.stamp_s for scan in simulated.scans]
    figures = score(run, simulated.truth, {})
    assert figures.n == len(simulated.scans)
    assert figures.duration_s == pytest.approx(
        simulated.scans[-1].stamp_s - simulated.scans[0].stamp_s
    )
    assert figures.fused is not None
    assert figures.fused.ape_mean_m < 0.03
    assert figures.lost is not None
    assert figures.lost.episodes == 0
    assert set(figures.latency_ms.stages) == {"align"}
    truth = simulated.truth.at(run.stamps_s)
    assert figures.path_m == pytest.approx(np.sum(np.hypot(*np.diff(truth[:, :2], axis=0).T)))


def test_fix_is_the_network_alone(run: Replay) -> None:
    truth = simulated_run().truth.at(run.stamps_s)
    assert np.median((run.network - truth)[:, 0]) == pytest.approx(0.05, abs=0.01)
    figures = score(run, simulated_run().truth, {})
    assert figures.fix is not None
    assert figures.fused is not None
    assert figures.fix.ape_mean_m > figures.fused.ape_mean_m


def test_without_a_reference_the_robot_looks_for_itself() -> None:
    simulated = simulated_run()
    relocalizer = KnowingRelocalizer(simulated.truth)
    run = replay(pipeline(relocalizer), simulated.readings)
    assert relocalizer.asked == 3
    assert len(run.stamps_s) == len(simulated.scans) - 2
    assert run.unanswered == {"the robot was not found": 2}
    figures = score(run, None, {})
    assert (figures.fused, figures.fix, figures.calibration, figures.lost) == (None,) * 4
    assert figures.n == len(run.stamps_s)
    assert figures.path_m > 10.0


def test_only_the_first_reference_pose_is_used() -> None:
    simulated = simulated_run()
    first_s = simulated.scans[0].stamp_s
    # Up to the first pose after it, between which and the one before the scan lies.
    short = np.arange(len(simulated.truth.stamps_s)) <= np.searchsorted(
        simulated.truth.stamps_s, first_s
    )
    beginning = Trajectory(simulated.truth.stamps_s[short], simulated.truth.poses[short])
    full = replay(pipeline(), simulated.readings, simulated.truth)
    np.testing.assert_array_equal(
        replay(pipeline(), simulated.readings, beginning).fused, full.fused
    )


def test_scans_that_cannot_be_used_are_counted() -> None:
    simulated = simulated_run()
    empty = [
        replace(reading, ranges_m=np.zeros(0, dtype=np.float32))
        if isinstance(reading, Scan) and 2.0 < reading.stamp_s < 2.2
        else reading
        for reading in simulated.readings
    ]
    particles = MonteCarloLocalizer(
        simulated.grid, MOUNT, MonteCarloSettings(particles=50), np.random.default_rng(0)
    )
    run = replay_baseline(particles, empty, simulated.truth)
    missing = sum(isinstance(r, Scan) and r.ranges_m.size == 0 for r in empty)
    assert missing > 0
    assert len(run.stamps_s) == len(simulated.scans) - missing


def test_a_reference_of_another_clock_is_named(run: Replay) -> None:
    truth = simulated_run().truth
    later = Trajectory(truth.stamps_s + 1e6, truth.poses)
    with pytest.raises(BagError, match="not one scan could be answered: no reference there"):
        replay(pipeline(), simulated_run().readings, later)
    with pytest.raises(BagError, match="stamps of the same clock"):
        score(run, later, {})


def test_no_scans_at_all_is_named() -> None:
    odometry = [r for r in simulated_run().readings if isinstance(r, Odometry)]
    with pytest.raises(BagError, match="there are no scans"):
        replay(pipeline(), odometry, simulated_run().truth)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_particle_filter_follows_the_robot(seed: int) -> None:
    simulated = simulated_run()
    particles = MonteCarloLocalizer(
        simulated.grid, MOUNT, MonteCarloSettings(particles=500), np.random.default_rng(seed)
    )
    run = replay_baseline(particles, simulated.readings, simulated.truth)
    figures = score_baseline(run, simulated.truth)
    assert figures.pose.ape_median_m < 0.1
    assert figures.pose.yaw_median_deg < 1.5
    assert figures.lost.episodes == 0


def test_the_particle_filter_is_the_same_for_a_seed() -> None:
    simulated = simulated_run()
    runs = []
    for _ in range(2):
        particles = MonteCarloLocalizer(
            simulated.grid, MOUNT, MonteCarloSettings(particles=60), np.random.default_rng(3)
        )
        runs.append(replay_baseline(particles, simulated.readings, simulated.truth))
    np.testing.assert_array_equal(runs[0].poses, runs[1].poses)


def test_the_particle_filter_without_scans_follows_the_odometry() -> None:
    """Without noise the motion model is the odometry, forward and backward."""
    simulated = simulated_run()
    still = MonteCarloSettings(
        particles=10, alpha1=0.0, alpha2=0.0, alpha3=0.0, alpha4=0.0, beam_weight=0.0
    )
    particles = MonteCarloLocalizer(simulated.grid, MOUNT, still, np.random.default_rng(0))
    start = GaussianPose2(Pose2(1.0, 2.0, 0.5), np.zeros((3, 3)))
    way = [Pose2(0, 0, 0), Pose2(0.5, 0.1, 0.3), Pose2(0.2, 0.0, 0.2), Pose2(0.2, 0.0, 1.2)]
    particles.add_odometry(Odometry(0.0, way[0]))
    particles.reset(start, 0.0)
    scan = simulated.scans[0]
    for k, pose in enumerate(way[1:], start=1):
        particles.add_odometry(Odometry(0.5 * k, pose))
        estimate = particles.add_scan(replace(scan, stamp_s=0.5 * k))
        assert estimate is not None
        expected = (start.mean @ way[0].between(pose)).to_array()
        np.testing.assert_allclose(estimate.mean.to_array(), expected, atol=1e-6)


def test_the_field_tracker_follows_the_robot() -> None:
    simulated = simulated_run()
    tracker = FieldTracker(
        Refiner(LikelihoodField(simulated.grid), SPEC.noise_std_m),
        SPEC.range_max_m,
        MOUNT,
        CovarianceModel(),
    )
    figures = score_baseline(
        replay_baseline(tracker, simulated.readings, simulated.truth), simulated.truth
    )
    assert figures.pose.ape_median_m < 0.03
    assert figures.lost.episodes == 0


def by_turns(readings: list[Scan | Odometry]) -> list[Scan | Odometry]:
    """Have every other scan be told by a second laser, which is mounted turned."""
    second = {reading.stamp_s for reading in readings if isinstance(reading, Scan)}
    second = set(sorted(second)[::2])
    return [
        replace(reading, sensor="turned", angle_min_rad=reading.angle_min_rad - _TURNED_RAD)
        if isinstance(reading, Scan) and reading.stamp_s in second
        else reading
        for reading in readings
    ]


_TURNED_RAD = 0.4


@pytest.mark.parametrize("baseline", ["mcl", "field_tracker"])
def test_a_baseline_takes_each_scan_at_its_own_mount(baseline: str) -> None:
    simulated = simulated_run()

    def mount_of(scan: Scan) -> Pose2:
        return MOUNT @ Pose2(0.0, 0.0, _TURNED_RAD) if scan.sensor == "turned" else MOUNT

    localizer = (
        MonteCarloLocalizer(
            simulated.grid, mount_of, MonteCarloSettings(particles=500), np.random.default_rng(0)
        )
        if baseline == "mcl"
        else FieldTracker(
            Refiner(LikelihoodField(simulated.grid), SPEC.noise_std_m),
            SPEC.range_max_m,
            mount_of,
            CovarianceModel(),
        )
    )
    run = replay_baseline(localizer, by_turns(list(simulated.readings)), simulated.truth)
    figures = score_baseline(run, simulated.truth)
    assert len(run.stamps_s) == len(simulated.scans)
    assert figures.pose.ape_median_m < (0.1 if baseline == "mcl" else 0.03)
    assert figures.lost.episodes == 0


@pytest.mark.parametrize("with_reference", [True, False])
def test_results_are_written(tmp_path: Path, run: Replay, with_reference: bool) -> None:
    simulated = simulated_run()
    reference = simulated.truth if with_reference else None
    result = Evaluation(run, score(run, reference, {}))
    folder = tmp_path / "deep" / "results"
    write_results(folder, result, reference, simulated.grid)
    names = ["fix.tum", "fused.tum", "report.json", "run.png"]
    if with_reference:
        names.insert(2, "reliability.png")
    assert sorted(path.name for path in folder.iterdir()) == names
    written = json.loads((folder / "report.json").read_text())
    assert written["n"] == len(run.stamps_s)
    assert (written["fused"] is None) is not with_reference
    np.testing.assert_allclose(read_trajectory(folder / "fused.tum").poses, run.fused, atol=1e-6)
    np.testing.assert_allclose(read_trajectory(folder / "fix.tum").poses, run.network, atol=1e-6)
    with Image.open(folder / "run.png") as picture:
        assert picture.size[0] > 1000
        assert len(np.unique(np.asarray(picture.convert("L")))) > 50
