# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The Intel lab as a user meets a building: a map alone, and then the robot's own drive.

The bundle is trained from the map of lap 1; no scan of a recording and no true pose is used. Then
it calibrates itself on lap 1's scans and raw odometry, without their reference. Both are evaluated
on laps 2 and 3.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.recalibration import rewrite_learned
from local_inn_ros.cli.output import progress_bar
from local_inn_ros.cli.training_bar import training_bar
from local_inn_ros.errors import BundleError
from local_inn_ros.evaluation.evaluation import EvaluationSettings, evaluate
from local_inn_ros.evaluation.metrics import PoseErrors, Score
from local_inn_ros.evaluation.own_drive import MOST_ROUNDS, learned_by_driving
from local_inn_ros.geometry import Pose2
from local_inn_ros.recordings.bag_reader import BagTopics, Recording, open_recording
from local_inn_ros.recordings.bag_writer import BagWriter
from local_inn_ros.sensing import LaserSpec, Odometry, Scan
from local_inn_ros.systems.protocol import LearnsFromDrives, TrainingInputs, TrainingOrder
from local_inn_ros.systems.registry import DEFAULT, system_named
from local_inn_ros.training.train import train_bundle
from local_inn_ros.world import OccupancyGrid

_SCANS = 1_500


def train(grid: OccupancyGrid, laser: LaserSpec, out: Path, steps: int | None, seed: int) -> Path:
    """Train on a map alone, by the preset that a user gets."""
    inputs, order = TrainingInputs(grid, {"laser": laser}), TrainingOrder("standard", steps, seed)
    with training_bar() as show:
        return train_bundle(system_named(DEFAULT), inputs, order, out, show)


def drive_of(lap: Path, scans: list[Scan], out: Path) -> Recording:
    """Write a lap's scans and raw odometry as a bag, without reference poses, and open it."""
    with np.load(lap, allow_pickle=False) as arrays:
        stamps, odometry = arrays["stamp"], arrays["odom_xyt"]
    shutil.rmtree(out, ignore_errors=True)
    with BagWriter(out) as bag:
        bag.write_mount(float(stamps[0]), Pose2.identity())
        for stamp, pose, scan in zip(stamps.tolist(), odometry, scans, strict=True):
            bag.write_odometry(Odometry(stamp, Pose2.from_array(pose.astype(np.float64))))
            bag.write_scan(scan)
    return open_recording(out, BagTopics())


def calibrate_itself(folder: Path, drive: Recording, out: Path, seed: int) -> Bundle:
    """Let a copy of a bundle learn from a drive without a reference.

    Raises:
        BundleError: its system cannot.
    """
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(folder, out)
    bundle, system = Bundle.load(out), system_named(DEFAULT)
    if not isinstance(system, LearnsFromDrives):
        raise BundleError(f"{DEFAULT} does not learn from drives")
    rng = np.random.default_rng(seed)
    with progress_bar() as bar:
        task = bar.add_task("driving", total=MOST_ROUNDS * drive.scan_count)
        learned = learned_by_driving(system, bundle, drive, _SCANS, rng, lambda: bar.advance(task))
    rewrite_learned(bundle, learned)
    return Bundle.load(out)


def score(bundle: Bundle, recording: Recording) -> Score:
    """Evaluate a bundle on a recording, with and without its network."""
    return evaluate(bundle, recording, EvaluationSettings(field_tracker=True)).score


def block(found: Score) -> dict[str, Any]:
    """Return the figures of one bundle as the benchmark writes them."""
    whole = found.to_json()
    return {
        "fused": whole["fused"],
        "network": whole["fix"],
        "no_network": whole["baselines"]["field_tracker"],
        "calibration": whole["calibration"],
    }


def markdown(rows: dict[str, Score]) -> str:
    """Return a table with a row for each way to make a bundle."""
    lines = [
        "| Intel lab, laps 2 and 3 | fused: median | RMSE | ANEES | network alone | no network |",
        "| --- | --: | --: | --: | --: | --: |",
    ]
    for name, found in rows.items():
        assert found.fused is not None
        assert found.fix is not None
        assert found.calibration is not None
        fused, plain = found.fused, found.baselines["field_tracker"].pose
        cells = [_cm(fused.ape_median_m), _cm(fused.ape_rmse_m), f"{found.calibration.anees:.2f}"]
        cells += [_pair(found.fix), _pair(plain)]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cm(length_m: float) -> str:
    return f"{100.0 * length_m:.1f} cm"


def _pair(errors: PoseErrors) -> str:
    return f"{_cm(errors.ape_median_m)}, {_cm(errors.ape_rmse_m)}"
