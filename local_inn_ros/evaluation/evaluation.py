# Copyright 2026 The local_inn_ros authors
# SPDX-License-Identifier: Apache-2.0
"""From a recording and a localizer to figures, trajectories and pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from local_inn_ros.bundles.bundle import Bundle
from local_inn_ros.bundles.description import CovarianceModel
from local_inn_ros.errors import BagError
from local_inn_ros.evaluation import metrics
from local_inn_ros.evaluation.baselines.field_tracker import FieldTracker
from local_inn_ros.evaluation.baselines.monte_carlo import MonteCarloLocalizer, MonteCarloSettings
from local_inn_ros.evaluation.contradictions import contradictions_in
from local_inn_ros.evaluation.json_file import write_json
from local_inn_ros.evaluation.judging import Seen, judge
from local_inn_ros.evaluation.metrics import Baseline, Score
from local_inn_ros.evaluation.mounted import of_one_mount, producers_of, searches_of
from local_inn_ros.evaluation.plots import draw_run
from local_inn_ros.evaluation.reliability import draw_reliability
from local_inn_ros.evaluation.replay import (
    BaselineLocalizer,
    BaselineReplay,
    Replay,
    replay,
    replay_baseline,
)
from local_inn_ros.evaluation.verdict import Verdict
from local_inn_ros.filtering.pose_filter import PoseFilter
from local_inn_ros.localization.alignment.refiner import Refiner
from local_inn_ros.localization.alignment.refiner_choice import RefinerChoice
from local_inn_ros.localization.pipeline import LocalizationPipeline
from local_inn_ros.places import new_files
from local_inn_ros.recordings.bag_reader import Recording
from local_inn_ros.recordings.reading_order import at_one_instant_each
from local_inn_ros.recordings.trajectory import Trajectory
from local_inn_ros.recordings.trajectory_file import write_trajectory
from local_inn_ros.systems.protocol import RunSettings
from local_inn_ros.systems.registry import open_model
from local_inn_ros.world import OccupancyGrid


@dataclass(frozen=True, slots=True)
class EvaluationSettings:
    """What is compared with what.

    Attributes:
        refiner: what the localizer's fixes are aligned with before they are fused.
        mcl_particles: particles of the Monte-Carlo baseline; 0 leaves it out.
        field_tracker: whether the refiner and the filter are also run without the network.
        seed: source of the baseline's chance.
        self_calibrate: whether the localizer learns from its own fixes on the way.
    """

    refiner: RefinerChoice = RefinerChoice.FIELD
    mcl_particles: int = 0
    field_tracker: bool = False
    seed: int = 0
    self_calibrate: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What came of a recording: the answers, the figures drawn from them, and what is wrong."""

    run: Replay
    score: Score
    verdict: Verdict = field(default_factory=Verdict)

    def to_json(self) -> dict[str, Any]:
        """Return figures and verdict with plain values."""
        return {**self.score.to_json(), **self.verdict.to_json()}


def evaluate(
    bundle: Bundle,
    recording: Recording,
    settings: EvaluationSettings,
    on_scan: Callable[[], None] = lambda: None,
) -> Evaluation:
    """Localize a robot in a recording and compare it with the reference, where there is one.

    The localizer starts at the reference's first pose; without a reference it searches the map.
    Only the filter gives it priors from then on.

    Args:
        bundle: the trained model.
        recording: what the robot recorded.
        settings: what is compared with what.
        on_scan: called after each scan (of the baseline too), to show progress.

    Raises:
        BagError: no scan can be answered or scored.
        BundleError: the bundle's networks cannot be run.
    """
    model = open_model(bundle)
    told = RunSettings(settings.refiner, self_calibrate=settings.self_calibrate)
    producers = producers_of(model, recording, told)
    searches = searches_of(model, recording, told) if recording.reference is None else None
    pipeline = LocalizationPipeline(producers, PoseFilter(), searches, recording.mount_of)
    run = replay(pipeline, recording.readings(), recording.reference, on_scan)
    baselines = {
        name: replay_baseline(
            localizer,
            at_one_instant_each(of_one_mount(recording), recording.mount_of),
            recording.reference,
            on_scan,
        )
        for name, localizer in _baselines(bundle, recording, settings).items()
        if recording.reference is not None
    }
    figures = replace(
        score(run, recording.reference, baselines),
        scans=recording.scans_recorded,
        unused=recording.unused,
        notes=recording.notes,
        learned=producers.learned(),
    )
    return Evaluation(run, figures, judge(_seen(bundle, recording, run)))


def _seen(bundle: Bundle, recording: Recording, run: Replay) -> Seen:
    return Seen(
        run,
        None if recording.reference is None else recording.reference.at(run.stamps_s),
        recording.odometry,
        recording.scans_recorded,
        contradictions_in(recording),
        {**run.unanswered, **_by_reason(recording.unused)},
        recording.set_back,
        str(bundle.path),
        str(recording.path),
    )


def _by_reason(unused: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    return {
        f"{topic}: {reason}": count
        for topic, reasons in unused.items()
        for reason, count in reasons.items()
    }


def _baselines(
    bundle: Bundle, recording: Recording, settings: EvaluationSettings
) -> dict[str, BaselineLocalizer]:
    wanted: dict[str, BaselineLocalizer] = {}
    if settings.mcl_particles > 0:
        wanted["mcl"] = MonteCarloLocalizer(
            bundle.grid,
            recording.mount,
            MonteCarloSettings(particles=settings.mcl_particles),
            np.random.default_rng(settings.seed),
        )
    if settings.field_tracker:
        description = bundle.description
        wanted["field_tracker"] = FieldTracker(
            Refiner(bundle.field, description.laser.noise_std_m),
            description.laser.range_max_m,
            recording.mount,
            description.calibration.aligned.get(RefinerChoice.FIELD.value, CovarianceModel()),
            description.calibration.range_bias_m,
        )
    return wanted


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
            scans=_scans_of(run),
            unanswered=run.unanswered,
            odometry=run.odometry,
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
        fix_calibration=metrics.calibration(
            run.network[known], run.network_covariances[known], truth
        ),
        lost=metrics.lost(stamps, run.fused[known], truth),
        baselines={name: score_baseline(other, reference) for name, other in baselines.items()},
        scans=_scans_of(run),
        unanswered=run.unanswered,
        odometry=run.odometry,
        unscored=int(np.count_nonzero(~known)),
    )


def _scans_of(run: Replay) -> int:
    return len(run.stamps_s) + sum(run.unanswered.values())


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
        n=len(poses),
        unanswered=run.unanswered,
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
    folder: Path, result: Evaluation, reference: Trajectory | None, grid: OccupancyGrid
) -> None:
    """Write ``report.json``, ``fused.tum``, ``fix.tum`` and ``run.png`` into a folder.

    With a reference there is also ``reliability.png``: whether the covariances tell the truth. The
    folder is made where there is none; files of an earlier run are replaced when all are written.

    Raises:
        PlaceError: they cannot be written.
    """
    with new_files(folder) as made:
        _write_files(made, result, reference, grid)


def _write_files(
    folder: Path, result: Evaluation, reference: Trajectory | None, grid: OccupancyGrid
) -> None:
    run = result.run
    write_json(folder / "report.json", result.to_json())
    write_trajectory(folder / "fused.tum", Trajectory.from_unordered(run.stamps_s, run.fused))
    write_trajectory(folder / "fix.tum", Trajectory.from_unordered(run.stamps_s, run.network))
    nothing = np.full((len(run.stamps_s), 3), np.nan)
    truth = nothing if reference is None else reference.at(run.stamps_s)
    draw_run(grid, truth, run.fused, run.covariances, run.network, folder / "run.png", run.stamps_s)
    known = np.isfinite(truth).all(axis=1)
    if known.any():
        promises = {
            "fused": (run.fused, run.covariances),
            "network alone": (run.network, run.network_covariances),
        }
        draw_reliability(
            {
                name: metrics.squared_distances(poses[known], covariances[known], truth[known])
                for name, (poses, covariances) in promises.items()
            },
            folder / "reliability.png",
        )


def _path_m(poses: NDArray[np.float64]) -> float:
    return float(np.sum(np.hypot(*np.diff(poses[:, :2], axis=0).T)))
