# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The real recording: its geometry, the benchmark's reader, and the baseline on it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from local_inn_ros.evaluation.baselines.monte_carlo import MonteCarloLocalizer, MonteCarloSettings
from local_inn_ros.evaluation.evaluation import score_baseline
from local_inn_ros.evaluation.metrics import latency, pose_errors
from local_inn_ros.evaluation.replay import replay_baseline
from local_inn_ros.recordings.bag_reader import BagTopics, Recording, open_recording
from local_inn_ros.sensing import load_laser_spec
from local_inn_ros.world import LikelihoodField, load_map

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "intel_lab"
SENSOR = ROOT / "config" / "sensors" / "sick_lms200.yaml"

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the shared Intel lab recording is absent"
)


@pytest.fixture(scope="module")
def recording() -> Recording:
    return open_recording(DATA / "lap2_test_rosbag2", BagTopics(reference="/ground_truth"))


def test_the_sensor_file_says_what_the_scans_are(recording: Recording) -> None:
    spec = load_laser_spec(SENSOR)
    scan = next(recording.scans())
    np.testing.assert_allclose(scan.angles_rad(), spec.beam_angles_rad(), atol=1e-5)
    assert scan.range_max_m == spec.range_max_m
    assert scan.range_min_m == pytest.approx(spec.range_min_m)


def test_the_particle_filter_follows_the_robot_for_two_laps(recording: Recording) -> None:
    particles = MonteCarloLocalizer(
        load_map(DATA / "map_lap1.yaml"),
        recording.mount,
        MonteCarloSettings(particles=500),
        np.random.default_rng(0),
    )
    assert recording.reference is not None
    run = replay_baseline(particles, recording.readings(), recording.reference)
    assert len(run.stamps_s) == 1517
    figures = score_baseline(run, recording.reference)
    # Nav2's AMCL core, on its defaults, has a median of 7.7 cm here.
    assert figures.pose.ape_median_m < 0.05
    assert figures.pose.yaw_rmse_deg < 2.0
    assert figures.lost.episodes == 0


def test_the_benchmark_reads_lap_1_and_its_table_holds_the_figures(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("FrEIA")
    monkeypatch.setattr(sys, "path", [str(ROOT / "benchmarks"), *sys.path])
    import intel_lab

    from local_inn_ros.evaluation.metrics import Lost, Score
    from local_inn_ros.systems.local_inn_2d.scan_sources import PosedScans

    lap = PosedScans.of(intel_lab.read_lap(DATA / "lap1_map.npz"), load_laser_spec(SENSOR))
    assert len(lap) == 1854
    field = LikelihoodField(load_map(DATA / "map_lap1.yaml"))
    distances = np.abs(field.evaluate(lap.end_points()).distances_m)
    assert np.median(distances) < 0.05
    assert recording.reference is not None
    first_test_s = recording.reference.stamps_s[0]
    with np.load(DATA / "lap1_map.npz", allow_pickle=False) as arrays:
        assert arrays["stamp"].max() < first_test_s
    errors = pose_errors(np.array([[0.03, 0.04, 0.0]]), np.zeros((1, 3)))
    score = Score(1, 0.0, 0.0, latency(np.array([0.002])), errors, errors, None, Lost(2, 1.0))
    table = intel_lab.markdown(score)
    assert "| 5.0 cm | 5.0 cm | 5.0 cm | 0.00 deg | 0.00 deg | 2 | 2.00 |" in table
