# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From a recording and a localizer to figures, trajectories and pictures."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.errors import BagError
from local_inn_ros.evaluation import metrics
from local_inn_ros.evaluation.metrics import Baseline, Score
from local_inn_ros.evaluation.plots import draw_run
from local_inn_ros.evaluation.replay import BaselineReplay, Replay
from local_inn_ros.evaluation.trajectory import Trajectory
from local_inn_ros.evaluation.trajectory_file import write_trajectory
from local_inn_ros.world import OccupancyGrid


def score(
    run: Replay, reference: Trajectory | None, baselines: Mapping[str, BaselineReplay]
) -> Score:
    """Compare a run, and baselines by name, with the reference.

    Only scans that the reference covers are scored. Without a reference there are no errors, and
    the way is that of the filter.

    Raises:
        BagError: the reference covers no scan that was answered.
    """
    spent = metrics.latency(run.seconds, run.stages)
    if reference is None:
        return Score(
            n=len(run.stamps_s),
            duration_s=float(run.stamps_s[-1] - run.stamps_s[0]),
            path_m=_path_m(run.fused),
            latency_ms=spent,
        )
    truth = truth_at(run.stamps_s, reference)
    known = np.isfinite(truth).all(axis=1)
    stamps, truth = run.stamps_s[known], truth[known]
    return Score(
        n=len(stamps),
        duration_s=float(stamps[-1] - stamps[0]),
        path_m=_path_m(truth),
        latency_ms=spent,
        fused=metrics.pose_errors(run.fused[known], truth),
        fix=metrics.pose_errors(run.network[known], truth),
        calibration=metrics.calibration(run.fused[known], run.covariances[known], truth),
        lost=metrics.lost(stamps, run.fused[known], truth),
        baselines={name: score_baseline(other, reference) for name, other in baselines.items()},
    )


def score_baseline(run: BaselineReplay, reference: Trajectory) -> Baseline:
    """Compare a baseline with the reference.

    Raises:
        BagError: the reference covers no scan that was answered.
    """
    truth = truth_at(run.stamps_s, reference)
    known = np.isfinite(truth).all(axis=1)
    poses, truth = run.poses[known], truth[known]
    return Baseline(
        pose=metrics.pose_errors(poses, truth),
        lost=metrics.lost(run.stamps_s[known], poses, truth),
        latency_ms=metrics.latency(run.seconds),
        calibration=metrics.calibration(poses, run.covariances[known], truth),
    )


def truth_at(stamps_s: NDArray[np.float64], reference: Trajectory) -> NDArray[np.float64]:
    """Return the reference (n, 3) at stamps (n,), NaN where it has none.

    Raises:
        BagError: it has none anywhere.
    """
    truth = reference.at(stamps_s)
    if not np.isfinite(truth).all(axis=1).any():
        raise BagError(
            f"the reference covers {reference.stamps_s[0]:.3f} to {reference.stamps_s[-1]:.3f} s "
            f"and no scan between {stamps_s[0]:.3f} and {stamps_s[-1]:.3f} s: are its stamps of "
            "the same clock?"
        )
    return truth


def write_results(
    folder: Path, run: Replay, figures: Score, reference: Trajectory | None, grid: OccupancyGrid
) -> None:
    """Write ``report.json``, ``fused.tum``, ``fix.tum`` and ``run.png`` into a folder.

    The folder is made where there is none; files of an earlier run are replaced, each at once.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "report.json", figures)
    write_trajectory(folder / "fused.tum", Trajectory.from_unordered(run.stamps_s, run.fused))
    write_trajectory(folder / "fix.tum", Trajectory.from_unordered(run.stamps_s, run.network))
    nothing = np.full((len(run.stamps_s), 3), np.nan)
    truth = nothing if reference is None else reference.at(run.stamps_s)
    draw_run(grid, truth, run.fused, run.covariances, run.network, folder / "run.png", run.stamps_s)


def write_json(path: Path, figures: Score) -> None:
    """Write the figures in the layout that the design page fixes; whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    partial.write_text(json.dumps(figures.to_json(), indent=2) + "\n", encoding="utf-8")
    partial.replace(path)


def _path_m(poses: NDArray[np.float64]) -> float:
    return float(np.sum(np.hypot(*np.diff(poses[:, :2], axis=0).T)))
