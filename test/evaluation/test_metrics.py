# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The figures: checked by hand, by drawing from known distributions, and against evo."""

from __future__ import annotations

import json
import math
from dataclasses import asdict

import numpy as np
import pytest

from local_inn_ros.evaluation.metrics import (
    LOST_DISTANCE_M,
    LOST_YAW_RAD,
    Baseline,
    Score,
    calibration,
    expected_coverage,
    latency,
    lost,
    pose_errors,
)


def random_way(rng: np.random.Generator, count: int) -> np.ndarray:
    steps = rng.normal(0.0, 0.1, (count, 3))
    way = np.cumsum(steps, axis=0)
    way[:, 2] = np.mod(way[:, 2] * 5.0 + np.pi, 2 * np.pi) - np.pi
    return way


def test_errors_by_hand() -> None:
    truth = np.zeros((4, 3))
    estimate = np.array([[0.3, 0.4, 0.0], [0.0, 0.0, 0.1], [0.0, 1.0, -0.1], [0.0, 0.0, 0.2]])
    errors = pose_errors(estimate, truth)
    assert errors.ape_mean_m == pytest.approx(0.375)
    assert errors.ape_rmse_m == pytest.approx(math.sqrt((0.25 + 1.0) / 4))
    assert errors.ape_median_m == pytest.approx(0.25)
    assert errors.ape_max_m == pytest.approx(1.0)
    assert errors.yaw_mean_deg == pytest.approx(math.degrees(0.1))
    assert errors.yaw_rmse_deg == pytest.approx(math.degrees(math.sqrt(0.06 / 4)))
    assert errors.yaw_max_deg == pytest.approx(math.degrees(0.2))


def test_a_constant_offset_is_not_aligned_away() -> None:
    truth = random_way(np.random.default_rng(1), 50)
    errors = pose_errors(truth + np.array([3.0, 4.0, 0.0]), truth)
    assert errors.ape_mean_m == pytest.approx(5.0)
    assert errors.ape_std_m == pytest.approx(0.0, abs=1e-9)


def test_yaw_errors_wrap() -> None:
    errors = pose_errors(np.array([[0, 0, math.pi - 0.01]]), np.array([[0, 0, -math.pi + 0.01]]))
    assert errors.yaw_max_deg == pytest.approx(math.degrees(0.02))


def test_errors_agree_with_evo() -> None:
    pytest.importorskip("evo")
    from evo.core import metrics as evo_metrics
    from evo.core.trajectory import PoseTrajectory3D

    rng = np.random.default_rng(2)
    truth = random_way(rng, 200)
    estimate = truth + rng.normal(0.0, [0.05, 0.08, 0.02], (200, 3))

    def evo_path(poses: np.ndarray) -> PoseTrajectory3D:
        half = 0.5 * poses[:, 2]
        zero = np.zeros(len(poses))
        return PoseTrajectory3D(
            positions_xyz=np.column_stack([poses[:, :2], zero]),
            orientations_quat_wxyz=np.column_stack([np.cos(half), zero, zero, np.sin(half)]),
            timestamps=np.arange(float(len(poses))),
        )

    pair = (evo_path(truth), evo_path(estimate))
    ours = pose_errors(estimate, truth)
    position = evo_metrics.APE(evo_metrics.PoseRelation.translation_part)
    position.process_data(pair)
    theirs = position.get_all_statistics()
    for name in ("mean", "std", "rmse", "median", "max"):
        assert getattr(ours, f"ape_{name}_m") == pytest.approx(theirs[name], abs=1e-9)
    angle = evo_metrics.APE(evo_metrics.PoseRelation.rotation_angle_deg)
    angle.process_data(pair)
    theirs = angle.get_all_statistics()
    for name in ("mean", "std", "rmse", "median", "max"):
        assert getattr(ours, f"yaw_{name}_deg") == pytest.approx(theirs[name], abs=1e-6)


def test_right_covariances_are_called_right() -> None:
    rng = np.random.default_rng(3)
    count = 20_000
    roots = rng.normal(size=(count, 3, 3)) * np.array([0.05, 0.1, 0.02])[:, None]
    covariances = roots @ roots.transpose(0, 2, 1) + 1e-6 * np.eye(3)
    factors = np.linalg.cholesky(covariances)
    truth = random_way(rng, count)
    errors = (factors @ rng.normal(size=(count, 3, 1)))[:, :, 0]
    estimate = truth + errors
    estimate[:, 2] = np.mod(estimate[:, 2] + np.pi, 2 * np.pi) - np.pi
    result = calibration(estimate, covariances, truth)
    assert result.anees == pytest.approx(3.0, abs=0.08)
    assert result.coverage_1s == pytest.approx(0.199, abs=0.012)
    assert result.coverage_2s == pytest.approx(0.739, abs=0.012)
    assert result.coverage_3s == pytest.approx(0.971, abs=0.006)
    bold = calibration(estimate, covariances / 4.0, truth)
    assert bold.anees == pytest.approx(4.0 * result.anees)


def test_the_design_pages_shares_are_chi_squares() -> None:
    shares = [expected_coverage(k) for k in (1.0, 2.0, 3.0)]
    assert shares == pytest.approx([0.199, 0.739, 0.971], abs=5e-4)


def test_the_callers_arrays_are_left_alone() -> None:
    truth = np.array([[0.0, 0.0, 3.0]])
    estimate = np.array([[0.0, 0.0, -3.0]])
    calibration(estimate, np.eye(3)[None], truth)
    assert truth.tolist() == [[0.0, 0.0, 3.0]]
    assert estimate.tolist() == [[0.0, 0.0, -3.0]]


def test_lost_episodes_are_counted_and_timed() -> None:
    stamps = np.array([0.0, 1.0, 2.0, 3.0, 5.0, 6.0, 7.0])
    truth = np.zeros((7, 3))
    estimate = np.zeros((7, 3))
    estimate[[1, 2], 0] = 1.01 * LOST_DISTANCE_M
    estimate[4, 2] = 1.01 * LOST_YAW_RAD
    estimate[6, 1] = 0.99 * LOST_DISTANCE_M
    result = lost(stamps, estimate, truth)
    assert result.episodes == 2
    assert result.seconds == pytest.approx(2.0 + 1.0)


def test_lost_at_the_ends() -> None:
    stamps = np.arange(3.0)
    estimate = np.array([[9.0, 0, 0], [0, 0, 0], [9.0, 0, 0]])
    result = lost(stamps, estimate, np.zeros((3, 3)))
    assert (result.episodes, result.seconds) == (2, 1.0)


def test_latency_in_milliseconds() -> None:
    seconds = np.arange(1, 101) * 1e-3
    result = latency(seconds, [{"encode": 0.001}, {"encode": 0.003, "refine": 0.002}])
    assert result.p50 == pytest.approx(50.5)
    assert result.p95 == pytest.approx(95.05)
    assert result.p99 == pytest.approx(99.01)
    assert result.stages == pytest.approx({"encode": 2.0, "refine": 2.0})


def test_the_json_has_the_keys_of_the_design_page() -> None:
    errors = pose_errors(np.ones((3, 3)), np.zeros((3, 3)))
    right = calibration(np.ones((3, 3)), np.tile(np.eye(3), (3, 1, 1)), np.zeros((3, 3)))
    spent = latency(np.array([0.001]), [{"encode": 0.001}])
    never = lost(np.arange(3.0), np.zeros((3, 3)), np.zeros((3, 3)))
    score = Score(
        3, 2.0, 1.5, spent, errors, errors, right, never,
        {"mcl": Baseline(errors, never, spent, right)}, right,
    )  # fmt: skip
    written = json.loads(json.dumps(score.to_json()))
    # Those of the page, how the network's covariance is calibrated, and what was not used.
    assert list(written)[:9] == [
        "n", "duration_s", "path_m", "fused", "fix", "calibration", "latency_ms", "lost",
        "baselines",
    ]  # fmt: skip
    assert set(list(written)[9:]) == {
        "fix_calibration", "scans", "unanswered", "unscored", "unused", "notes", "odometry",
        "learned",
    }  # fmt: skip
    assert written["fix_calibration"] == written["calibration"]
    keys = {
        "ape_mean_m", "ape_std_m", "ape_rmse_m", "ape_median_m", "ape_p95_m", "ape_max_m",
        "yaw_mean_deg", "yaw_std_deg", "yaw_median_deg", "yaw_p95_deg", "yaw_rmse_deg",
        "yaw_max_deg",
    }  # fmt: skip
    assert set(written["fused"]) == set(written["fix"]) == keys
    assert set(written["calibration"]) == {"anees", "coverage_1s", "coverage_2s", "coverage_3s"}
    assert set(written["latency_ms"]) == {"p50", "p95", "p99", "stages"}
    assert written["lost"] == {"episodes": 0, "seconds": 0.0}
    assert set(written["baselines"]["mcl"]) >= keys
    assert written["fused"] == asdict(errors)
